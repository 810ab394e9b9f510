# ruff: noqa: PTH123
# The launcher uses no pathlib: importing it would double the time to start.
"""One started command: spawning it, watching what it uses, killing it, and how it ended."""

import json
import os
import signal
import time
from typing import Any

import control_groups
import relay
import starting
import trees
from starting import Bounds, Starter

STATUS_FD, SECCOMP_FD, OPTIONS_FD, READY_FD, INFORMATION_FD = 4, 5, 6, 7, 8
CHANNEL_FD = 3
MOST_HELD = 16
"""bwrap is two or three processes before it starts the program."""
THREADS_PER_PROCESS = 8
"""A command may have this many threads for each process it may have."""


class Unlimited(Exception):
    """The kernel doesn't take a command into its group, though it took another one before."""


class Command:
    """A child of the launcher: bwrap in the namespace tier, a supervisor of ours in the process tier.

    `inner` is what the child says it started: the first process of the new PID namespace, or the
    program itself. A command has ended when the child and everything below it has been reaped.
    """

    def __init__(
        self, request: dict[str, Any], child: int, status_fd: int, hold_fd: int, bounds: Bounds
    ) -> None:
        self.id: int = request["id"]
        self.group = bounds.group
        self.child = child
        self.status_fd = status_fd
        self.hold_fd = hold_fd
        """bwrap waits with the program until this is closed, by us and by whoever else has it; -1 when we have."""
        self.isolated: bool = request["options"] is not None
        self.inner = 0
        self.relay = 0
        self.inner_reaped = False
        self.wait_status: int | None = None
        self.program_status: int | None = None
        self.killed_by: str | None = None
        self.timed_out = False
        self.pending_signals: list[int] = []
        self.reaped_cpu = 0.0
        self.sampled_cpu = 0.0
        self.started = time.monotonic()
        seconds: float | None = request["seconds"]
        self.deadline = None if seconds is None else self.started + seconds
        self._status_text = b""

    @property
    def ended(self) -> bool:
        return self.wait_status is not None and (self.inner == 0 or self.inner_reaped or not self.isolated)

    def read_status(self) -> None:
        """Take in what the child has to say so far (its end of the pipe doesn't block)."""
        try:
            while data := os.read(self.status_fd, 4096):
                self._status_text += data
        except BlockingIOError:
            pass
        *lines, self._status_text = self._status_text.split(b"\n")
        for line in lines:
            try:
                said: dict[str, int] = json.loads(line)
            except ValueError:
                continue  # In the process tier a hostile program can write into this pipe through /proc.
            self.inner = said.get("child-pid", self.inner)
            self.program_status = said.get("wait-status", self.program_status)
        if self.inner and self.hold_fd >= 0:
            self.let_go()

    def let_go(self) -> None:
        """Put all there is of the command into its group, and have its program started. Raises OSError."""
        entered = {self.child}
        while self.group is not None and (missing := set(trees.descendants(self.child, MOST_HELD)) - entered):
            for pid in missing:
                self.group.add(pid)
            entered |= missing
        os.close(self.hold_fd)
        self.hold_fd = -1

    def collected(self, pid: int, status: int, cpu_seconds: float) -> None:
        """Take in that the launcher has collected this process, which may not be of this command at all."""
        if pid not in (self.child, self.inner):
            return
        self.reaped_cpu += cpu_seconds
        if pid == self.inner:
            self.inner_reaped = True
            return
        self.wait_status = status
        # What bwrap leaves is ours by now. It leaves nothing where it outlived the namespace's first process: that
        # one was killed, or could not set up what was asked.
        if self.inner and not trees.is_our_child(self.inner):
            self.inner_reaped = True

    def kill(self, reason: str | None) -> None:
        """Kill everything the command started. `reason` is kept unless there is one already."""
        if self.killed_by is None and not self.timed_out:
            self.killed_by = reason
        self.read_status()
        if self.wait_status is None:
            # A supervisor sweeps its descendants when told to end; bwrap's namespace dies as a whole.
            trees.send(self.child, signal.SIGKILL if self.isolated else signal.SIGTERM)
        if self.isolated and self.inner and not self.inner_reaped:
            trees.send(self.inner, signal.SIGKILL)

    def program(self) -> int:
        """The process id of the started program, or 0 while it isn't there."""
        if not self.inner or not self.isolated:
            return self.inner
        below = trees.children(self.inner)
        return below[0] if below else 0

    def deliver(self) -> None:
        """Send the signals that wait for the program to be there."""
        program = self.program() if self.pending_signals else 0
        if program:
            for signum in self.pending_signals:
                trees.send(program, signum)
            self.pending_signals = []

    def check(self, memory: int, processes: int) -> None:
        """Look at the command's processes, and kill it where it is over a limit or past its deadline."""
        if self.deadline is not None and time.monotonic() >= self.deadline:
            self.deadline = None
            self.timed_out = self.killed_by is None
            self.kill(None)
            return
        exceeded = self.group.exceeded() if self.group is not None else None
        if exceeded is not None:
            self.kill(exceeded)
            return
        pids = trees.descendants(self.child, processes)
        self.sampled_cpu = max(self.sampled_cpu, trees.cpu_seconds(pids))
        threads = sum(len(trees.tasks(pid)) for pid in pids)
        if len(pids) > processes or threads > processes * THREADS_PER_PROCESS:
            self.kill("processes")
        elif trees.resident_bytes(pids) > memory and trees.proportional_bytes(pids) > memory:
            self.kill("memory")

    def report(self) -> dict[str, Any]:
        """How it ended, as the message that says so."""
        os.close(self.status_fd)
        if self.hold_fd >= 0:
            os.close(self.hold_fd)
        status = self.wait_status if self.program_status is None else self.program_status
        if self.group is not None and status != 0 and self.killed_by is None and not self.timed_out:
            # What the kernel kept it from may have ended it before it was looked at again.
            self.killed_by = self.group.exceeded()
        return {
            "ended": self.id,
            "wait_status": status,
            "isolated": self.isolated,
            "killed_by": self.killed_by,
            "timed_out": self.timed_out,
            "seconds": time.monotonic() - self.started,
            "cpu_seconds": max(self.reaped_cpu, self.sampled_cpu),
        }

    def tidy(self) -> None:
        """Remove what nobody waits for, once it is reported how it ended."""
        if self.group is not None:
            self.group.remove()


