"""One process for each opener, started once: it forks a launcher whenever a Machine is opened.

Starting an interpreter takes several times as long as everything else that a Machine needs; a fork
of one that has all modules loaded takes a millisecond. A launcher's socket passes through here and
is not kept, and no request of a Machine ever comes here, so that one Machine's launcher has nothing
of another's. Nothing is answered here: whoever opens a Machine has sent its first request to the
launcher's socket before the launcher exists, and hears from that socket what became of it.
"""

import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable
from typing import Any

import protocol

LOOK_SECONDS = 1.0
"""How often the opener is looked for where the kernel can't tell that it has ended."""
PR_SET_PDEATHSIG = 1

Begin = Callable[[socket.socket, int, int], None]
"""What a launcher does: its socket, the process id of its parent, and a descriptor that can be read
once the opener has ended (-1 where there is none)."""


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


class Zygote:
    def __init__(self, sock: socket.socket, opener: int, prctl: Any) -> None:
        self.sock = sock
        self.opener = opener
        self.prctl = prctl
        self.opener_fd = _process_fd(opener)
        self.launchers: dict[int, int] = {}
        """Numbers that the opener gave, by process id."""
        self.wake_fd = wake_on_children()

    def run(self, begin: Begin) -> None:
        """Fork on request until the opener is gone; every launcher is told when this process ends."""
        receiver = protocol.Receiver()
        readable: list[Any] = [self.sock, self.wake_fd]
        if self.opener_fd >= 0:
            readable.append(self.opener_fd)
        while True:
            ready = select.select(readable, [], [], LOOK_SECONDS)[0]
            if self.opener_fd in ready or os.getppid() != self.opener:
                return
            if self.wake_fd in ready:
                os.read(self.wake_fd, 4096)
            self.reap()
            if self.sock in ready:
                if not receiver.feed(self.sock):
                    return
                while (arrived := receiver.next()) is not None:
                    message, _, fds = arrived
                    if message["do"] == "fork":
                        self.fork(message["number"], fds[0], begin)
                    else:
                        self.kill(message["number"])

    def reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self.launchers.pop(pid, None)

    def kill(self, number: int) -> None:
        # Nobody but us collects our children, so that a process id can't be another process's yet.
        for pid, known in self.launchers.items():
            if known == number:
                os.kill(pid, signal.SIGKILL)

    def fork(self, number: int, fd: int, begin: Begin) -> None:
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            words = f"no process could be started for it: {error.strerror}"
            os.write(fd, protocol.pack({"last_words": words}))
            os.close(fd)
            return
        if pid != 0:
            self.launchers[pid] = number
            os.close(fd)
            return
        try:
            self.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() == parent:
                os.setsid()
                self.sock.close()
                os.close(self.wake_fd)
                os.close(signal.set_wakeup_fd(-1))
                begin(socket.socket(fileno=fd), parent, self.opener_fd)
        finally:
            os._exit(1)


def _process_fd(pid: int) -> int:
    """A descriptor that can be read once this process has ended; -1 on kernels before 5.3."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1
