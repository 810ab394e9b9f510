"""Which operating systems this version runs on."""

import sys

_HELD_BACK = {
    "darwin": "macOS",
    "win32": "Windows",
    "cygwin": "Windows",
}


def platform_problem() -> str | None:
    """Why nothing can be run on this system, as a sentence; None on Linux."""
    if sys.platform.startswith("linux"):
        return None
    name = _HELD_BACK.get(sys.platform, sys.platform)
    return (
        f"{name} is held back: this version isolates code with means of Linux and has not been tried"
        " elsewhere. Run it on Linux, or in a Linux container or virtual machine."
    )
