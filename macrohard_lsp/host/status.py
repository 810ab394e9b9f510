"""How a folder is doing, in the few words that fit a status line."""

import threading
from dataclasses import replace

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.host.client.events import StatusChanged
from macrohard_lsp.host.client.messages import FolderStatus
from macrohard_lsp.host.surroundings import Send

IDLE, BUSY = "idle", "busy"


class StatusBoard:
    """The status of one folder; tells the server whenever it changes. Safe from several threads."""

    def __init__(self, folder: str, send: Send) -> None:
        self._send = send
        self._lock = threading.Lock()
        self.current = FolderStatus(folder, None, None, False, IDLE, "", None)

    def busy(self, text: str) -> None:
        self._set(state=BUSY, text=text)

    def idle(self, text: str) -> None:
        self._set(state=IDLE, text=text)

    def works_in(self, workplace: Workplace, trusted: bool) -> None:
        pythons = (
            f"Python {interpreter.version_text} ({interpreter.choice.origin})"
            for _, interpreter in workplace.projects
        )
        commands = (suite.command.name for suite in workplace.commands.suites)
        found = ", ".join(dict.fromkeys((*pythons, *commands)))
        self._set(tier=workplace.tier, interpreter=found or None, trusted=trusted, problem=None)

    def problem(self, sentence: str | None, tier: Tier | None = None) -> None:
        self._set(problem=sentence, tier=tier or self.current.tier)

    def _set(self, **fields: object) -> None:
        with self._lock:
            changed = replace(self.current, **fields)  # pyright: ignore[reportArgumentType]
            if changed == self.current:
                return
            self.current = changed
        self._send(StatusChanged(changed))
