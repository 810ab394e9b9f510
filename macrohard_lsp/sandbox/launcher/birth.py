"""What a forked launcher starts with, and what it tells the kernel about itself."""

import ctypes
import os
import signal
import socket
from typing import Any

import control_groups
import unprivileged

NAME, LAUNCHER_NAME = b"zygote", b"launcher"
COMING_NAME, SPARE_NAME = b"spare, coming", b"spare"
PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36

prctl: Any = ctypes.CDLL(None, use_errno=True).prctl


def call_it(name: bytes) -> None:
    """What this process is called in lists of processes."""
    prctl(PR_SET_NAME, name, 0, 0, 0)


def wake(_signum: int, _frame: object) -> None:
    """Being handled at all is what makes SIGCHLD write to the wake-up descriptor."""


def wake_on_children() -> int:
    """A descriptor that can be read when a child has ended."""
    read, write = os.pipe()
    for fd in (read, write):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, wake)
    return read


class Birth:
    """What a launcher starts with.

    `name` is no other launcher's of this zygote, as a process id could be. `sock` is the one to the opener, or to
    the zygote for one that `waits` to be told. `recipe` is what is known of the Machine. `opener_fd` can be read
    once the opener has ended (-1 where there is none). `user` is whom it can become, None where it was not started
    by root or can't: then `no_user` says why. `groups` are where commands are limited, or why they can't be.
    """

    def __init__(
        self,
        name: int,
        sock: socket.socket,
        waits: bool,
        recipe: dict[str, Any],
        parent: int,
        opener_fd: int,
        user: unprivileged.User | None,
        no_user: str,
        groups: control_groups.Groups | str,
    ) -> None:
        self.name = name
        self.sock = sock
        self.waits = waits
        self.recipe = recipe
        self.parent = parent
        self.opener_fd = opener_fd
        self.user = user
        self.no_user = no_user
        self.groups = groups

    def die_with_parent(self) -> None:
        """End this process when the zygote has ended, now or later."""
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != self.parent:
            os._exit(1)
