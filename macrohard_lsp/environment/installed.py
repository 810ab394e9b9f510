"""What tells one state of an environment from another, by looking at directories only."""

from pathlib import Path

from macrohard_lsp.core.interpreter import Interpreter

Installed = tuple[tuple[str, tuple[int, int, int] | None], ...]
"""For each place its inode, its size and the nanosecond it changed; None where nothing is."""


def installed_in(interpreter: Interpreter) -> Installed:
    """Installing, upgrading and removing a distribution changes a directory of the interpreter's import path."""
    choice = interpreter.choice
    prefix = choice.executable.parent.parent
    places = (choice.executable, prefix / "pyvenv.cfg", *map(Path, interpreter.path))
    return tuple((str(place), _state_of(place)) for place in places)


def _state_of(place: Path) -> tuple[int, int, int] | None:
    try:
        found = place.stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
