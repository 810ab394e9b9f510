"""What a Run reports while it works: written to the Journal, shown to people as progress."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePath
from typing import Any, cast

from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.finding import Finding
from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.core.tier import Tier


@dataclass(frozen=True, slots=True)
class RunStarted:
    """`kind` is the command (`test`, `fix`); `request` is what was asked, as plain JSON values."""

    kind: str
    folder: str
    request: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage of the pipeline begins: `snapshot`, `environment`, `baseline`, `localise`, `search`, `prove`."""

    stage: str
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is None where it isn't known."""

    stage: str
    done: int
    total: int | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class MachineOpened:
    """`protections` are short names of what really isolates this Machine, for `runs show`."""

    tier: Tier
    protections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestEnded:
    __test__ = False

    result: TestResult


@dataclass(frozen=True, slots=True)
class FindingFound:
    finding: Finding


@dataclass(frozen=True, slots=True)
class ProposalFound:
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class RunFinished:
    """`status` is the command's own word for how it ended (`fixed`, `no-fix`, `cancelled`, `error` …)."""

    status: str
    message: str
    spent: Spent


RunEvent = (
    RunStarted
    | StageStarted
    | Progress
    | MachineOpened
    | TestEnded
    | FindingFound
    | ProposalFound
    | RunFinished
)


def event_to_json(event: RunEvent) -> dict[str, Any]:
    """The event as plain JSON values, with `event` naming its type."""
    fields = {item.name: _plain(getattr(event, item.name)) for item in dataclasses.fields(event)}
    return {"event": type(event).__name__, **fields}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, (tuple, list, frozenset, set)):
        return [_plain(item) for item in cast(Iterable[Any], value)]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in cast(dict[Any, Any], value).items()}
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else _text_of_path(value)


def _text_of_path(value: Any) -> Any:
    return str(value) if isinstance(value, PurePath) else value
