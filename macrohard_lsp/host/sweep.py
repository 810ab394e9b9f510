"""For editors that don't tell what changes on disk: looks for itself, every few seconds, by times and sizes alone."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from macrohard_lsp.core.snapshot import Snapshot

SWEEP_SECONDS = 3.0
MOST_FILES = 20_000
"""A larger folder is not swept: its files are looked at when one is saved in the editor."""

SWEPT = (
    *(".py", ".pyi", ".toml", ".cfg", ".ini"),
    *(".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx", ".go", ".rs", "package.json"),
)

_State = dict[str, tuple[int, int]]


class Sweep:
    """Watches the files of the newest Snapshot and the folders they lie in, until closed."""

    def __init__(
        self, root: Path, newest: Callable[[], Snapshot | None], changed: Callable[[tuple[str, ...]], None]
    ) -> None:
        self._root = root
        self._newest = newest
        self._changed = changed
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sweep of {root.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()

    def _run(self) -> None:
        known: _State = {}
        seen: Snapshot | None = None
        while not self._closed.wait(SWEEP_SECONDS):
            snapshot = self._newest()
            if snapshot is None or len(snapshot.files) > MOST_FILES:
                known, seen = {}, None
                continue
            now = state_of(self._root, snapshot)
            if seen is not None and (changed := tuple(path for path in now if now[path] != known.get(path))):
                self._changed(changed)
            known, seen = now, snapshot


def state_of(root: Path, snapshot: Snapshot) -> _State:
    """Time and size of every file, and of every folder with files; -1 for what is gone."""
    paths = [path for path in snapshot.files if path.endswith(SWEPT)]
    folders = {path.rpartition("/")[0] for path in paths}
    return {path: _stat(f"{root}/{path}") for path in (*paths, *sorted(folders))}


def _stat(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 -- thousands of them, every few seconds
    except OSError:
        return -1, -1
    return found.st_mtime_ns, found.st_size
