"""One process for each opener, started once: it forks a launcher whenever a Machine is opened.

Starting an interpreter takes several times as long as everything else that a Machine needs; a fork
of one that has all modules loaded takes a millisecond. A launcher's socket passes through here and
is not kept, and no request of a Machine ever comes here, so that one Machine's launcher has nothing
of another's. Nothing is answered here: whoever opens a Machine has sent its first request to the
launcher's socket before the launcher exists, and hears from that socket what became of it.
"""

import contextlib
import ctypes
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import control_groups
import protocol
import trees
import unprivileged

LOOK_SECONDS = 1.0
"""How often the opener is looked for where the kernel can't tell that it has ended."""
END_SECONDS = 1.5
"""How long launchers may take to finish before this process leaves them to their own end."""
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

Begin = Callable[["Birth"], None]


class Birth:
    """What a launcher starts with.

    `number` is no other launcher's of this zygote, as a process id could be. `opener_fd` can be read once the
    opener has ended (-1 where there is none). `user` is whom it can become, None where it was not started by root
    or can't: then `no_user` says why. `groups` are where commands are limited, or why they can't be.
    """

    def __init__(
        self,
        number: int,
        sock: socket.socket,
        parent: int,
        opener_fd: int,
        user: unprivileged.User | None,
        no_user: str,
        groups: control_groups.Groups | str,
    ) -> None:
        self.number = number
        self.sock = sock
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


class Users:
    """For a zygote of root: users to become, each of one living launcher at most."""

    def __init__(self) -> None:
        self.free: list[unprivileged.User] = []
        self.made = 0
        self.problem = "" if os.geteuid() == 0 else "not started by root"

    def take(self) -> unprivileged.User | None:
        if not self.problem and not self.free:
            number = unprivileged.FIRST_USER + (os.getpid() * 7 + self.made) % unprivileged.USERS
            self.made += 1
            try:
                self.free.append(unprivileged.make_user(number))
            except OSError as error:
                self.problem = error.strerror or str(error)
        return self.free.pop() if self.free else None


prctl: Any = ctypes.CDLL(None, use_errno=True).prctl


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
    def __init__(self, sock: socket.socket, opener: int) -> None:
        self.sock = sock
        self.opener = opener
        self.pid = os.getpid()
        self.opener_fd = _process_fd(opener)
        self.launchers: dict[int, tuple[int, unprivileged.User | None]] = {}
        """By process id: the number that the opener gave, and whom it may have become."""
        self.untidy: set[int] = set()
        """Numbers of launchers that have ended and may have left control groups."""
        self.users = Users()
        self.groups = control_groups.find(control_groups.name_of(os.getpid()))
        self.wake_fd = wake_on_children()
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def run(self, begin: Begin) -> None:
        """Fork on request until the opener is gone, then have every launcher end, and end."""
        try:
            self.serve(begin)
        finally:
            if os.getpid() == self.pid:
                self.end()

    def end(self) -> None:
        """Launchers finish when told to; only after that their control groups are empty."""
        for pid in self.launchers:
            os.kill(pid, signal.SIGTERM)
        give_up = time.monotonic() + END_SECONDS
        while self.launchers and time.monotonic() < give_up:
            self.reap()
            time.sleep(0.002)
        if isinstance(self.groups, control_groups.Groups):
            self.groups.remove()

    def serve(self, begin: Begin) -> None:
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
                number, user = self.launchers.pop(pid, (0, None))
                self.untidy.add(number)
                if user is not None:
                    self.users.free.append(user)
        # A launcher that was killed may leave a bwrap that doesn't notice it: as orphans they come to us.
        for child in trees.children(self.pid):
            if child not in self.launchers:
                os.kill(child, signal.SIGKILL)
        if isinstance(self.groups, control_groups.Groups):
            # What a launcher that was killed had started may still be dying in there.
            self.untidy = {number for number in self.untidy if not self.groups.remove(f"{number}-")}

    def kill(self, number: int) -> None:
        # Nobody but us collects our children, so that a process id can't be another process's yet.
        for pid, (known, _) in self.launchers.items():
            if known == number:
                os.kill(pid, signal.SIGKILL)

    def fork(self, number: int, fd: int, begin: Begin) -> None:
        parent, user = os.getpid(), self.users.take()
        try:
            pid = os.fork()
        except OSError as error:
            words = f"no process could be started for it: {error.strerror}"
            os.write(fd, protocol.pack({"last_words": words}))
            os.close(fd)
            return
        if pid != 0:
            self.launchers[pid] = (number, user)
            os.close(fd)
            return
        try:
            own = socket.socket(fileno=fd)
            birth = Birth(number, own, parent, self.opener_fd, user, self.users.problem, self.groups)
            birth.die_with_parent()
            os.setsid()
            self.sock.close()
            os.close(self.wake_fd)
            os.close(signal.set_wakeup_fd(-1))
            for other in self.users.free + [other for _, other in self.launchers.values() if other]:
                os.close(other.mapping)
            begin(birth)
        finally:
            os._exit(1)


def _process_fd(pid: int) -> int:
    """A descriptor that can be read once this process has ended; -1 on kernels before 5.3."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1
