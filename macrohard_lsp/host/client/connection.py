"""The server's end: starts a host, asks it, hears from it, and notices when it is gone."""

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Self

from macrohard_lsp.host.client.events import Event
from macrohard_lsp.host.client.framing import HEADER, framed, length_of, unframed
from macrohard_lsp.host.client.messages import (
    Answered,
    Asked,
    Order,
    Question,
    Refused,
    Withdrawn,
)

_log = logging.getLogger(__name__)

END_SECONDS = 3.0
"""How long a host may take to end its work and itself before it is killed."""


class HostRefused(Exception):
    """The host can't do what was asked. The text is a sentence for a person."""


class HostGone(HostRefused):
    """The host's process has ended."""


class HostConnection:
    """One host process. All methods are for the event loop's thread."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_event: Callable[[Event], None],
        on_gone: Callable[[], None],
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._on_event = on_event
        self._on_gone = on_gone
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._closing = False
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, on_event: Callable[[Event], None], on_gone: Callable[[], None]) -> Self:
        """Start a host. `on_gone` is called once if it ends without being told to."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "macrohard_lsp.host", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=2,
                process_group=0,
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        return cls(process, reader, writer, on_event, on_gone)

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, order: Order) -> None:
        """Send and forget; to a host that is gone this says nothing."""
        self._send(order)

    async def ask(self, question: Question) -> Any:
        """The answer. Raises HostRefused. Cancelling the caller stops what the host does for it."""
        if self._listening.done():
            raise HostGone(
                "The process that runs tests has ended; it is started again with the next request."
            )
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._send(Asked(number, question))
        try:
            return await future
        except asyncio.CancelledError:
            self._send(Withdrawn(number))
            raise
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        """End the host and wait until it is gone."""
        self._closing = True
        self._writer.close()
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(loop.run_in_executor(None, self._process.wait), END_SECONDS)
        self.kill()
        self._listening.cancel()

    def kill(self) -> None:
        """End the host's process group at once. What it started dies with it."""
        self._closing = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)

    def _send(self, message: object) -> None:
        if not self._writer.is_closing():
            self._writer.write(framed(message))

    async def _listen(self) -> None:
        try:
            while True:
                header = await self._reader.readexactly(HEADER.size)
                message = unframed(await self._reader.readexactly(length_of(header)))
                self._take(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._ended()

    def _take(self, message: Any) -> None:
        match message:
            case Answered(number, answer):
                if (future := self._waiting.get(number)) is not None and not future.done():
                    future.set_result(answer)
            case Refused(number, reason):
                if (future := self._waiting.get(number)) is not None and not future.done():
                    future.set_exception(HostRefused(reason))
            case _:
                try:
                    self._on_event(message)
                except Exception:
                    _log.exception("an event of the host was not understood")

    def _ended(self) -> None:
        self._writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(HostGone("The process that runs tests has ended; please try again."))
        if not self._closing:
            self._process.poll()
            self._on_gone()
