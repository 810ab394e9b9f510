# ruff: noqa: PTH118, PTH123
# The launcher uses no pathlib: importing it would double the time to start.
"""The zygote's end of a launcher that was forked ahead, and whether it is still what would be forked now."""

import array
import os
import select
import socket
from typing import Any

import protocol

READY = b"r"


class Spare:
    """Made before its process, which has `theirs`; `pid` is set then.

    Its mounts are those of the time when it was made. So it notices what has been mounted or unmounted since, and
    whether a file of /etc that it shows has been replaced.
    """

    def __init__(self, recipe: dict[str, Any]) -> None:
        """Raises OSError where the kernel doesn't tell of mounts."""
        self.recipe = recipe
        self.pid = 0
        self.etc = _identities(recipe)
        self.mounts = open("/proc/self/mountinfo", "rb")  # noqa: SIM115
        self.poll = select.poll()
        self.poll.register(self.mounts, select.POLLPRI | select.POLLERR)
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.ready = False

    def waits(self) -> bool:
        """Whether it has all it should have, and waits to become somebody's launcher."""
        if not self.ready:
            try:
                self.ready = self.ours.recv(1) == READY
            except OSError:
                return False
        return self.ready

    def fits(self, recipe: dict[str, Any]) -> bool:
        return recipe == self.recipe and not self.poll.poll(0) and _identities(recipe) == self.etc

    def give(self, fd: int) -> bool:
        """Make it the launcher whose opener has the other end of this socket; False where it has died."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        try:
            self.ours.sendmsg([protocol.pack({"fds": 1})], rights)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of it, here or in another child of the zygote."""
        self.ours.close()
        self.mounts.close()


def _identities(recipe: dict[str, Any]) -> list[tuple[int, int] | None]:
    """Device and inode of what is shown of /etc; what lies behind them can be replaced at any time."""
    return [_identity(os.path.join("/etc", name)) for name in recipe["etc_shown"]]


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino
