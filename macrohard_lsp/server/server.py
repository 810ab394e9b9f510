"""The server's state: one owner, on the event loop. Handlers get it as `ls`."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from lsprotocol import types
from pygls.exceptions import FeatureNotificationError, JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer

from macrohard_lsp import __version__
from macrohard_lsp.core.finding import Severity
from macrohard_lsp.core.text import PositionEncoding
from macrohard_lsp.host.client.connection import HostRefused
from macrohard_lsp.host.client.messages import DocumentDescription
from macrohard_lsp.server.abilities import Abilities
from macrohard_lsp.server.board import Board
from macrohard_lsp.server.bridge import Bridge
from macrohard_lsp.server.documents import DocumentStore
from macrohard_lsp.server.places import Folders
from macrohard_lsp.server.progress import ProgressBoard
from macrohard_lsp.server.protocol import Protocol
from macrohard_lsp.server.to_lsp import message_type_of

_log = logging.getLogger(__name__)


class MacrohardServer(LanguageServer):
    """What is `None` before `initialize` is set by its handler; no other request comes before it."""

    abilities: Abilities
    board: Board
    bridge: Bridge
    work: ProgressBoard
    encoding: PositionEncoding

    def __init__(self) -> None:
        super().__init__("macrohard-lsp", __version__, protocol_cls=Protocol, max_workers=2)  # pyright: ignore[reportUnknownMemberType]
        self.documents = DocumentStore()
        self.folders = Folders()
        self.given_settings: object = None
        self.given_trust: bool | None = None
        self.wants_status = False
        self.lenses: dict[str, bool] = {}
        self.descriptions: dict[str, tuple[int, DocumentDescription]] = {}
        self.published: set[str] = set()
        self.reported: set[str] = set()
        self.asked_trust: set[str] = set()
        self.ended_in_order = False
        self._tasks: set[asyncio.Task[None]] = set()

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the handlers. It is kept alive, and what it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def say(self, severity: Severity, text: str, *, shown: bool = True) -> None:
        """A sentence for a person, in a message or in the log."""
        kind = message_type_of(severity)
        if shown:
            self.window_show_message(types.ShowMessageParams(kind, text))
        self.window_log_message(types.LogMessageParams(kind, text))

    def report_server_error(
        self, error: Exception, source: type[PyglsError] | type[JsonRpcException]
    ) -> None:
        """Log only: telling the client of an error in telling the client would go on for ever."""
        if isinstance(error.__cause__, HostRefused):
            _log.info("refused: %s", error)
            return
        level = logging.ERROR if source is FeatureNotificationError else logging.WARNING
        _log.log(level, "%s: %s", source.__name__, error, exc_info=error)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a task failed", exc_info=error)
