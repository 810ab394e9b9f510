"""The opener's end of the socket to one launcher: requests, answers, and the news that commands ended."""

import array
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from macrohard_lsp.sandbox.launcher import protocol
from macrohard_lsp.sandbox.spec import MachineLost
from macrohard_lsp.sandbox.zygote import launch

ANSWER_SECONDS = 60.0
"""How long a launcher may take for one request; copying a large workspace is the longest."""
CLOSE_SECONDS = 10.0

Ended = dict[str, Any]


class RequestFailed(Exception):
    """The launcher answered that it could not do what was asked; `answer` says why."""

    def __init__(self, answer: protocol.Message) -> None:
        super().__init__(str(answer["error"]))
        self.answer = answer


class _Waiting:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: protocol.Message | None = None
        self.blob = b""


class Control:
    """One launcher process. Any thread may make requests; one thread of its own takes in the answers.

    `recipe` is the part of the first request that the next Machine will most likely share.
    Raises LaunchFailed where no process can be started.
    """

    def __init__(self, recipe: protocol.Message) -> None:
        self._launched = launch(recipe)
        self._socket = self._launched.socket
        self._last_words = ""
        self._used = 0.0
        self._send_lock = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: dict[int, _Waiting] = {}
        self._listeners: dict[int, Callable[[Ended | None], None]] = {}
        self._sequence = 0
        self._lost = False
        self._reader = threading.Thread(target=self._read, name="machine-control", daemon=True)
        self._reader.start()

    @property
    def lost(self) -> bool:
        return self._lost

    def listen(self, identity: int, listener: Callable[[Ended | None], None]) -> None:
        """Have `listener` called once, when the command has ended, or with None when the launcher is gone."""
        with self._lock:
            if not self._lost:
                self._listeners[identity] = listener
                return
        listener(None)

    def forget(self, identity: int) -> None:
        with self._lock:
            self._listeners.pop(identity, None)

    def request(
        self,
        message: protocol.Message,
        blob: bytes = b"",
        fds: tuple[int, ...] = (),
        seconds: float = ANSWER_SECONDS,
    ) -> tuple[protocol.Message, bytes]:
        """Ask and wait for the answer. Raises RequestFailed, or MachineLost when no answer comes."""
        waiting = _Waiting()
        with self._lock:
            if self._lost:
                raise MachineLost(self.obituary())
            self._sequence += 1
            sequence = self._sequence
            self._waiting[sequence] = waiting
        self._send(protocol.pack({**message, "seq": sequence, "fds": len(fds)}, blob), fds)
        if not waiting.done.wait(seconds):
            self.kill()
            raise MachineLost(
                f"the Machine's launcher did not answer within {seconds:.0f} seconds and was killed"
            )
        if waiting.answer is None:
            raise MachineLost(self.obituary())
        if "error" in waiting.answer:
            raise RequestFailed(waiting.answer)
        return waiting.answer, waiting.blob

    def _send(self, data: bytes, fds: tuple[int, ...]) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            with self._send_lock:
                sent = self._socket.sendmsg([data], rights)
                # To send nothing fails where the launcher has ended, and hides what it said.
                if sent < len(data):
                    self._socket.sendall(memoryview(data)[sent:])
        except OSError as error:
            raise MachineLost(self.obituary()) from error

    def _read(self) -> None:
        receiver = protocol.Receiver()
        try:
            while receiver.feed(self._socket):
                while (arrived := receiver.next()) is not None:
                    self._dispatch(*arrived)
        except OSError:
            pass  # Closed by us or reset by its death: either way there is nothing more to read.
        with self._lock:
            self._lost = True
            waiting, self._waiting = self._waiting, {}
            listeners, self._listeners = self._listeners, {}
        for one in waiting.values():
            one.done.set()
        for listener in listeners.values():
            listener(None)

    def _dispatch(self, message: protocol.Message, blob: bytes, _fds: list[int]) -> None:
        if "ended" in message:
            with self._lock:
                listener = self._listeners.pop(message["ended"], None)
            if listener is not None:
                listener(message)
            return
        if "reply" not in message:
            self._last_words = message.get("last_words", "")
            self._used = message.get("used", 0.0)
            return
        with self._lock:
            waiting = self._waiting.pop(message["reply"], None)
        if waiting is not None:
            waiting.answer, waiting.blob = message, blob
            waiting.done.set()

    def obituary(self) -> str:
        """Why the launcher is gone, with its last words where it left any."""
        words = f" ({self._last_words})" if self._last_words else ""
        return f"the Machine is gone: its launcher ended{words}; open a new one"

    def kill(self) -> None:
        self._launched.kill()

    def close(self) -> None:
        """End the launcher and all it started. Its children die with it even when it has to be killed."""
        with contextlib.suppress(OSError):  # Where the launcher was gone before.
            self._socket.shutdown(socket.SHUT_WR)
        # Its end of the socket is closed by its death and by nothing else.
        self._reader.join(CLOSE_SECONDS)
        if self._reader.is_alive():
            self.kill()
            self._reader.join(CLOSE_SECONDS)
        self._socket.close()
        _count(self._used)
        self._used = 0.0


_counting = threading.Lock()
_seconds_of_closed = 0.0


def _count(seconds: float) -> None:
    global _seconds_of_closed
    with _counting:
        _seconds_of_closed += seconds


def processor_seconds_of_closed() -> float:
    """Processor seconds of all Machines that this process has opened and closed, their commands included.

    What ran in a Machine whose launcher was killed is not in it.
    """
    return _seconds_of_closed