def spawn(
    request: dict[str, Any],
    fds: list[int],
    seccomp: bytes,
    prctl: Any,
    bounds: Bounds,
    starter: Starter | None,
) -> Command:
    """Start what `request` says on the descriptors `fds` (stdin, stdout, stderr and maybe the channel).

    `seccomp` is for bwrap. `starter` is in the group of `bounds` already. Closes `fds` whether it succeeds or
    raises (OSError, ValueError, and Unlimited, after which the launcher can only end).
    """
    passed = [*fds[:3], fds[3] if len(fds) > 3 else -1]
    hold_fd, relaying = -1, 0
    try:
        waits = _waits(request, bounds.group is not None and starter is None)
        files = [] if waits is None else [seccomp, _joined([*request["options"], *waits])]
        status_read, status_write = os.pipe()
        passed.append(status_write)
        passed += [_memory_file(data) if data else -1 for data in files]
        if waits:
            wait_fd, hold_fd = os.pipe()
            passed.append(wait_fd)
            relaying = relay.start(request["ports"], hold_fd, passed, prctl) if request["ports"] else 0
        if starter is None:
            child = starting.fork(request, passed, prctl, bounds)
        else:
            child = starter.start(request, passed, bounds)
    except BaseException:
        if hold_fd >= 0:
            os.close(hold_fd)
        raise
    finally:
        for fd in passed:
            if fd >= 0:
                os.close(fd)
    os.set_blocking(status_read, False)
    command = Command(request, child, status_read, hold_fd, bounds)
    command.relay = relaying
    if bounds.group is not None and starter is None:
        # The kernel waits for all processors here, while bwrap already sets up the namespaces. What it has started
        # by then follows when it holds its program.
        _put(child, bounds.group)
    return command


def _put(child: int, group: control_groups.Group) -> None:
    try:
        group.add(child)
    except OSError as error:
        # The whole Machine ends by it, before the program can start.
        raise Unlimited(f"a command can't be put into its control group: {error}") from error


def _waits(request: dict[str, Any], grouping: bool) -> list[str] | None:
    """What bwrap is told to wait for before it starts the program, and to whom to say what it has made; or None."""
    if request["options"] is None:
        return None
    wait = ["--block-fd", str(READY_FD)] if request["ports"] or grouping else []
    return [*wait, *(["--info-fd", str(INFORMATION_FD)] if request["ports"] else [])]


def _joined(options: list[str]) -> bytes:
    """bwrap's `--args` format. A NUL within an option would smuggle in another one."""
    if any("\0" in option for option in options):
        raise ValueError("a command's directory and environment can't contain a NUL character")
    return b"".join(os.fsencode(option) + b"\0" for option in options)


def _memory_file(data: bytes) -> int:
    fd = os.memfd_create("launcher", os.MFD_CLOEXEC)
    with open(os.dup(fd), "wb") as file:
        file.write(data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
