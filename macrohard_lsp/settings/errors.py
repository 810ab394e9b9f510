"""What can be wrong with settings and state. The text of each is a sentence that says what to do next."""


class SettingsError(ValueError):
    """A file of settings, or a value in one, can't be used."""


class StateUnavailable(Exception):
    """What this program remembers can't be read or written."""


class TrustRefused(ValueError):
    """This folder is not one to be trusted, or its trust can't be taken back by itself."""
