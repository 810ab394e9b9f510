"""The host's process: reads messages until the server is gone, then ends everything it started."""

import contextlib
import os
import socket
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.finding import Severity
from macrohard_lsp.engine.footprints import FootprintBook
from macrohard_lsp.engine.interpreters import InterpreterBook
from macrohard_lsp.host.client.events import Said
from macrohard_lsp.host.client.framing import HEADER, framed, length_of, unframed
from macrohard_lsp.host.client.messages import (
    Answered,
    Asked,
    Greet,
    Refused,
    Withdrawn,
)
from macrohard_lsp.host.desk import Desk
from macrohard_lsp.host.reply import CanNotAnswer, Reply
from macrohard_lsp.host.surroundings import Surroundings
from macrohard_lsp.settings.errors import StateUnavailable
from macrohard_lsp.settings.state import state_dir

NICENESS = 10
"""Tests and searches leave the processor to the editor and its server first."""
QUICK_THREADS = 2


def run(descriptor: int) -> None:
    """Serve the other end of the socket `descriptor`; ends the process when that end is closed."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with socket.socket(fileno=descriptor) as line:
        Host(line).serve()
    # Threads may still be waiting for Machines that die with this process; nothing is left for them to say.
    os._exit(0)


class Host:
    """One server's host."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._sending = threading.Lock()
        self._quick = ThreadPoolExecutor(QUICK_THREADS, "answers")
        self._desk: Desk | None = None
        self._asked: dict[int, Cancel] = {}

    def serve(self) -> None:
        try:
            while (message := self._receive()) is not None:
                self._take(message)
        finally:
            if self._desk is not None:
                self._desk.close()

    def send(self, message: object) -> None:
        """Safe from any thread. A server that is gone is not told anything."""
        data = framed(message)
        with self._sending, contextlib.suppress(OSError):
            self._line.sendall(data)

    def _receive(self) -> Any:
        header = self._read(HEADER.size)
        body = self._read(length_of(header)) if header is not None else None
        return unframed(body) if body is not None else None

    def _read(self, size: int) -> bytes | None:
        parts: list[bytes] = []
        while size > 0:
            try:
                part = self._line.recv(min(size, 1 << 20))
            except OSError:
                return None
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _take(self, message: Any) -> None:
        try:
            match message:
                case Greet(encoding):
                    self._desk = Desk(self._surroundings(encoding), self.send)
                case Asked(number, question):
                    self._ask(number, question)
                case Withdrawn(number):
                    if (cancel := self._asked.get(number)) is not None:
                        cancel.set()
                case _ if self._desk is not None:
                    self._desk.take(message)
                case _:
                    pass
        except Exception:
            self.send(Said(Severity.ERROR, traceback.format_exc(), shown=False))

    def _surroundings(self, encoding: Any) -> Surroundings:
        try:
            state: Path | None = state_dir(os.environ, Path.home())
        except StateUnavailable as error:
            state = None
            self.send(Said(Severity.WARNING, str(error)))
        return Surroundings(
            encoding, state, dict(os.environ), Path.home(), FootprintBook(state), InterpreterBook()
        )

    def _ask(self, number: int, question: Any) -> None:
        cancel = self._asked[number] = Cancel()

        def answered(answer: object) -> None:
            self._asked.pop(number, None)
            self.send(Answered(number, answer))

        def refused(reason: str) -> None:
            self._asked.pop(number, None)
            self.send(Refused(number, reason))

        reply = Reply(answered, refused, cancel)
        self._quick.submit(self._answer, question, reply)

    def _answer(self, question: Any, reply: Reply) -> None:
        if self._desk is None:
            reply.refuse("The host was not greeted.")
            return
        try:
            self._desk.answer(question, reply)
        except CanNotAnswer as reason:
            reply.refuse(str(reason))
        except Exception as error:
            self.send(Said(Severity.ERROR, traceback.format_exc(), shown=False))
            reply.refuse(f"Something went wrong ({type(error).__name__}: {error}); the log has the details.")
