# ruff: noqa: PTH102, PTH116, PTH118, PTH119
# The launcher uses no pathlib: importing it would double the time to start.
"""The workspace as a Machine's commands see it: laying it in, reading and writing its files, taking it away."""

import os
from collections.abc import Callable
from typing import Any

import mounts
import tree_files
import unprivileged


class Inside:
    """Where it is settled by one of `lay_out` and `copy`; only the latter leaves something to `remove`."""

    def __init__(self) -> None:
        self.merged = ""
        """Where commands see it, as the launcher names the place."""
        self.temporary = ""
        self._root = self._original = -1
        self._laid: mounts.Laid | None = None
        self._layers = 1
        self._owner = tree_files.OUR_OWN

    def lay_out(
        self,
        message: dict[str, Any],
        user: unprivileged.User | None,
        wanted: Callable[[], None],
        base: mounts.Base,
    ) -> mounts.Laid:
        """Mount it. Raises what `mounts.lay_out` does."""
        laid = mounts.lay_out(message, user, wanted, base)
        self._laid, self._original = laid, laid.workspace
        if laid.user is not None:
            self._owner = laid.user.number
        self._settle(os.path.join(laid.base, "merged"))
        return laid

    def copy(self, message: dict[str, Any], wanted: Callable[[], None]) -> None:
        """Copy it into a new temporary directory. Raises OSError, tree_files.CopyTooLarge."""
        self.temporary = message["temporary"]
        os.mkdir(self.temporary, 0o700)
        for name in ("home", "tmp", "copy"):
            os.mkdir(os.path.join(self.temporary, name), 0o700)
        copy = os.path.join(self.temporary, "copy", os.path.basename(message["workspace"]))
        os.mkdir(copy, 0o755)
        source = os.open(message["workspace"], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        target = os.open(copy, tree_files.DIRECTORY)
        skip = frozenset(message["skip"])
        tree_files.copy_tree(source, target, skip, message["writable_bytes"], wanted)
        os.close(source)
        os.close(target)
        self._settle(copy)

    def _settle(self, merged: str) -> None:
        self.merged = merged
        self._root = os.open(merged, tree_files.DIRECTORY)

    def renew(self) -> None:
        """Lay it in anew. Raises ValueError where it is a copy, OSError."""
        if self._laid is None or self._laid.copied:
            raise ValueError("a copy of the workspace can't be laid in anew")
        mounts.lay_anew(self._laid, self._layers)
        self._layers += 1
        os.close(self._root)
        self._settle(self.merged)

    def write(self, files: list[tuple[str, int | None]], blob: bytes) -> None:
        """Each path with the size of its part of `blob`, or None to remove it. Raises ValueError, OSError."""
        offset = 0
        for path, size in files:
            if size is None:
                tree_files.remove_file(self._root, path)
            else:
                tree_files.write_file(self._root, path, blob[offset : offset + size], self._owner)
                offset += size

    def read(self, path: str, limit: int) -> bytes:
        """The first `limit` bytes of a regular file. Raises ValueError, OSError."""
        return tree_files.read_file(self._root, path, limit)

    def still_there(self) -> bool:
        """False when somebody removed the folder: the kernel then takes away what was mounted on it."""
        try:
            # For a user of its own it is mounted elsewhere; the removed folder itself is known by its links.
            removed = self._original >= 0 and os.fstat(self._original).st_nlink == 0
            return not removed and os.path.samestat(os.stat(self.merged), os.fstat(self._root))
        except OSError:
            return False

    def remove(self) -> None:
        if self.temporary:
            tree_files.remove_tree(self.temporary)
