"""The way to the host: starts it, keeps it told of folders and buffers, and starts it again when it dies."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from macrohard_lsp.core.text import PositionEncoding
from macrohard_lsp.host.client.connection import HostConnection, HostGone
from macrohard_lsp.host.client.events import Event
from macrohard_lsp.host.client.messages import (
    Buffer,
    FilesChanged,
    Greet,
    Interrupt,
    Question,
    RemoveFolder,
    SetFolder,
    SyncBuffers,
)
from macrohard_lsp.server.documents import DocumentStore
from macrohard_lsp.server.places import Folders

_log = logging.getLogger(__name__)

SYNC_SECONDS = 0.15
"""How long a changed document waits for the next key before the host is told; a question doesn't wait."""
INTRODUCTION_SECONDS = 10.0
MOST_STARTS = 4
STARTS_WITHIN_SECONDS = 300.0


class Bridge:
    """Used on the event loop only. `on_gone` gets a sentence when the host died, None when it is back."""

    def __init__(
        self,
        documents: DocumentStore,
        folders: Folders,
        encoding: PositionEncoding,
        on_event: Callable[[Event], None],
        on_gone: Callable[[str], None],
    ) -> None:
        self._documents = documents
        self._folders = folders
        self._encoding = encoding
        self._on_event = on_event
        self._on_gone = on_gone
        self._host: HostConnection | None = None
        self._starting = asyncio.Lock()
        self._introduced = asyncio.Event()
        self._set: dict[str, SetFolder] = {}
        self._dirty: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._starts: list[float] = []
        self._closed = False

    @property
    def host_pid(self) -> int | None:
        return self._host.pid if self._host is not None else None

    async def set_folder(self, order: SetFolder) -> None:
        """A folder is there, or is configured otherwise. Starts the host with the first one."""
        host = await self._running()
        if order.folder not in self._folders:
            return
        known = order.folder in self._set
        # Only now: a host that was just started has been told of every folder in there, and told of this one
        # twice it would say twice what is wrong with its settings.
        self._set[order.folder] = order
        if host is None:
            return
        host.tell(order)
        if not known:
            self._tell_all_buffers(host, order.folder)

    def introduced(self) -> None:
        """The host knows the folders that were there to begin with."""
        self._introduced.set()

    def remove_folder(self, folder: str) -> None:
        if self._set.pop(folder, None) is not None and self._host is not None:
            self._host.tell(RemoveFolder(folder))

    def changed(self, uri: str) -> None:
        """A document was opened, changed or closed."""
        self._dirty.add(uri)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(SYNC_SECONDS, self.flush)

    def flush(self) -> None:
        """Tell the host of every document that changed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        dirty, self._dirty = self._dirty, set()
        by_folder: dict[str, dict[str, Buffer | None]] = {}
        for uri in dirty:
            place, document = self._folders.place(uri), self._documents.get(uri)
            if place is not None:
                buffer = Buffer(document.version, document.text) if document is not None else None
                by_folder.setdefault(place.folder, {})[place.path] = buffer
        for folder, buffers in by_folder.items():
            if self._host is not None and folder in self._set:
                self._host.tell(SyncBuffers(folder, buffers))

    def files_changed(self, uris: Iterable[str]) -> None:
        """Files were saved, or changed on disk."""
        self.flush()
        by_folder: dict[str, list[str]] = {}
        for uri in uris:
            if (place := self._folders.place(uri)) is not None:
                by_folder.setdefault(place.folder, []).append(place.path)
        for folder, paths in by_folder.items():
            if self._host is not None and folder in self._set:
                self._host.tell(FilesChanged(folder, tuple(paths)))

    def interrupt(self, work: str | None) -> None:
        if self._host is not None:
            self._host.tell(Interrupt(work))

    async def ask(self, question: Question) -> Any:
        """The answer, about the documents as they are now. Raises HostRefused.

        What is asked before the client has said how its folders are configured waits for that.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._introduced.wait(), INTRODUCTION_SECONDS)
        host = await self._running()
        if host is None:
            raise HostGone("The process that runs tests keeps dying; the log says why. Restart the server.")
        self.flush()
        return await host.ask(question)

    async def close(self) -> None:
        self._closed = True
        if self._host is not None:
            await self._host.close()
            self._host = None

    def kill(self) -> None:
        """At once, where nobody waits."""
        self._closed = True
        if self._host is not None:
            self._host.kill()

    async def _running(self) -> HostConnection | None:
        """The host, started if need be; None if it died too often."""
        async with self._starting:
            if self._host is None and not self._closed and self._may_start():
                self._host = host = await HostConnection.start(self._on_event, self._gone)
                host.tell(Greet(self._encoding))
                for order in self._set.values():
                    host.tell(order)
                    self._tell_all_buffers(host, order.folder)
            return self._host

    def _may_start(self) -> bool:
        now = time.monotonic()
        self._starts = [at for at in self._starts if now - at < STARTS_WITHIN_SECONDS]
        if len(self._starts) >= MOST_STARTS:
            return False
        self._starts.append(now)
        return True

    def _tell_all_buffers(self, host: HostConnection, folder: str) -> None:
        buffers: dict[str, Buffer | None] = {}
        for document in self._documents:
            place = self._folders.place(document.uri)
            if place is not None and place.folder == folder:
                buffers[place.path] = Buffer(document.version, document.text)
        if buffers:
            host.tell(SyncBuffers(folder, buffers))

    def _gone(self) -> None:
        self._host = None
        _log.error("the host ended without being told to")
        self._on_gone("The process that runs tests has died; it is started again with the next request.")
