"""Executors: the same answers inline and in worker processes, and no process left behind."""

import math
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.execution.executor import Executor, InlineExecutor, LocalExecutor, open_executor
from macrohard_lsp.execution.units import Done, Raised, Result, Stopped, TimedOut, WorkerLost, WorkUnit

GONE_SECONDS = 2.0


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of entry points that workers can import because this process can."""
    (tmp_path / "some_work.py").write_text(
        textwrap.dedent(
            """
            import os, signal, subprocess, sys, time

            def double(number):
                return number * 2

            def noisy(number):
                print("to stdout"); os.write(1, b"raw"); input_is_empty = sys.stdin.read() == ""
                return number if input_is_empty else None

            def fail(text):
                raise ValueError(text)

            def leave(code):
                sys.exit(code)

            def die(how):
                os.kill(os.getpid(), how)

            def vanish(code):
                os._exit(code)

            def sleep(seconds):
                time.sleep(seconds); return seconds

            def with_child(path):
                child = subprocess.Popen(["sleep", "600"])
                with open(path, "w") as file:
                    file.write(str(child.pid))
                time.sleep(600)

            def pid(_):
                return os.getpid()

            def unpicklable(_):
                return lambda: None

            def big(size):
                return b"x" * size

            class Odd:
                def __reduce__(self):
                    return fail, ("cannot be rebuilt",)

            def odd(_):
                return Odd()
            """
        )
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return "some_work"


@pytest.fixture(params=["inline", "local"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with open_executor(1 if request.param == "inline" else 2) as opened:
        assert isinstance(opened, InlineExecutor if request.param == "inline" else LocalExecutor)
        yield opened


@pytest.fixture
def local() -> Iterator[LocalExecutor]:
    with LocalExecutor(2) as opened:
        yield opened


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_until_gone(pids: list[int]) -> list[int]:
    deadline = time.monotonic() + GONE_SECONDS
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def values(results: Iterator[Result]) -> list[object]:
    return [result.value if isinstance(result, Done) else result for result in results]


def test_results_come_in_order(executor: Executor, work: str) -> None:
    units = (WorkUnit(f"{work}:double", number) for number in range(100))
    assert values(executor.map(units)) == [number * 2 for number in range(100)]


def test_no_units(executor: Executor) -> None:
    assert list(executor.map([])) == []


@pytest.mark.parametrize(
    ("entry", "payload", "said"),
    [
        ("some_work:fail", "so what", "ValueError: so what"),
        ("some_work:leave", 3, "SystemExit: 3"),
        ("some_work:missing", None, "AttributeError"),
        ("no_such_module:f", None, "ModuleNotFoundError"),
        ("nonsense", None, "not an entry point"),
        ("os:name", None, "can't be called"),
    ],
)
def test_a_unit_that_raises(executor: Executor, work: str, entry: str, payload: object, said: str) -> None:
    result = executor.submit(WorkUnit(entry, payload)).result()
    assert isinstance(result, Raised)
    assert said in result.error
    assert "Traceback (most recent call last)" in result.traceback
    assert values(executor.map([WorkUnit(f"{work}:double", 4)])) == [8]


def test_data_that_cannot_cross(local: LocalExecutor, work: str) -> None:
    entries = [("unpicklable", None), ("odd", None), ("double", threading.Lock()), ("double", 1)]
    first, second, third, last = local.map(WorkUnit(f"{work}:{entry}", payload) for entry, payload in entries)
    assert isinstance(first, Raised)
    assert isinstance(second, Raised)
    assert isinstance(third, Raised)
    assert (last.value if isinstance(last, Done) else None) == 2


def test_what_the_work_prints_does_not_reach_the_pipe(local: LocalExecutor, work: str) -> None:
    assert values(local.map([WorkUnit(f"{work}:noisy", number) for number in range(3)])) == [0, 1, 2]


def test_large_payloads_and_answers(local: LocalExecutor, work: str) -> None:
    size = 20_000_000
    assert values(local.map([WorkUnit(f"{work}:big", size)])) == [b"x" * size]
    assert values(local.map([WorkUnit(f"{work}:double", b"y" * size)])) == [b"y" * size * 2]


@pytest.mark.parametrize(
    ("entry", "payload", "said"),
    [
        ("die", signal.SIGSEGV, "signal 11"),
        ("die", signal.SIGKILL, "signal 9"),
        ("vanish", 7, "exit status 7"),
    ],
)
def test_a_lost_worker_takes_only_its_unit(
    local: LocalExecutor, work: str, entry: str, payload: int, said: str
) -> None:
    units = [WorkUnit(f"{work}:double", number) for number in range(20)]
    units.insert(5, WorkUnit(f"{work}:{entry}", payload))
    results = list(local.map(units))
    lost = results.pop(5)
    assert isinstance(lost, WorkerLost)
    assert said in lost.error
    assert values(iter(results)) == [number * 2 for number in range(20)]


def test_a_unit_over_its_deadline(local: LocalExecutor, work: str) -> None:
    units = [WorkUnit(f"{work}:sleep", 600, seconds=0.3), WorkUnit(f"{work}:double", 1)]
    first, second = local.map(units)
    assert first == TimedOut(0.3)
    assert isinstance(second, Done)


def test_a_stopped_worker_cannot_hold_up_a_large_payload(local: LocalExecutor, work: str) -> None:
    """The pipe fills, and only the deadline ends the wait."""
    worker = local.submit(WorkUnit(f"{work}:pid", None)).result()
    assert isinstance(worker, Done)
    os.kill(worker.value, signal.SIGSTOP)
    results = list(local.map([WorkUnit(f"{work}:double", b"x" * 5_000_000, seconds=1.0)] * 4))
    assert sum(isinstance(result, TimedOut) for result in results) == 1
    assert sum(isinstance(result, Done) for result in results) == 3


def test_cancel_kills_the_work_and_its_children(work: str, tmp_path: Path) -> None:
    cancel = Cancel()
    with LocalExecutor(2, cancel) as executor:
        note = tmp_path / "child"
        futures = [executor.submit(WorkUnit(f"{work}:with_child", str(note)))]
        futures += [executor.submit(WorkUnit(f"{work}:sleep", 600)) for _ in range(5)]
        deadline = time.monotonic() + 20
        while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        pids = [*executor.pids, int(note.read_text())]
        started = time.monotonic()
        cancel.set()
        assert [future.result(5) for future in futures] == [Stopped()] * 6
        assert time.monotonic() - started < GONE_SECONDS
        assert wait_until_gone(pids) == []
        assert executor.submit(WorkUnit(f"{work}:double", 1)).result() == Stopped()


def test_an_executor_of_a_cancelled_run_does_nothing(work: str) -> None:
    cancel = Cancel()
    cancel.set()
    for jobs in (1, 2):
        with open_executor(jobs, cancel) as executor:
            assert list(executor.map([WorkUnit(f"{work}:double", 1)])) == [Stopped()]


def test_closing_ends_every_process(work: str) -> None:
    executor = LocalExecutor(2)
    assert len(values(executor.map([WorkUnit(f"{work}:sleep", 0.2)] * 4))) == 4
    pids = list(executor.pids)
    assert len(pids) == 2
    executor.close()
    assert wait_until_gone(pids) == []
    assert executor.pids == ()


def test_workers_are_kept_and_each_has_its_own_process_group(local: LocalExecutor, work: str) -> None:
    pids = set(values(local.map([WorkUnit(f"{work}:pid", None)] * 10)))
    assert len(pids) <= 2
    for pid in pids:
        assert os.getpgid(pid) == pid != os.getpgrp()  # type: ignore[arg-type, call-overload]


def test_a_parent_killed_at_any_moment_leaves_nobody(work: str, tmp_path: Path) -> None:
    program = textwrap.dedent(
        f"""
        import sys
        sys.path[:0] = [{str(tmp_path)!r}, {str(Path.cwd())!r}]
        from macrohard_lsp.execution.executor import LocalExecutor
        from macrohard_lsp.execution.units import WorkUnit
        executor = LocalExecutor(2)
        busy = [executor.submit(WorkUnit("some_work:with_child", {str(tmp_path)!r} + f"/child{{n}}")) for n in (0, 1)]
        print("started", flush=True)
        busy[0].result()
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "started\n"
    notes = [tmp_path / "child0", tmp_path / "child1"]
    deadline = time.monotonic() + 30
    while not all(note.exists() and note.read_text() for note in notes) and time.monotonic() < deadline:
        time.sleep(0.02)
    children = [int(note.read_text()) for note in notes]
    workers = [
        int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1]) for child in children
    ]
    parent.kill()
    parent.wait(10)
    parent.stdout.close()
    assert wait_until_gone([*workers, *children]) == []


def test_the_index_entry_point_works_in_a_worker(local: LocalExecutor) -> None:
    unit = WorkUnit("macrohard_lsp.workspace.index:summarise_batch", [("a.py", "def f(): pass\n")])
    result = local.submit(unit).result()
    assert isinstance(result, Done), result
    assert result.value[0].definitions[0].name == "f"
    assert math.isfinite(result.cpu_seconds)


def test_at_least_one_job() -> None:
    with pytest.raises(ValueError, match="at least one"):
        LocalExecutor(0)
