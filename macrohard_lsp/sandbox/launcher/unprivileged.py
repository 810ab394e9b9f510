# ruff: noqa: PTH123
# The launcher uses no pathlib: importing it would double the time to start.
"""Giving up root: a user of the Machine's own, to whom root's files belong by way of id-mapped mounts.

For root a namespace is a weaker wall than for others: limits of its user don't count, and outside of
the namespace its number is root's. So the commands of each launcher that root started become a user
that nobody else is. Through the mounts that a Machine shows, what root owns is that user's; all other
owners stay who they are. The launcher itself stays root.
"""

import ctypes
import os
import struct
from dataclasses import dataclass
from typing import Any

FIRST_USER, USERS = 60706, 478
"""Numbers that neither distributions nor systemd give to anybody."""
EVERY_USER = (1 << 32) - 1
CLONE_NEWUSER = 0x10000000
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
"""System calls: new ones have the same number on every architecture that we know."""
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
MOVE_MOUNT_F_EMPTY_PATH = 4
MOUNT_ATTR_RDONLY, MOUNT_ATTR_IDMAP = 1, 0x00100000
ATTRIBUTES = struct.Struct("=QQQQ")
"""What to set, what to clear, propagation, and the user namespace with the mapping."""

_libc: Any = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class User:
    """`mapping` is a descriptor of a user namespace in which 0 is `number`."""

    number: int
    mapping: int


def make_user(number: int) -> User:
    """Raises OSError where this kernel or our own privileges don't allow such a mapping."""
    ready_read, ready_write = os.pipe()
    done_read, done_write = os.pipe()
    holder = os.fork()
    if holder == 0:
        if _libc.unshare(CLONE_NEWUSER) == 0:
            os.write(ready_write, b"x")
        os.close(ready_write)
        os.close(done_write)
        os.read(done_read, 1)
        os._exit(0)
    os.close(ready_write)
    os.close(done_read)
    try:
        if not os.read(ready_read, 1):
            raise OSError(0, "creating a user namespace failed")
        for kind in ("uid_map", "gid_map"):
            # Everybody but root and that user stays who they are.
            ranges = [(0, number, 1), (1, 1, number - 1), (number + 1, number + 1, EVERY_USER - number - 1)]
            with open(f"/proc/{holder}/{kind}", "w") as file:
                file.write("".join(f"{first} {seen} {count}\n" for first, seen, count in ranges))
        return User(number, os.open(f"/proc/{holder}/ns/user", os.O_RDONLY | os.O_CLOEXEC))
    finally:
        os.close(ready_read)
        os.close(done_write)
        os.waitpid(holder, 0)


def copy(path: str) -> int:
    """A copy of the mounts at `path`, not attached anywhere yet. Raises OSError."""
    flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
    return _call(f"looking at {path}", OPEN_TREE, AT_FDCWD, os.fsencode(path), flags)


def clone(path: str, user: User, read_only: bool) -> int:
    """The same, in which root's files are the user's.

    Raises OSError, for one where a file system doesn't know such mounts.
    """
    tree = copy(path)
    attributes = MOUNT_ATTR_IDMAP | (MOUNT_ATTR_RDONLY if read_only else 0)
    buffer = ctypes.create_string_buffer(ATTRIBUTES.pack(attributes, 0, 0, user.mapping), ATTRIBUTES.size)
    flags = AT_EMPTY_PATH | AT_RECURSIVE
    try:
        _call(f"mapping the owners in {path}", MOUNT_SETATTR, tree, b"", flags, buffer, ATTRIBUTES.size)
    except BaseException:
        os.close(tree)
        raise
    return tree


def attach(tree: int, target: str) -> None:
    """Mount a clone. Raises OSError."""
    _call(f"mounting {target}", MOVE_MOUNT, tree, b"", AT_FDCWD, os.fsencode(target), MOVE_MOUNT_F_EMPTY_PATH)


def become(user: User) -> None:
    """Give up root for good. The kernel forgets by it which signal the parent's death was to send."""
    os.setgroups([])
    os.setresgid(user.number, user.number, user.number)
    os.setresuid(user.number, user.number, user.number)


def _call(doing: str, number: int, *arguments: Any) -> int:
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result: int = _libc.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{doing}: {os.strerror(code)}")
    return result
