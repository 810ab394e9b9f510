"""What is proven at once, what waits, and for how long."""

from types import SimpleNamespace

from pathlib import Path

import pytest

from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.task import RepairTask, Survivor
from macrohard_lsp.repair.waiting import PARTIAL_MARGIN, WaitingRoom

# Line 1 is run by both failing tests, line 2 by the first alone, line 3 by the second alone.
COVERAGE = {"t::a": {"m.py": frozenset({1, 2})}, "t::b": {"m.py": frozenset({1, 3})}}


def survivor(line, fixes, cost=1.0):
    candidate = Candidate("m.py", (), "kind", cost, line, "f", f"edit line {line}")
    return Survivor(candidate, tuple(fixes), cost)


@pytest.fixture
def room():
    failing = {name: TestResult(name, Outcome.FAILED) for name in COVERAGE}
    choice = InterpreterChoice(Path("python"), "here", ())
    interpreter = Interpreter(choice, (3, 11, 0), "cpython", "9.0.0")
    snapshot, project = Snapshot(Path("/workspace"), {}), Project("", choice)
    task = RepairTask(snapshot, project, interpreter, failing, {}, (), (), COVERAGE, {}, ())
    return WaitingRoom(task)


def test_what_repairs_every_failing_test_that_runs_its_line_is_proven_at_once(room):
    whole, own = survivor(1, ["t::a", "t::b"]), survivor(2, ["t::a"])
    room.admit([own, whole])
    assert [room.call(1.0), room.call(1.0), room.call(1.0)] == [whole, own, None]


def test_what_repairs_only_some_waits_for_something_better(room):
    part = survivor(1, ["t::a"], cost=2.0)
    room.admit([part])
    assert room.call(2.0) is None
    assert room.call(2.0 + PARTIAL_MARGIN) is part


def test_a_whole_repair_comes_before_a_cheaper_part(room):
    part, whole = survivor(1, ["t::a"], cost=0.1), survivor(1, ["t::a", "t::b"], cost=4.0)
    room.admit([part, whole])
    assert room.call(10.0) is whole


def test_what_repairs_nothing_new_is_forgotten(room):
    part = survivor(1, ["t::a"])
    room.admit([part, survivor(3, ["t::b"])])
    room.settle(["t::a"])
    assert room.call(100.0).fixes == ("t::b",)
    assert room.call(100.0) is None


def test_a_part_is_whole_once_the_rest_is_repaired(room):
    part = survivor(1, ["t::a"])
    room.admit([part])
    room.settle(["t::b"])
    assert room.call(1.0) is part
