"""One process for each opener, started once: it forks a launcher whenever a Machine is opened.

Starting an interpreter takes several times as long as everything else that a Machine needs; a fork
of one that has all modules loaded takes a millisecond. A launcher's socket passes through here and
is not kept, and no request of a Machine ever comes here, so that one Machine's launcher has nothing
of another's. Nothing is answered here: whoever opens a Machine has sent its first request to the
launcher's socket before the launcher exists, and hears from that socket what became of it.

From the first Machine on one more launcher is forked ahead, the spare, which does all that takes long and is the
same for every folder before it is asked for. It becomes the launcher of one Machine and never of another.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import birth
import control_groups
import protocol
import spares
import trees
import unprivileged

LOOK_SECONDS = 1.0
"""How often the opener is looked for where the kernel can't tell that it has ended."""
END_SECONDS = 1.5
"""How long launchers may take to finish before this process leaves them to their own end."""
SPARE_SECONDS = 0.1
"""How long after one was asked for the next is forked ahead, unless one ends before: not while it is in a hurry."""
MOST_FAILED_SPARES = 3
"""So many in a row that ended by themselves, and it isn't tried again."""

Begin = Callable[[birth.Birth], None]


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


@dataclass
class Child:
    """A launcher: the number that the opener gave it (0: none yet), its name, and whom it may have become."""

    number: int
    name: int
    user: unprivileged.User | None


class Zygote:
    def __init__(self, sock: socket.socket, opener: int) -> None:
        self.sock = sock
        self.opener = opener
        self.pid = os.getpid()
        self.opener_fd = _process_fd(opener)
        self.launchers: dict[int, Child] = {}
        """By process id."""
        self.forked = 0
        self.spare: spares.Spare | None = None
        self.spare_due: float | None = None
        self.spare_recipe: dict[str, Any] = {}
        self.failed_spares = 0
        self.untidy: set[int] = set()
        """Names of launchers that have ended and may have left control groups."""
        self.users = Users()
        self.groups = control_groups.find(control_groups.name_of(os.getpid()))
        self.wake_fd = birth.wake_on_children()
        birth.prctl(birth.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

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
            ready = select.select(readable, [], [], self.patience())[0]
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
                        self.launch(message["number"], fds[0], message["recipe"], begin)
                    else:
                        self.kill(message["number"])
            if self.spare_due is not None and time.monotonic() >= self.spare_due:
                self.spare_due = None
                self.make_spare(begin)

    def patience(self) -> float:
        """Seconds until something has to be looked at again."""
        due = LOOK_SECONDS if self.spare_due is None else self.spare_due - time.monotonic()
        return min(LOOK_SECONDS, max(0.0, due))

    def reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                child = self.launchers.pop(pid, None)
                if child is None:
                    continue
                self.untidy.add(child.name)
                if child.number and self.spare_due is not None:
                    self.spare_due = time.monotonic()
                if child.user is not None:
                    self.users.free.append(child.user)
                if self.spare is not None and self.spare.pid == pid:
                    self.failed_spares += 1
                    self.forget_spare()
        # A launcher that was killed may leave a bwrap that doesn't notice it: as orphans they come to us.
        for child in trees.children(self.pid):
            if child not in self.launchers:
                os.kill(child, signal.SIGKILL)
        if isinstance(self.groups, control_groups.Groups):
            # What a launcher that was killed had started may still be dying in there.
            self.untidy = {name for name in self.untidy if not self.groups.remove(f"{name}-")}

    def kill(self, number: int) -> None:
        # Nobody but us collects our children, so that a process id can't be another process's yet.
        for pid, child in self.launchers.items():
            if child.number == number:
                os.kill(pid, signal.SIGKILL)

    def launch(self, number: int, fd: int, recipe: dict[str, Any], begin: Begin) -> None:
        """Have a launcher for the socket `fd`: the spare where it fits, else a new one. Without a recipe, no spare."""
        if recipe:
            self.spare_due, self.spare_recipe = time.monotonic() + SPARE_SECONDS, recipe
        with socket.socket(fileno=fd) as sock:
            if recipe and self.take_spare(number, fd, recipe):
                return
            try:
                self.fork(number, sock, recipe, False, begin)
            except OSError as error:
                words = f"no process could be started for it: {error.strerror}"
                sock.send(protocol.pack({"last_words": words}))

    def take_spare(self, number: int, fd: int, recipe: dict[str, Any]) -> bool:
        """Whether the spare is the launcher with this number now. One that would be no use later either is ended."""
        spare = self.spare
        if spare is None:
            return False
        fits = spare.fits(recipe)
        if fits and not spare.waits():
            return False
        if fits and spare.give(fd):
            self.launchers[spare.pid].number = number
            self.failed_spares = 0
        else:
            fits = False
            os.kill(spare.pid, signal.SIGKILL)
        self.forget_spare()
        return fits

    def make_spare(self, begin: Begin) -> None:
        if self.spare is not None or self.failed_spares >= MOST_FAILED_SPARES:
            return
        try:
            self.spare = spares.Spare(self.spare_recipe)
            with self.spare.theirs:
                self.spare.pid = self.fork(0, self.spare.theirs, self.spare_recipe, True, begin)
        except OSError:
            # A Machine can be had without one; whoever asks for it hears what is short.
            self.failed_spares += 1
            self.forget_spare()

    def forget_spare(self) -> None:
        if self.spare is not None:
            self.spare.close()
        self.spare = None

    def fork(
        self, number: int, sock: socket.socket, recipe: dict[str, Any], waits: bool, begin: Begin
    ) -> int:
        """Fork a launcher, which has `sock`, and return its process id. Raises OSError."""
        parent, user = os.getpid(), self.users.take()
        self.forked += 1
        # As the child is called from its beginning.
        birth.call_it(birth.COMING_NAME if waits else birth.LAUNCHER_NAME)
        try:
            pid = os.fork()
        except OSError:
            if user is not None:
                self.users.free.append(user)
            raise
        finally:
            if os.getpid() == self.pid:
                birth.call_it(birth.NAME)
        if pid != 0:
            self.launchers[pid] = Child(number, self.forked, user)
            return pid
        try:
            told = (user, self.users.problem, self.groups)
            born = birth.Birth(self.forked, sock, waits, recipe, parent, self.opener_fd, *told)
            born.die_with_parent()
            os.setsid()
            self.forget_all()
            begin(born)
        finally:
            os._exit(1)

    def forget_all(self) -> None:
        """In a child: close what is the zygote's or another launcher's."""
        self.sock.close()
        os.close(self.wake_fd)
        os.close(signal.set_wakeup_fd(-1))
        self.forget_spare()
        for other in self.users.free + [child.user for child in self.launchers.values() if child.user]:
            os.close(other.mapping)


def _process_fd(pid: int) -> int:
    """A descriptor that can be read once this process has ended; -1 on kernels before 5.3."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1
