# ruff: noqa: PTH102, PTH103, PTH123
# The launcher uses no pathlib: importing it would double the time to start.
"""Layers over the directories that a Machine shows beside the workspace.

A Unix socket or a pipe with a name is reached through a mount of its directory, also a read-only one and from any
network namespace. In a layer over the directory each is another one, with nobody at its other end.
"""

import ctypes
import os

MS_RDONLY, MS_NOSUID, MS_NODEV = 1, 2, 4
PLACE = "shown"

_libc = ctypes.CDLL(None, use_errno=True)


def veil(base: str, paths: list[str]) -> list[str]:
    """Put a read-only layer over each directory, below `base`. Returns where, relative to it.

    "" stands for what has to be shown as it is: a single file, a directory in which there are other mounts (a
    layer doesn't show them), and one over which the kernel refuses to put a layer.
    """
    if not paths:
        return []
    os.chdir(base)
    os.makedirs(f"{PLACE}/empty", 0o755)
    busy = _mount_points()
    return [_veil_one(number, path, busy) for number, path in enumerate(paths)]


def _veil_one(number: int, path: str, busy: list[str]) -> str:
    if any(point.startswith(path.rstrip("/") + "/") for point in busy):
        return ""
    name = f"{PLACE}/{number}"
    try:
        lower = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        os.mkdir(name, 0o755)
        # Without an upper layer it takes two lower ones. The descriptor keeps the directory's own name out of
        # the option string, whatever commas and colons are in it.
        options = f"lowerdir=/proc/self/fd/{lower}:{PLACE}/empty,userxattr".encode("ascii")
        flags = MS_RDONLY | MS_NOSUID | MS_NODEV
        mounted = _libc.mount(b"overlay", name.encode("ascii"), b"overlay", flags, options) == 0
        return name if mounted else ""
    finally:
        os.close(lower)


def _mount_points() -> list[str]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return [_unescaped(line.split(" ")[4]) for line in file]


def _unescaped(name: str) -> str:
    """The kernel writes blanks and backslashes of a path as three octal digits."""
    for code in ("040", "011", "012", "134"):
        name = name.replace(f"\\{code}", chr(int(code, 8)))
    return name
