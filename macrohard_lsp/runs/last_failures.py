"""What the journal says failed last."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from macrohard_lsp.runs.journal import Journal, UnknownRun
from macrohard_lsp.runs.record import RunRecord, RunState
from macrohard_lsp.runs.storage import JournalUnavailable

MOST_RUNS = 30
"""Of the folder, looked at from the newest back; further back than that nobody knows."""
MOST_LISTED = 300
_BROKEN = ("failed", "error")


def last_failures(journal_path: Path, folder: Path) -> tuple[str, ...] | None:
    """Ids of the tests that failed when they last ran; None where no run of the whole suite is known.

    The newest whole run says what failed; the runs of single tests since then say what became of those.
    `folder` has its links resolved. A journal that can't be read knows nothing.
    """
    if not journal_path.is_file():
        return None
    try:
        with Journal.open(journal_path) as journal:
            return _failures(journal, str(folder))
    except (JournalUnavailable, UnknownRun):
        return None


def _failures(journal: Journal, folder: str) -> tuple[str, ...] | None:
    newer: list[Mapping[str, bool]] = []
    ended = [
        record
        for record in journal.recent(MOST_LISTED)
        if record.folder == folder and record.state is RunState.FINISHED and record.kind in ("test", "fix")
    ]
    for record in ended[:MOST_RUNS]:
        broke = _outcomes(journal.show(record.id))
        if _is_whole(record) and broke:
            return _names_of(
                {name: value for run in (broke, *reversed(newer)) for name, value in run.items()}
            )
        newer.append(broke)
    return None


def _is_whole(record: RunRecord) -> bool:
    """A repair runs the whole suite first, whatever it was asked to repair."""
    if record.kind == "fix":
        return record.status not in ("error", "cancelled")
    return not record.request.get("ids") and record.status in ("passed", "failed")


def _outcomes(record: RunRecord) -> dict[str, bool]:
    """By id, whether a test broke."""
    broke: dict[str, bool] = {}
    for event in record.events:
        result = event.body.get("result")
        if event.name == "TestEnded" and isinstance(result, dict):
            fields = cast(dict[str, Any], result)
            broke[str(fields.get("id", ""))] = fields.get("outcome") in _BROKEN
    return broke


def _names_of(broke: Mapping[str, bool]) -> tuple[str, ...]:
    names: Iterable[str] = (name for name, value in broke.items() if value and name)
    return tuple(names)
