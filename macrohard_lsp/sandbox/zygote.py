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
SEND_SECONDS = 20.0
"""How long it may take no message, on a computer that is short of everything."""
END_SECONDS = 2.0
ATTEMPTS = 3


class LaunchFailed(Exception):
    """No launcher could be started; the message says why."""


class Zygote:
    """Any thread may call."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(SEND_SECONDS)
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
        self._lock = threading.Lock()
        self._launchers = 0
        self._ended = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._ended

    def fork(self, descriptor: int, recipe: protocol.Message) -> int:
        """Start a launcher that has `descriptor` for its socket. Returns its number here. Raises OSError.

        `recipe` is what is known of the Machine, and the guess of what the next one is like; empty where it isn't
        worth having anything ready for that one.
        Where no process can be started, the socket says why and ends.
        """
        with self._lock:
            self._launchers += 1
            self._send({"do": "fork", "number": self._launchers, "recipe": recipe, "fds": 1}, descriptor)
            return self._launchers

    def kill(self, number: int) -> None:
        """Kill a launcher, unless it has ended. Without us every launcher ends by itself."""
        with self._lock, contextlib.suppress(OSError):
            self._send({"do": "kill", "number": number})

    def _send(self, message: protocol.Message, *descriptors: int) -> None:
        if self._ended:
            raise BrokenPipeError("it has ended")
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        try:
            # So short a message goes through the socket whole.
            self._socket.sendmsg([protocol.pack(message)], rights if descriptors else [])
        except OSError:
            self._end()
            raise

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
    number: int
    zygote: Zygote

    def kill(self) -> None:
        self.zygote.kill(self.number)


_lock = threading.Lock()
_current: Zygote | None = None
_inherited: list[Zygote | None] = []
"""Those of the process that we were forked from: not ours to use or to end."""


def launch(recipe: protocol.Message) -> Launched:
    """Start a launcher; `recipe` as for `Zygote.fork`. Raises LaunchFailed."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            for _ in range(ATTEMPTS):
                zygote = _living()
                try:
                    return Launched(ours, zygote.fork(theirs.fileno(), recipe), zygote)
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
