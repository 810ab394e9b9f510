# ruff: noqa: PTH101, PTH114, PTH118, PTH123
# The launcher uses no pathlib: importing it would double the time to start.
"""Reading, writing and copying files below a directory, without ever following a link out of it.

Every path is walked one component at a time from an open directory, links refused: a link that the
code under test plants in its workspace can't make the launcher read or write anything outside.
"""

import os
import stat
from collections.abc import Callable, Iterator

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
COPY_BYTES = 1 << 20
OUR_OWN = -1
"""As the owner of what is written: whoever this process is."""
CHECK_EVERY = 64
"""How many copied entries go by between two looks at whether anybody still wants the copy."""


class CopyTooLarge(Exception):
    """The tree holds more than the copy may."""


def _parts(path: str) -> list[str]:
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise ValueError(f"not a path inside the workspace: {path!r}")
    return parts


def _open_parent(root: int, parts: list[str], create: bool, owner: int = OUR_OWN) -> int:
    """A descriptor of the directory that holds `parts`; the caller closes it."""
    current = os.open(".", DIRECTORY, dir_fd=root)
    for part in parts[:-1]:
        try:
            if create:
                _ensure_directory(part, current, owner)
            below = os.open(part, DIRECTORY, dir_fd=current)
        finally:
            os.close(current)
        current = below
    return current


def _ensure_directory(name: str, parent: int, owner: int) -> None:
    try:
        os.mkdir(name, 0o755, dir_fd=parent)
        os.chown(name, owner, owner, dir_fd=parent, follow_symlinks=False)
    except FileExistsError:
        return  # Opening it comes next, and fails where it is no directory.


def write_file(root: int, path: str, data: bytes, owner: int) -> None:
    """Put `data` at `path`, making directories as needed, all of it `owner`'s. What stands there is replaced."""
    parts = _parts(path)
    parent = _open_parent(root, parts, create=True, owner=owner)
    temporary = f".{os.getpid()}.macrohard-new"
    try:
        mode = _mode_for(parent, parts[-1])
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=parent)
        try:
            with open(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fchown(fd, owner, owner)
                os.fchmod(fd, mode)
            os.rename(temporary, parts[-1], src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            os.unlink(temporary, dir_fd=parent)
            raise
    finally:
        os.close(parent)


def _mode_for(parent: int, name: str) -> int:
    try:
        standing = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return 0o644
    return standing.st_mode & 0o777 if stat.S_ISREG(standing.st_mode) else 0o644


def remove_file(root: int, path: str) -> None:
    """Remove a file; nothing happens where none stands."""
    parts = _parts(path)
    try:
        parent = _open_parent(root, parts, create=False)
    except FileNotFoundError:
        return
    try:
        os.unlink(parts[-1], dir_fd=parent)
    except FileNotFoundError:
        return
    finally:
        os.close(parent)


def read_file(root: int, path: str, limit: int) -> bytes:
    """The first `limit` bytes of a regular file."""
    parts = _parts(path)
    parent = _open_parent(root, parts, create=False)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(parts[-1], flags, dir_fd=parent)
    finally:
        os.close(parent)
    with open(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ValueError(f"not a regular file: {path!r}")
        return file.read(limit)


class _Copy:
    """One copy in progress: what is left out, and how much has been written."""

    def __init__(self, skip: frozenset[str], most_bytes: int, wanted: Callable[[], None]) -> None:
        self.skip = skip
        self.left = most_bytes
        self.wanted = wanted
        self.entries = 0

    def directory(self, source: int, target: int) -> Iterator[tuple[int, int]]:
        """Copy one directory's files and links; yields the pairs of directories still to be done."""
        with os.scandir(source) as listing:
            entries = list(listing)
        for entry in entries:
            self.entries += 1
            if self.entries % CHECK_EVERY == 0:
                self.wanted()
            if entry.is_symlink():
                os.symlink(os.readlink(entry.name, dir_fd=source), entry.name, dir_fd=target)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in self.skip:
                    yield self._open_pair(entry.name, source, target)
            elif entry.is_file(follow_symlinks=False):
                self._file(entry.name, source, target)

    def _open_pair(self, name: str, source: int, target: int) -> tuple[int, int]:
        below = os.open(name, DIRECTORY, dir_fd=source)
        mode = stat.S_IMODE(os.fstat(below).st_mode) | stat.S_IRWXU
        os.mkdir(name, mode, dir_fd=target)
        return below, os.open(name, DIRECTORY, dir_fd=target)

    def _file(self, name: str, source: int, target: int) -> None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            reading = os.open(name, flags, dir_fd=source)
        except PermissionError:
            return  # What we may not read, the code under test could not have read either.
        try:
            standing = os.fstat(reading)
            create = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            writing = os.open(name, create, 0o600, dir_fd=target)
            try:
                while chunk := os.read(reading, min(COPY_BYTES, standing.st_size + 1)):
                    self.left -= len(chunk)
                    if self.left < 0:
                        raise CopyTooLarge
                    _write_all(writing, chunk)
                os.fchmod(writing, standing.st_mode & 0o777 | stat.S_IWUSR)
                os.utime(writing, ns=(standing.st_atime_ns, standing.st_mtime_ns))
            finally:
                os.close(writing)
        finally:
            os.close(reading)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def copy_tree(
    source: int, target: int, skip: frozenset[str], most_bytes: int, wanted: Callable[[], None]
) -> None:
    """Copy what is below `source` (links as links, special files left out) into the empty `target`.

    `skip` are names of directories left out at any depth; `wanted` is called now and then and ends
    the process when nobody wants the copy any more. Raises CopyTooLarge beyond `most_bytes`, OSError.
    """
    copy = _Copy(skip, most_bytes, wanted)
    waiting = [(os.dup(source), os.dup(target))]
    while waiting:
        old, new = waiting.pop()
        try:
            waiting += copy.directory(old, new)
        finally:
            os.close(old)
            os.close(new)


def remove_tree(path: str) -> None:
    """Remove a directory with all below it, also where the code under test took the permissions away."""
    import shutil  # Slow to import, and only this tier's end needs it.

    for base, directories, _ in os.walk(path):
        for name in directories:
            below = os.path.join(base, name)
            if not os.path.islink(below):
                os.chmod(below, 0o700)
    shutil.rmtree(path, ignore_errors=True)
