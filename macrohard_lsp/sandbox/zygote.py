"""The opener's end of the one process that forks its launchers: started at the first Machine, kept until we end."""

import array
import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.sandbox.launcher import protocol
from macrohard_lsp.sandbox.view import MINIMAL_ENVIRONMENT

LAUNCHER = Path(__file__).parent / "launcher"
ANSWER_SECONDS = 20.0
"""How long a fork may take, on a computer that is short of everything."""
END_SECONDS = 2.0
ATTEMPTS = 3


class LaunchFailed(Exception):
    """No launcher could be started; the message says why."""


class Zygote:
    """Any thread may call."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(ANSWER_SECONDS)
        with theirs:
            command = [sys.executable, "-I", "-S", str(LAUNCHER), str(theirs.fileno()), str(os.getpid())]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env=MINIMAL_ENVIRONMENT,
                cwd="/",
            )
        self._receiver = protocol.Receiver()
        self._lock = threading.Lock()
        self._sequence = 0
        self._ended = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._ended

    def fork(self, descriptor: int) -> int:
        """Start a launcher that has `descriptor` for its socket. Returns its process id. Raises OSError."""
        answer = self._ask({"do": "fork", "fds": 1}, descriptor)
        if "error" in answer:
            raise LaunchFailed(
                f"no process could be started for a Machine ({answer['error']}); end some programs and try again"
            )
        return answer["pid"]

    def kill(self, pid: int) -> None:
        """Kill a launcher, unless it has ended. Without us every launcher ends by itself."""
        with contextlib.suppress(OSError):
            self._ask({"do": "kill", "pid": pid})

    def _ask(self, message: protocol.Message, *descriptors: int) -> protocol.Message:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        with self._lock:
            if self._ended:
                raise BrokenPipeError("it has ended")
            self._sequence += 1
            try:
                self._socket.sendmsg(
                    [protocol.pack({**message, "seq": self._sequence})], rights if descriptors else []
                )
                while (arrived := self._receiver.next()) is None:
                    if not self._receiver.feed(self._socket):
                        raise BrokenPipeError("it has ended")
            except OSError:
                # An answer that comes late would be taken for the next one's.
                self._end()
                raise
            return arrived[0]

    def close(self) -> None:
        """End it, and every launcher it has forked. May be called again."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._socket.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True, slots=True)
class Launched:
    """A launcher: our end of its socket, and how to kill it."""

    socket: socket.socket
    pid: int
    zygote: Zygote

    def kill(self) -> None:
        self.zygote.kill(self.pid)


_lock = threading.Lock()
_current: Zygote | None = None
_inherited: list[Zygote | None] = []
"""Those of the process that we were forked from: not ours to use or to end."""


def launch() -> Launched:
    """Start a launcher. Raises LaunchFailed."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            for _ in range(ATTEMPTS):
                zygote = _living()
                try:
                    return Launched(ours, zygote.fork(theirs.fileno()), zygote)
                except OSError:
                    continue  # It was killed; the next attempt starts another.
        raise LaunchFailed("the process that starts Machines keeps dying; look for what kills it")
    except BaseException:
        ours.close()
        raise


def _living() -> Zygote:
    global _current
    with _lock:
        if _current is None or _current.ended:
            _current = Zygote()
        return _current


def _end_at_exit() -> None:
    if _current is not None:
        _current.close()


def _forget_after_fork() -> None:
    global _current, _lock
    _lock = threading.Lock()
    _inherited.append(_current)
    _current = None


atexit.register(_end_at_exit)
os.register_at_fork(after_in_child=_forget_after_fork)
