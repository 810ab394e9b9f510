"""Work of the host as progress in the editor: begun by us, cancellable, and not shown for what is over at once."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from macrohard_lsp.host.client.events import WorkBegan, WorkEnded, WorkReported

if TYPE_CHECKING:
    from macrohard_lsp.server.server import MacrohardServer

PATIENCE_SECONDS = 0.3
CREATE_SECONDS = 10.0
"""How long a client may take to create a progress before it goes without."""


@dataclass(slots=True)
class _Shown:
    title: str
    message: str = ""
    begun: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class ProgressBoard:
    """Used on the event loop only. The token is the work's id, so that cancelling it names the work."""

    def __init__(self, server: "MacrohardServer") -> None:
        self._server = server
        self._shown: dict[str, _Shown] = {}

    def began(self, event: WorkBegan) -> None:
        if self._server.abilities.work_done_progress:
            shown = self._shown[event.work] = _Shown(event.title)
            self._server.start_task(self._show(event.work, shown))

    def reported(self, event: WorkReported) -> None:
        shown = self._shown.get(event.work)
        if shown is None:
            return
        shown.message = event.message
        if shown.begun:
            report = types.WorkDoneProgressReport(message=event.message, cancellable=True)
            self._server.work_done_progress.report(event.work, report)

    def ended(self, event: WorkEnded) -> None:
        if (shown := self._shown.pop(event.work, None)) is not None:
            shown.message = event.message
            shown.ended.set()

    def all_ended(self) -> None:
        """The host is gone, and its work with it."""
        for work in tuple(self._shown):
            self.ended(WorkEnded(work, "Stopped."))

    async def _show(self, work: str, shown: _Shown) -> None:
        progress = self._server.work_done_progress
        try:
            await asyncio.wait_for(shown.ended.wait(), PATIENCE_SECONDS)
            return
        except TimeoutError:
            pass
        try:
            created = cast(Awaitable[Any], progress.create_async(work))  # pyright: ignore[reportUnknownMemberType]
            await asyncio.wait_for(created, CREATE_SECONDS)
        except (TimeoutError, JsonRpcException):
            # A client that can't after all: the work goes on without being shown.
            return
        try:
            begin = types.WorkDoneProgressBegin(
                title=f"Macrohard: {shown.title}", message=shown.message or None, cancellable=True
            )
            progress.begin(work, begin)
            shown.begun = True
            await shown.ended.wait()
            progress.end(work, types.WorkDoneProgressEnd(message=shown.message or None))
        finally:
            cast(dict[Any, Any], progress.tokens).pop(work, None)  # pyright: ignore[reportUnknownMemberType]
