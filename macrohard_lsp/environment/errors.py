"""What can be wrong with the user's interpreter. The text of each is a sentence for a person that says what
to do next.
"""


class NoInterpreter(Exception):
    """No interpreter was found, or the one that was named or is lying in the project can't be used."""


class UnsafeInterpreter(NoInterpreter):
    """An interpreter was found, but a Machine would have to show more of the user's files than an
    installation.
    """


class BadInterpreter(Exception):
    """The interpreter was started and did not answer as one that tests can be run with."""


class NoProgram(Exception):
    """The program that a test command starts was not found. The text goes on a sentence and has no full stop."""
