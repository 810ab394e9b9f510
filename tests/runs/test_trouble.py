"""Killed writers, several writers, damaged files, full and read-only disks: the main job goes on."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from macrohard_lsp.core.events import StageStarted
from macrohard_lsp.runs.journal import Journal
from macrohard_lsp.runs.record import RunState
from macrohard_lsp.runs.recorder import start_run

Start = Callable[..., "subprocess.Popen[str]"]

WRITER = """
import sys, time
from pathlib import Path
from macrohard_lsp.core.events import Progress, StageStarted
from macrohard_lsp.runs.recorder import start_run
recorder = start_run(Path(sys.argv[1]), "fix", "/w", {})
for number in range(int(sys.argv[2])):
    recorder.record(StageStarted("search", f"step {number}"))
    recorder.record(Progress("search", number, None))
print(recorder.run_id, recorder.problem, flush=True)
if "wait" in sys.argv:
    time.sleep(60)
recorder.finish("fixed", "done")
print(recorder.problem)
"""


def end(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_a_killed_run_is_told_from_a_running_one(journal_path: Path, start_python: Start) -> None:
    process = start_python(WRITER, journal_path, 3, "wait")
    assert process.stdout
    run_id = process.stdout.readline().split()[0]
    with Journal.open(journal_path) as journal:
        assert journal.show(run_id).state is RunState.RUNNING
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        record = journal.show(run_id)
    assert record.state is RunState.INTERRUPTED
    assert record.state_text == "interrupted (killed)"
    assert [event.body["message"] for event in record.events if event.name == "StageStarted"] == [
        "step 0",
        "step 1",
        "step 2",
    ]


def test_a_killed_but_unreaped_process_counts_as_gone(journal_path: Path, start_python: Start) -> None:
    process = start_python(WRITER, journal_path, 0, "wait")
    assert process.stdout
    run_id = process.stdout.readline().split()[0]
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # It has ended, and stays a zombie.
    with Journal.open(journal_path) as journal:
        assert journal.show(run_id).state is RunState.INTERRUPTED
    process.communicate(timeout=10)


def test_another_process_with_the_same_number_is_not_the_run(journal_path: Path) -> None:
    recorder = start_run(journal_path, "test", "/w", {})
    with sqlite3.connect(journal_path) as connection:
        connection.execute("UPDATE runs SET process_started = '1'")
    with Journal.open(journal_path) as journal:
        assert journal.show(str(recorder.run_id)).state is RunState.INTERRUPTED


@pytest.mark.parametrize("column", ["boot", "namespace"])
def test_other_boots_are_over_and_other_containers_unknown(journal_path: Path, column: str) -> None:
    recorder = start_run(journal_path, "test", "/w", {})
    with sqlite3.connect(journal_path) as connection:
        connection.execute(f"UPDATE runs SET {column} = 'other'")
    with Journal.open(journal_path) as journal:
        state = journal.show(str(recorder.run_id)).state
    assert state is (RunState.INTERRUPTED if column == "boot" else RunState.UNKNOWN)


def test_processes_write_at_once_to_a_journal_none_of_them_made(
    journal_path: Path, start_python: Start
) -> None:
    processes = [start_python(WRITER, journal_path, 60) for _ in range(3)]
    for process in processes:
        lines = end(process).split()
        assert lines[1:] == ["None", "None"]
    with Journal.open(journal_path) as journal:
        assert len(journal.recent()) == 3
        for record in journal.recent():
            assert len(journal.show(record.id).events) == 122
            assert record.status == "fixed"


def scribble_header(data: bytes) -> bytes:
    return b"not a database at all\n" * 400


def scribble_pages(data: bytes) -> bytes:
    return data[:4096] + b"\xff" * (len(data) - 4096)


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize("damage", [scribble_header, scribble_pages, cut])
def test_a_damaged_journal_is_kept_and_a_new_one_begun(
    journal_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    recorder = start_run(journal_path, "test", "/w", {})
    recorder.record(StageStarted("x", "y" * 20_000))
    recorder.finish("passed", "")
    damaged = damage(journal_path.read_bytes())
    journal_path.write_bytes(damaged)
    recorder = start_run(journal_path, "test", "/w", {})
    assert recorder.problem is None
    (note,) = recorder.notes
    (kept,) = journal_path.parent.glob("*.damaged-*[0-9]")
    assert str(kept) in note
    assert kept.read_bytes() == damaged
    recorder.finish("passed", "")
    with Journal.open(journal_path) as journal:
        assert [record.id for record in journal.recent()] == [recorder.run_id]


def test_two_processes_find_the_damage_and_one_new_journal_comes_of_it(
    journal_path: Path, start_python: Start
) -> None:
    journal_path.write_bytes(scribble_header(b""))
    processes = [start_python(WRITER, journal_path, 5) for _ in range(3)]
    assert [end(process).split()[1:] for process in processes] == [["None", "None"]] * 3
    assert len(list(journal_path.parent.glob("*.damaged-*"))) == 1
    with Journal.open(journal_path) as journal:
        assert len(journal.recent()) == 3


def test_no_directory_to_be_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "journal", tmp_path / "missing" / "journal", None):
        recorder = start_run(path, "test", "/w", {})
        recorder.record(StageStarted("x", ""))
        recorder.finish("passed", "")
        assert recorder.run_id is None
        assert recorder.problem in recorder.notes


def test_a_read_only_disk(journal_path: Path, start_python: Start, bwrap: str) -> None:
    state = str(journal_path.parent)
    for exists in (False, True):
        if exists:
            start_run(journal_path, "test", "/w", {}).finish("passed", "")
        mount = (bwrap, "--bind", "/", "/", "--dev", "/dev", "--ro-bind", state, state)
        out = end(start_python(WRITER, journal_path, 5, before=mount))
        assert "can't be written" in out
        assert "goes on without being recorded" in out


def test_a_disk_that_fills_up_in_the_middle(journal_path: Path, start_python: Start, bwrap: str) -> None:
    state = str(journal_path.parent)
    mount = (bwrap, "--bind", "/", "/", "--dev", "/dev", "--size", "300000", "--tmpfs", state)
    out = end(start_python(WRITER, journal_path, 500, before=mount))
    assert "the disk is full; make room" in out
