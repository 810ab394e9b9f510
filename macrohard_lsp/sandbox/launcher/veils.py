# ruff: noqa: PTH102, PTH112, PTH123
# The launcher uses no pathlib: importing it would double the time to start.
"""Layers over the directories that a Machine shows beside the workspace.

A Unix socket or a pipe with a name is reached through a mount of its directory, also a read-only one and from any
network namespace. In a layer over the directory each is another one, with nobody at its other end.
"""

import ctypes
import os
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV = 1, 2, 4
PLACE = "shown"
"""Below the base: an empty directory, and what is shown by its number."""

_libc = ctypes.CDLL(None, use_errno=True)


class Shown:
    """A path to show as the request has it, and, once it was laid out, where it is to be had.

    `place` is relative to the base, or the path itself. `veiled` says whether a layer is to lie over it, later
    whether one does: not over a single file, a directory in which there are other mounts (a layer doesn't show
    them), nor where the kernel refuses one.
    """

    def __init__(self, number: int, request: dict[str, Any], busy: list[str]) -> None:
        self.number = number
        self.place = self.path = str(request["path"])
        self.writable = bool(request["writable"])
        inside = self.path.rstrip("/") + "/"
        self.veiled = (
            bool(request["veiled"])
            and os.path.isdir(self.path)
            and not any(point.startswith(inside) for point in busy)
        )
        self.own_place = f"{PLACE}/{number}"


def of_request(requests: list[dict[str, Any]]) -> list[Shown]:
    """To be asked before the base is mounted, which may lie within one of the paths."""
    busy = _mount_points() if any(request["veiled"] for request in requests) else []
    return [Shown(number, request, busy) for number, request in enumerate(requests)]


def veil(shown: list[Shown]) -> None:
    """Put the layers, the base being the current directory."""
    for each in shown:
        if each.veiled:
            each.veiled = _veil(each)


def _veil(shown: Shown) -> bool:
    """What is in its own place already is covered there by its layer."""
    lower = -1
    try:
        if shown.place == shown.path:
            lower = os.open(shown.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            os.mkdir(shown.own_place, 0o755)
        # Without an upper layer it takes two lower ones. The descriptor keeps the directory's own name out of
        # the option string, whatever commas and colons are in it.
        below = shown.own_place if lower < 0 else f"/proc/self/fd/{lower}"
        options = f"lowerdir={below}:{PLACE}/empty,userxattr".encode("ascii")
        flags = MS_RDONLY | MS_NOSUID | MS_NODEV
        if _libc.mount(b"overlay", shown.own_place.encode("ascii"), b"overlay", flags, options) != 0:
            return False
        shown.place = shown.own_place
        return True
    except OSError:
        return False
    finally:
        if lower >= 0:
            os.close(lower)


def _mount_points() -> list[str]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return [_unescaped(line.split(" ")[4]) for line in file]


def _unescaped(name: str) -> str:
    """The kernel writes blanks and backslashes of a path as three octal digits."""
    for code in ("040", "011", "012", "134"):
        name = name.replace(f"\\{code}", chr(int(code, 8)))
    return name
