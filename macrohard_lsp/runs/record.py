"""Runs as they are read back from the Journal, and the ids they go by."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from macrohard_lsp.core.budget import Spent

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that is mistaken for a digit, and the alphabet sorts as the numbers do."""
_ID_LENGTH = 8
_EPOCH_MS = 1_735_689_600_000
"""2025-01-01 UTC: 40 bits of milliseconds from there last until 2059."""


class RunState(StrEnum):
    """`INTERRUPTED`: the process ended without a last word, for example by SIGKILL.

    `UNKNOWN`: it was started in another container of this machine, which can't be looked into from here.
    """

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event. `at` is seconds since 1970; `body` is what `event_to_json` made of it, secrets masked."""

    sequence: int
    at: float
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.body.get("event", ""))


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One Run. Times are seconds since 1970. `status` and `message` are those of its end, empty before.

    `events` and `attachments` (texts by name) are filled by `Journal.show` only.
    """

    id: str
    kind: str
    folder: str
    request: Mapping[str, Any]
    pid: int
    state: RunState
    started_at: float
    finished_at: float | None
    status: str
    message: str
    spent: Spent | None
    events: tuple[StoredEvent, ...] = ()
    attachments: tuple[tuple[str, str], ...] = ()

    @property
    def state_text(self) -> str:
        """The state in words for a person; for a finished Run, its own word for how it ended."""
        if self.state is RunState.FINISHED:
            return self.status
        if self.state is RunState.INTERRUPTED:
            return "interrupted (killed)"
        if self.state is RunState.UNKNOWN:
            return "unknown (started in another container)"
        return "running"


def run_id_at(milliseconds: int) -> str:
    """The id of a Run started `milliseconds` after 1970: 8 characters that sort by time."""
    number = (milliseconds - _EPOCH_MS) & ((1 << 5 * _ID_LENGTH) - 1)
    digits = [_DIGITS[(number >> shift) & 31] for shift in range(5 * (_ID_LENGTH - 1), -1, -5)]
    return "".join(digits)
