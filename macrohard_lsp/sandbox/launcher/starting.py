# The launcher uses no pathlib: importing it would double the time to start.
"""The child's side of a command: from a fork of the launcher to bwrap, or to a supervisor and the program."""

import array
import os
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import control_groups
import descriptors
import protocol
import trees
import unprivileged
from confinement import Confinement

STATUS_FD = 4
LAUNCH_FAILED = 127
HANDLED_SIGNALS = (signal.SIGTERM, signal.SIGCHLD)
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
NAME = b"starter"
READY = b"r"


@dataclass(frozen=True)
class Bounds:
    """What a command is put under: a group that limits it, whom it becomes, what takes its program its reach.

    The first two are for bwrap, `confinement` is for what runs without it.
    """

    group: control_groups.Group | None = None
    user: unprivileged.User | None = None
    confinement: Confinement | None = None

    def become_user(self, streams: list[int]) -> None:
        if self.user is not None:
            # Programs open /dev/stdout anew, which only the owner of the pipe behind it may.
            for fd in streams:
                os.fchown(fd, self.user.number, self.user.number)
            unprivileged.become(self.user)


class Starter:
    """A child that is in its control group before there is a command, and becomes the first one.

    Being moved into a group takes the kernel longer than all that bwrap sets up.
    """

    def __init__(self, group: control_groups.Group, user: unprivileged.User | None, prctl: Any) -> None:
        """Raises OSError."""
        self.group = group
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self.pid = _fork(lambda launcher: _be_starter(theirs, group, user, prctl, launcher))
            except BaseException:
                ours.close()
                raise
        self.sock = ours
        self.sock.setblocking(False)

    def ready(self) -> bool:
        """Whether it is in its group by now; once it has said so, the next is `start`."""
        try:
            return self.sock.recv(1) == READY
        except OSError:
            return False

    def start(self, request: dict[str, Any], passed: list[int], bounds: Bounds) -> int:
        """Have it become what `request` says, and return its process id. Raises OSError where it has died."""
        message = {name: request[name] for name in ("argv", "environment", "rlimits")}
        present = [fd >= 0 for fd in passed]
        message |= {"options": [], "present": present, "drop": bounds.user is not None, "fds": sum(present)}
        rights = array.array("i", [fd for fd in passed if fd >= 0])
        data = protocol.pack(message)
        with self.sock:
            self.sock.setblocking(True)
            sent = self.sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            if sent < len(data):  # To send nothing fails where the other end was quick and is closed already.
                self.sock.sendall(memoryview(data)[sent:])
        return self.pid


def _be_starter(
    sock: socket.socket,
    group: control_groups.Group,
    user: unprivileged.User | None,
    prctl: Any,
    launcher: int,
) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    prctl(PR_SET_NAME, NAME, 0, 0, 0)
    descriptors.keep_only(sock.fileno())
    if os.getppid() != launcher:
        return
    group.add(0)
    sock.send(READY)
    receiver = protocol.Receiver()
    while (arrived := receiver.next()) is None:
        if not receiver.feed(sock):
            return
    message, _, fds = arrived
    arriving = iter(fds)
    passed = [next(arriving) if present else -1 for present in message["present"]]
    _become(message, passed, prctl, Bounds(user=user if message["drop"] else None), launcher)


def fork(request: dict[str, Any], passed: list[int], prctl: Any, bounds: Bounds) -> int:
    """Fork the child that becomes bwrap, or the supervisor where there are no options for bwrap. Raises OSError."""
    return _fork(lambda launcher: _become(request, passed, prctl, bounds, launcher))


def _fork(be: Callable[[int], None]) -> int:
    """`be` gets the launcher's process id, in the child, which ends with it."""
    launcher = os.getpid()
    # The launcher's own handlers must not run in the child, where they would end the whole Machine.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED_SIGNALS)
    try:
        child = os.fork()
        if child == 0:
            try:
                _forget_handlers()
                be(launcher)
            except BaseException as error:
                os.write(2, f"could not start the command: {error}\n".encode(errors="backslashreplace"))
            finally:
                os._exit(LAUNCH_FAILED)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    return child


def _become(
    request: dict[str, Any],
    passed: list[int],
    prctl: Any,
    bounds: Bounds,
    launcher: int,
) -> None:
    isolated = request["options"] is not None
    bounds.become_user(passed[:3])
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL if isolated else signal.SIGTERM, 0, 0, 0)
    if os.getppid() != launcher:
        return
    os.setsid()
    descriptors.place(passed)
    _limit(request["rlimits"])
    if bounds.confinement is None:
        _execute(request)
    else:
        bounds.confinement.keep_open(STATUS_FD + 1)
        _supervise(request, prctl, bounds.confinement)


def _forget_handlers() -> None:
    signal.set_wakeup_fd(-1)
    for signum in (*HANDLED_SIGNALS, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _limit(rlimits: dict[str, int]) -> None:
    for name, value in rlimits.items():
        kind: int = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (lower, lower))


def _execute(request: dict[str, Any]) -> None:
    environment = {os.fsencode(key): os.fsencode(value) for key, value in request["environment"].items()}
    argv = [os.fsencode(argument) for argument in request["argv"]]
    os.execvpe(argv[0], argv, environment)


def _supervise(request: dict[str, Any], prctl: Any, confinement: Confinement) -> None:
    """Be the process tier's stand-in for a PID namespace: run the program, then kill all it left behind."""
    own = os.getpid()

    def finish(*_: object) -> None:
        trees.sweep(own, set())
        os._exit(0)

    prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans below become our children.
    signal.signal(signal.SIGTERM, finish)
    program = os.fork()
    if program == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            os.setsid()
            os.set_inheritable(STATUS_FD, False)
            os.chdir(os.fsencode(request["cwd"]))
            confinement.apply()
            _execute(request)
        except OSError as error:
            os.write(2, f"{request['argv'][0]}: {error.strerror}\n".encode(errors="backslashreplace"))
        finally:
            os._exit(LAUNCH_FAILED)
    for fd in range(STATUS_FD):
        descriptors.close_if_open(fd)
    os.write(STATUS_FD, b'{"child-pid": %d}\n' % program)
    while True:
        pid, status = os.wait()
        if pid == program:
            os.write(STATUS_FD, b'{"wait-status": %d}\n' % status)
            finish()
