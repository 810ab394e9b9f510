"""What every test may rely on, however the suite was started."""

import signal


def pytest_configure() -> None:
    """A suite started in the background ignores Ctrl-C, and so would every program that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
