"""Runs of the journal in words for a person, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.plain_text import one_line, plural, seconds_text, visible
from macrohard_lsp.runs.record import RunRecord, RunState, StoredEvent

_GOOD = {"passed", "fixed", "nothing-failing"}
_BROKEN = {"failed", "error", "flaky"}
_LINE = 160


def text_of_list(records: Sequence[RunRecord], console: Console) -> str:
    """One line per Run, newest first."""
    if not records:
        return "No run is in the journal."
    return "\n".join(_row(record, console) for record in records)


def text_of_run(record: RunRecord, console: Console) -> str:
    """Everything about one Run. Tests that passed are counted, the others named; a Machine like one before is not."""
    return "\n".join(_lines(record, console))


def json_of_run(record: RunRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "kind": record.kind,
        "folder": record.folder,
        "request": dict(record.request),
        "pid": record.pid,
        "state": record.state.value,
        "status": record.status or None,
        "message": record.message,
        "started_at": _iso(record.started_at),
        "finished_at": None if record.finished_at is None else _iso(record.finished_at),
    }


def json_of_run_with_events(record: RunRecord) -> dict[str, Any]:
    return {
        **json_of_run(record),
        "events": [{"at": _iso(event.at), **event.body} for event in record.events],
        "attachments": dict(record.attachments),
    }


def _row(record: RunRecord, console: Console) -> str:
    when = datetime.fromtimestamp(record.started_at).strftime("%Y-%m-%d %H:%M:%S")
    took = seconds_text(record.finished_at - record.started_at) if record.finished_at else ""
    state = console.styled(f"{record.state_text:20}", _color(record))
    row = f"{record.id}  {when}  {record.kind:5} {state} {took:>8}  {one_line(record.folder, _LINE)}"
    return row.rstrip()


def _lines(record: RunRecord, console: Console) -> Iterator[str]:
    yield _row(record, console)
    asked = ", ".join(f"{name}: {value}" for name, value in record.request.items() if value)
    if asked:
        yield f"Asked for: {one_line(asked, 500)}"
    if record.message:
        yield visible(record.message)
    if record.state is RunState.INTERRUPTED:
        yield f"Its process ({record.pid}) is gone and wrote no last word; the last event is how far it got."
    yield ""
    passed, told = 0, set[str]()
    for event in record.events:
        if event.name == "TestEnded" and event.body["result"]["outcome"] not in _BROKEN:
            passed += 1
            continue
        words = _words(event)
        if not words or (event.name == "MachineOpened" and words in told):
            continue
        told.add(words)
        if passed:
            yield f"{'':>9}  {plural(passed, 'test')} without trouble"
            passed = 0
        yield f"{event.at - record.started_at:+8.1f}s  {words}"
    if passed:
        yield f"{'':>9}  {plural(passed, 'test')} without trouble"
    for name, text in record.attachments:
        yield f"\n{name}:\n{visible(text)}"


def _words(event: StoredEvent) -> str:
    """One event in a line; empty for what tells a reader nothing afterwards."""
    body = event.body
    if "left_out_bytes" in body:
        return f"{event.name} ({body['left_out_bytes']} bytes, too large to keep)"
    match event.name:
        case "StageStarted":
            words = f"{body['stage']}: {body['message']}"
        case "MachineOpened":
            words = f"machine: {body['tier']} ({', '.join(body['protections'])})"
        case "TestEnded":
            words = _test_words(body["result"])
        case "FindingFound":
            words = f"finding: {body['finding']['kind']}: {body['finding']['message']}"
        case "ProposalFound":
            words = f"proposal: {body['proposal']['title']}"
        case "RunFinished":
            words = f"end: {body['status']}"
        case _:
            return ""
    return one_line(words, _LINE)


def _test_words(result: Mapping[str, Any]) -> str:
    first = str(result["message"]).strip().partition("\n")[0]
    return f"{result['outcome']}: {result['id']} {first}"


def _color(record: RunRecord) -> str:
    if record.state is RunState.FINISHED:
        return "green" if record.status in _GOOD else "red"
    return "dim" if record.state is RunState.RUNNING else "yellow"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
