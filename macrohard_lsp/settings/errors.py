"""What can be wrong with settings and state. The text of each is a sentence that says what to do next."""


class SettingsError(ValueError):
    """A file of settings, or a value in one, can't be used."""


class StateUnavailable(Exception):  # noqa: N818 - a state of the machine, not a failure of the program.
    """What this program remembers can't be read or written."""


class TrustRefused(ValueError):  # noqa: N818 - an answer to a wish.
    """This folder is not one to be trusted, or its trust can't be taken back by itself."""
