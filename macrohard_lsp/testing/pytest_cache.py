"""What pytest itself remembers of the user's own runs."""

import json
from pathlib import Path, PurePosixPath
from typing import Any, cast

LAST_FAILED = ".pytest_cache/v/cache/lastfailed"
MAX_BYTES = 1_000_000


def pytest_last_failed(folder: Path) -> tuple[str, ...] | None:
    """Ids of the tests that failed when pytest last ran in `folder`; None where it left no word.

    The file is the project's, and may hold anything: what is not the id of a test in a file of the folder is left out.
    """
    try:
        with (folder / LAST_FAILED).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        found: Any = json.loads(data) if len(data) <= MAX_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return tuple(name for name in cast(dict[str, Any], found) if _is_test(folder, name))


def _is_test(folder: Path, name: str) -> bool:
    path, _, test = name.partition("::")
    pure = PurePosixPath(path)
    inside = bool(path) and not pure.is_absolute() and ".." not in pure.parts and "\0" not in name
    try:
        return bool(test) and inside and (folder / pure).is_file()
    except OSError:
        return False
