"""The parent's side of one worker process."""

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from macrohard_lsp.execution.units import Raised, Result, Stopped, TimedOut, WorkerLost, WorkUnit
from macrohard_lsp.execution.worker import HEADER

END_SECONDS = 5.0
"""How long a killed process may take to be gone."""

_CHUNK = 1 << 20
_PAUSE = 0.005
_WORKER = Path(__file__).with_name("worker.py")


class WorkerProcess:
    """A child in its own process group that carries out one unit after the other. Used by one thread;
    `kill` may be called from any."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            process_group=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to_worker, self._from_worker = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to_worker, False)
        os.set_blocking(self._from_worker, False)
        self._greeting = _framed(pickle.dumps([str(Path(entry).absolute()) for entry in sys.path]))
        self._lock = threading.Lock()
        self._killed = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, unit: WorkUnit) -> Result:
        """Send the unit, wait for its result. After anything but Done or Raised the worker is used up."""
        try:
            message = pickle.dumps((unit.entry, unit.payload), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # pickle raises whatever the payload's own methods raise.
            return Raised(f"{type(error).__name__}: {error}", "The unit's payload can't be pickled.\n")
        outgoing, self._greeting = self._greeting + _framed(message), b""
        try:
            answer = self._exchange(outgoing, time.monotonic() + unit.seconds)
        except TimeoutError:
            self.kill()
            return TimedOut(unit.seconds)
        except (BrokenPipeError, EOFError):
            return self._lost()
        try:
            return pickle.loads(answer)
        except Exception as error:  # As above: a class of the answer may be missing or fail here.
            return Raised(f"{type(error).__name__}: {error}", "The unit's answer can't be read.\n")

    def kill(self) -> None:
        """Kill the whole process group. What runs in it ends without a word."""
        with self._lock:
            self._killed = True
            self._kill_group()

    def close(self) -> None:
        """Kill it, wait until it is gone, and give its pipes back."""
        self.kill()
        self._wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _kill_group(self) -> None:
        # Once the leader is reaped its number may belong to somebody else.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _wait(self) -> int | None:
        """The exit status once the process has ended, None if it doesn't. Its children end with it."""
        deadline = time.monotonic() + END_SECONDS
        watch = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while self._process.returncode is None:
            if os.waitid(os.P_PID, self._process.pid, watch) is not None:
                with self._lock:
                    self._kill_group()
                    return self._process.wait(END_SECONDS)
            if time.monotonic() > deadline:
                return None
            time.sleep(_PAUSE)
        return self._process.returncode

    def _lost(self) -> WorkerLost | Stopped:
        if self._killed:
            return Stopped()
        code = self._wait()
        if code is None:
            self.kill()
            return WorkerLost("the worker process closed its pipe and went on without answering")
        how = f"signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"exit status {code}"
        return WorkerLost(f"the worker process ended with {how}")

    def _exchange(self, outgoing: bytes, deadline: float) -> bytes:
        """Write all of `outgoing` and read one message. Raises TimeoutError, EOFError or BrokenPipeError."""
        left = memoryview(outgoing)
        received = bytearray()
        needed = HEADER.size
        poll = select.poll()
        poll.register(self._from_worker, select.POLLIN)
        poll.register(self._to_worker, select.POLLOUT)
        while True:
            if (seconds := deadline - time.monotonic()) <= 0:
                raise TimeoutError
            ready = dict(poll.poll(seconds * 1000))
            if left and self._to_worker in ready:
                left = left[os.write(self._to_worker, left[:_CHUNK]) :]
                if not left:
                    poll.unregister(self._to_worker)
            if self._from_worker in ready:
                part = os.read(self._from_worker, _CHUNK)
                if not part:
                    raise EOFError
                received += part
                if needed == HEADER.size and len(received) >= HEADER.size:
                    needed += HEADER.unpack_from(received)[0]
                if len(received) >= needed > HEADER.size:
                    return bytes(received[HEADER.size :])


def _framed(message: bytes) -> bytes:
    return HEADER.pack(len(message)) + message
