"""What can be wrong with the user's interpreter. The text of each is a sentence for a person that says what
to do next.
"""


class NoInterpreter(Exception):  # noqa: N818 - an answer to a question, and a word of the design.
    """No interpreter was found, or the one that was named or is lying in the project can't be used."""


class UnsafeInterpreter(NoInterpreter):
    """An interpreter was found, but a Machine would have to show more of the user's files than an
    installation.
    """


class BadInterpreter(Exception):  # noqa: N818 - what was met, not a failure of the program.
    """The interpreter was started and did not answer as one that tests can be run with."""
