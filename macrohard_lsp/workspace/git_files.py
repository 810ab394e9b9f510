"""What the walk needs of a git repository, read from its files: no program is started, nothing trusted."""

import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

MAX_SMALL_FILE = 1_000_000  # bytes of a .gitignore, an exclude file or a `.git` link
MAX_INDEX = 128_000_000  # bytes of git's index
MAX_PARENTS = 64  # folders above the workspace that are searched for the repository

_ENTRY_FIXED = 62  # bytes of an index entry before its name, with SHA-1 object names
_ENTRY_FIXED_SHA256 = 74
_EXTENDED_FLAG = 0x4000
_NAME_LENGTH = 0xFFF


@dataclass(frozen=True, slots=True)
class GitFolder:
    """`top` is the working tree, `git_dir` its own data, `common_dir` what it shares with other worktrees."""

    top: Path
    git_dir: Path
    common_dir: Path


def find_git_folder(folder: Path) -> GitFolder | None:
    """The innermost repository `folder` lies in, or None."""
    for candidate in (folder, *list(folder.parents)[:MAX_PARENTS]):
        if (found := git_folder_at(candidate)) is not None:
            return found
    return None


def git_folder_at(top: Path) -> GitFolder | None:
    """The repository whose working tree is exactly `top`, or None."""
    git_dir = top / ".git"
    if git_dir.is_file():
        pointer = read_small(git_dir).strip()
        if not pointer.startswith(b"gitdir:"):
            return None
        git_dir = top / os.fsdecode(pointer.removeprefix(b"gitdir:").strip())
    if not (git_dir / "HEAD").is_file():
        return None
    shared = read_small(git_dir / "commondir").strip()
    return GitFolder(top, git_dir, git_dir / os.fsdecode(shared) if shared else git_dir)


def read_small(path: Path | str, limit: int = MAX_SMALL_FILE, *, follow: bool = True) -> bytes:
    """A regular file's bytes, at most `limit`; empty where none can be read. Never waits for a fifo."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        return b""
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(limit) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
        except OSError:
            return b""


def tracked_paths(git: GitFolder) -> frozenset[str]:
    """Paths relative to `git.top` that git tracks, so that an ignore rule doesn't hide them.

    Read from the index, versions 2 to 4. Empty where it can't be read; what a split index keeps in its
    shared half is not seen.
    """
    data = read_small(git.git_dir / "index", MAX_INDEX)
    if len(data) < 12 or data[:4] != b"DIRC":
        return frozenset()
    version, count = struct.unpack_from(">II", data, 4)
    if version not in (2, 3, 4):
        return frozenset()
    fixed = _ENTRY_FIXED_SHA256 if _uses_sha256(git) else _ENTRY_FIXED
    try:
        return frozenset(os.fsdecode(name) for name in _names(data, version, count, fixed))
    except (IndexError, ValueError, struct.error):
        return frozenset()


def _uses_sha256(git: GitFolder) -> bool:
    config = read_small(git.common_dir / "config").lower().replace(b" ", b"").replace(b"\t", b"")
    return b"objectformat=sha256" in config


def _names(data: bytes, version: int, count: int, fixed: int) -> list[bytes]:
    names: list[bytes] = []
    position, previous = 12, b""
    for _ in range(count):
        (flags,) = struct.unpack_from(">H", data, position + fixed - 2)
        start = position + fixed + (2 if flags & _EXTENDED_FLAG else 0)
        if version == 4:
            dropped, start = _varint(data, start)
            end = data.index(b"\0", start)
            previous = previous[: len(previous) - dropped] + data[start:end]
            position = end + 1
        else:
            length = flags & _NAME_LENGTH
            end = start + length if length < _NAME_LENGTH else data.index(b"\0", start)
            previous = data[start:end]
            position += (end - position + 8) & ~7
        names.append(previous)
    return names


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Git's variable-length number: seven bits a byte, each further byte adds one before shifting."""
    byte = data[position]
    value = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = data[position]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, position + 1
