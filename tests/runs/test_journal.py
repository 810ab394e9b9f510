"""What is written is read back; Runs are listed, found by the beginning of their id, and expire."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.events import Progress, RunFinished, RunStarted, StageStarted, TestEnded
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.runs.journal import Journal, UnknownRun
from macrohard_lsp.runs.record import RunState
from macrohard_lsp.runs.recorder import MAX_EVENT_BYTES, RunRecorder, start_run
from macrohard_lsp.runs.storage import JournalUnavailable

DAY = 24 * 3600.0


def started(path: Path, kind: str = "test") -> RunRecorder:
    recorder = start_run(path, kind, "/somewhere", {"ids": ["a::b"]})
    assert recorder.problem is None
    return recorder


def finished(path: Path, message: str = "done") -> str:
    recorder = started(path)
    recorder.finish("passed", message, Spent(seconds=1.5))
    assert recorder.run_id
    return recorder.run_id


def age(path: Path, run_id: str, seconds: float) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET started_at = started_at - ? WHERE id = ?", (seconds, run_id))


def test_a_run_is_in_the_journal_before_anything_happens_in_it(journal_path: Path) -> None:
    recorder = started(journal_path)
    with Journal.open(journal_path) as journal:
        (record,) = journal.recent()
        assert record.id == recorder.run_id
        assert record.state is RunState.RUNNING
        assert [event.name for event in journal.show(record.id).events] == ["RunStarted"]


def test_every_event_comes_back_in_its_order(journal_path: Path) -> None:
    recorder = started(journal_path, "fix")
    recorder.record(RunStarted("fix", "/somewhere"))  # The engine says so too; it is written once.
    recorder.record(StageStarted("baseline", "running the tests"))
    recorder.record(TestEnded(TestResult("t.py::a", Outcome.FAILED, message="assert 1 == 2")))
    recorder.record(Progress("search", 3, 10))
    recorder.finish("no-fix", "nothing found", Spent(seconds=2.0, cpu_seconds=3.0))
    with Journal.open(journal_path) as journal:
        record = journal.show(str(recorder.run_id))
    names = ["RunStarted", "StageStarted", "TestEnded", "Progress", "RunFinished"]
    assert [event.name for event in record.events] == names
    assert record.events[2].body["result"]["message"] == "assert 1 == 2"
    assert (record.state, record.status, record.message) == (RunState.FINISHED, "no-fix", "nothing found")
    assert record.spent == Spent(seconds=2.0, cpu_seconds=3.0)
    assert record.request == {"ids": ["a::b"]}
    assert record.finished_at is not None and record.finished_at >= record.started_at


def test_the_first_end_counts(journal_path: Path) -> None:
    recorder = started(journal_path)
    recorder.record(RunFinished("passed", "the engine's word", Spent()))
    recorder.finish("error", "a later word")
    with Journal.open(journal_path) as journal:
        assert journal.recent()[0].status == "passed"


def test_an_important_event_is_committed_on_return_and_takes_the_waiting_ones_along(
    journal_path: Path,
) -> None:
    recorder = started(journal_path)
    recorder.record(Progress("search", 1, None))
    recorder.record(StageStarted("prove", ""))
    with sqlite3.connect(journal_path) as other:
        assert other.execute("SELECT count(*) FROM events").fetchone() == (3,)


def test_a_flooding_event_waits_but_not_for_long(journal_path: Path) -> None:
    recorder = started(journal_path)
    recorder.record(Progress("search", 1, None))
    deadline = time.monotonic() + 5
    with sqlite3.connect(journal_path, isolation_level=None) as other:
        while other.execute("SELECT count(*) FROM events").fetchone() != (2,):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_many_threads_write_to_one_run(journal_path: Path) -> None:
    recorder = started(journal_path)
    events = [Progress("search", number, None) for number in range(100)]
    threads = [
        threading.Thread(target=lambda: [recorder.record(event) for event in events]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.finish("passed", "")
    with Journal.open(journal_path) as journal:
        events_seen = journal.show(str(recorder.run_id)).events
    assert [event.sequence for event in events_seen] == list(range(402))


def test_an_event_too_large_is_named_but_not_kept(journal_path: Path) -> None:
    recorder = started(journal_path)
    recorder.record(StageStarted("baseline", "x" * (MAX_EVENT_BYTES + 1)))
    recorder.finish("passed", "")
    with Journal.open(journal_path) as journal:
        event = journal.show(str(recorder.run_id)).events[1]
    assert event.name == "StageStarted"
    assert event.body["left_out_bytes"] > MAX_EVENT_BYTES


def test_secrets_are_masked_wherever_they_come_from(journal_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    recorder = start_run(journal_path, "test", "/w", {"ids": [f"t::{secret}"]})
    recorder.record(StageStarted("baseline", f"token {secret}"))
    assert not recorder.attach("patch", f"+TOKEN = '{secret}'\n")
    assert recorder.attach("plain", "+x = 1\n")
    recorder.finish("passed", f"seen {secret}")
    stored = b"".join(part.read_bytes() for part in journal_path.parent.iterdir())
    assert secret.encode() not in stored
    with Journal.open(journal_path) as journal:
        assert dict(journal.show(str(recorder.run_id)).attachments)["plain"] == "+x = 1\n"


def test_a_run_is_found_by_the_beginning_of_its_id(journal_path: Path) -> None:
    run_id = finished(journal_path)
    with Journal.open(journal_path) as journal:
        assert journal.show(run_id[:7].upper()).id == run_id
        for wrong in ("", "%", "zzzzzzzz", "____"):
            with pytest.raises(UnknownRun, match="no run begins"):
                journal.show(wrong)
    finished(journal_path)
    with Journal.open(journal_path) as journal, pytest.raises(UnknownRun, match="more than one"):
        journal.show(run_id[:1])


def test_the_newest_come_first(journal_path: Path) -> None:
    ids = [finished(journal_path) for _ in range(5)]
    assert len(set(ids)) == 5
    with Journal.open(journal_path) as journal:
        assert [record.id for record in journal.recent()] == sorted(ids, reverse=True)
        assert [record.id for record in journal.recent(2)] == sorted(ids, reverse=True)[:2]


def test_prune_by_age_and_by_number(journal_path: Path) -> None:
    ids = [finished(journal_path) for _ in range(6)]
    age(journal_path, ids[0], 40 * DAY)
    with Journal.open(journal_path) as journal:
        assert journal.prune(older_than=30 * DAY) == 1
        assert journal.prune(keep=2) == 3
        assert {record.id for record in journal.recent()} == set(ids[4:])
    with sqlite3.connect(journal_path) as connection:
        left = {row[0] for row in connection.execute("SELECT DISTINCT run_id FROM events")}
    assert left == set(ids[4:])


def test_prune_by_size_deletes_the_oldest_and_gives_the_room_back(journal_path: Path) -> None:
    ids: list[str] = []
    for _ in range(10):
        recorder = started(journal_path)
        recorder.record(StageStarted("baseline", "x" * 200_000))
        recorder.finish("passed", "")
        ids.append(str(recorder.run_id))
    before = journal_path.stat().st_size
    with Journal.open(journal_path) as journal:
        assert journal.prune(max_bytes=1_000_000) >= 5
        assert journal.used_bytes() <= 1_000_000
        kept = [record.id for record in journal.recent()]
    assert kept == sorted(ids, reverse=True)[: len(kept)]
    assert 0 < len(kept) < 6
    assert journal_path.stat().st_size < before / 1.5


def test_a_run_still_running_is_never_pruned(journal_path: Path) -> None:
    recorder = started(journal_path)
    age(journal_path, str(recorder.run_id), 400 * DAY)
    with Journal.open(journal_path) as journal:
        assert journal.prune(older_than=1, keep=0, max_bytes=0) == 0
        assert len(journal.recent()) == 1


def test_starting_a_run_expires_old_ones(journal_path: Path) -> None:
    old = finished(journal_path)
    age(journal_path, old, 31 * DAY)
    new = finished(journal_path)
    with Journal.open(journal_path) as journal:
        assert [record.id for record in journal.recent()] == [new]


def test_a_journal_of_a_later_version_is_left_alone(journal_path: Path) -> None:
    finished(journal_path)
    with sqlite3.connect(journal_path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalUnavailable, match="newer macrohard-lsp"):
        Journal.open(journal_path)
    assert "goes on without" in str(start_run(journal_path, "test", "/w", {}).problem)
