"""A command that was started in a Machine."""

import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from macrohard_lsp.sandbox.control import Control, Ended
from macrohard_lsp.sandbox.output import HeadAndTail
from macrohard_lsp.sandbox.spec import MachineLost
from macrohard_lsp.sandbox.streams import Streams

READ_BYTES = 1 << 16
KILL_SECONDS = 10.0
"""How long a killed command may take to be gone before its whole Machine is ended."""
DRAIN_SECONDS = 2.0
"""How long output is waited for after a command has ended and nothing of it is left."""
POLL_SECONDS = 0.5
SHELL_SIGNAL_BASE = 128


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended.

    One of `exit_code` and `signal` is None. bwrap reports death by signal n as exit code 128 + n, so in
    the namespace tier a program that exits with such a code by itself is reported as if by the signal.
    `killed_by` is "memory", "processes" or "request"; a passed deadline is `timed_out`. `stdout` and
    `stderr` are bounded, `dropped_bytes` counts what they lack. A program that could not be started
    has exit code 127.
    """

    argv: tuple[str, ...]
    exit_code: int | None
    signal: int | None
    timed_out: bool
    killed_by: str | None
    stdout: bytes
    stderr: bytes
    dropped_bytes: int
    seconds: float
    cpu_seconds: float


class MachineProcess:
    """A started command: a private two-way channel (a stream socket, descriptor 3 inside), and its output.

    `channel` is our end; it is at its end when every holder inside is gone. Output is drained all
    the time into bounded buffers.
    """

    def __init__(
        self, control: Control, identity: int, argv: Sequence[str], streams: Streams, output_bytes: int
    ) -> None:
        self._control = control
        self._identity = identity
        self._argv = tuple(argv)
        self._streams = streams
        self._outputs = (HeadAndTail(output_bytes), HeadAndTail(output_bytes))
        self._output_lock = threading.Lock()
        self._ended = threading.Event()
        self._ending: Ended | None = None
        self._drainer: threading.Thread | None = None
        control.listen(identity, self._on_end)

    @property
    def channel(self) -> socket.socket:
        if self._streams.channel is None:
            raise ValueError("this command was started without a channel")
        return self._streams.channel

    @property
    def running(self) -> bool:
        return not self._ended.is_set()

    def begin(self, stdin: bytes) -> None:
        """Feed the command its input and start draining; called once the launcher has the other ends."""
        self._drainer = threading.Thread(
            target=self._drain, args=(stdin,), name="machine-output", daemon=True
        )
        self._drainer.start()

    def _on_end(self, ending: Ended | None) -> None:
        self._ending = ending
        self._ended.set()

    def signal(self, signum: int) -> None:
        """Send a signal to the started program itself; nothing happens when it has ended."""
        if self.running:
            self._control.request({"do": "signal", "id": self._identity, "signum": int(signum)})

    def kill(self) -> None:
        """Kill the program and everything it started; `wait` then says how it ended."""
        self._kill(timed_out=False)

    def _kill(self, timed_out: bool) -> None:
        try:
            if self.running:
                self._control.request({"do": "kill", "id": self._identity, "timed_out": timed_out})
        except MachineLost:
            return  # The launcher is gone, and everything it had started died with it.

    def wait(self, seconds: float) -> CommandResult:
        """Wait for the end, kill what hasn't ended after `seconds`. Raises MachineLost."""
        if not self._ended.wait(max(0.0, seconds)):
            self._kill(timed_out=True)
            if not self._ended.wait(KILL_SECONDS):
                self._control.kill()
                raise MachineLost("a command could not be killed, so its whole Machine was ended")
        if self._drainer is not None:
            self._drainer.join(DRAIN_SECONDS + 1.0)
        return self._result()

    def output_tail(self) -> tuple[bytes, bytes]:
        """What has been kept of stdout and stderr so far."""
        with self._output_lock:
            return self._outputs[0].value(), self._outputs[1].value()

    def _result(self) -> CommandResult:
        ending = self._ending
        if ending is None:
            raise MachineLost(f"a command was running when its Machine ended: {self._control.obituary()}")
        stdout, stderr = self.output_tail()
        exit_code, signum = _decode(ending)
        if exit_code == 1 and not stdout and stderr.startswith(b"bwrap: execvp "):
            exit_code = 127
        return CommandResult(
            self._argv,
            exit_code,
            signum,
            ending["timed_out"],
            ending["killed_by"],
            stdout,
            stderr,
            self._outputs[0].dropped + self._outputs[1].dropped,
            ending["seconds"],
            ending["cpu_seconds"],
        )

    def _drain(self, stdin: bytes) -> None:
        """Move bytes both ways until the command's ends are closed, or a little after its end."""
        streams, left = self._streams, memoryview(stdin)
        fds = {fd for fd in (streams.stdin, streams.stdout, streams.stderr) if fd >= 0}
        give_up: float | None = None
        with selectors.DefaultSelector() as selector:
            for fd, output in zip((streams.stdout, streams.stderr), self._outputs, strict=True):
                selector.register(fd, selectors.EVENT_READ, output)
            if streams.stdin >= 0:
                os.set_blocking(streams.stdin, False)
                selector.register(streams.stdin, selectors.EVENT_WRITE)
            while fds - {streams.stdin}:
                if not self.running:
                    give_up = give_up or time.monotonic() + DRAIN_SECONDS
                    if time.monotonic() > give_up:
                        break
                for key, _ in selector.select(POLL_SECONDS):
                    if key.data is None:
                        left = _feed(key.fd, left)
                        done = not left
                    else:
                        done = not self._take(key.fd, key.data)
                    if done:
                        selector.unregister(key.fd)
                        os.close(key.fd)
                        fds.remove(key.fd)
        for fd in fds:
            os.close(fd)

    def _take(self, fd: int, output: HeadAndTail) -> bool:
        data = os.read(fd, READ_BYTES)
        with self._output_lock:
            output.add(data)
        return bool(data)


def _feed(stdin: int, left: memoryview) -> memoryview:
    """Write what the pipe takes; nothing is left when its reader is gone."""
    try:
        return left[os.write(stdin, left) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return left[:0]


def _decode(ending: Ended) -> tuple[int | None, int | None]:
    """Exit code and signal number of a reported wait status."""
    if ending["killed_by"] is not None or ending["timed_out"]:
        return None, int(signal.SIGKILL)
    code = os.waitstatus_to_exitcode(ending["wait_status"])
    if ending["isolated"] and SHELL_SIGNAL_BASE < code < SHELL_SIGNAL_BASE + signal.NSIG:
        return None, code - SHELL_SIGNAL_BASE
    return (None, -code) if code < 0 else (code, None)
