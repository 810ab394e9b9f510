"""What is proven at once, what waits, and for how long."""

from dataclasses import replace

import pytest

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.surroundings import Surroundings
from macrohard_lsp.repair.task import Survivor
from macrohard_lsp.repair.waiting import FUNCTION_MARGIN, LEFT_MARGIN, PARTIAL_MARGIN, WaitingRoom

PROGRAM = """def f():
    g(1)
    return 2


def g(n):
    if n:
        return 1
    return 2


def h():
    return 3
"""
# The function `f` is run by the first failing test alone, `g` by both, one line of it by each, and `h` by the second.
COVERAGE = {"t::a": {2, 3, 7, 8}, "t::b": {7, 9, 13}}
FUNCTIONS = {2: "f", 7: "g", 8: "g", 9: "g", 13: "h"}


def survivor(line, fixes, cost=1.0):
    candidate = Candidate("m.py", (), "kind", cost, line, FUNCTIONS[line], f"edit line {line}")
    return Survivor(candidate, tuple(fixes), cost)


@pytest.fixture
def room(task):
    asked = task("m.py", COVERAGE, {})
    return WaitingRoom(asked, Surroundings(asked, {"m.py": SourceContext("m.py", PROGRAM)}).failing)


def test_what_repairs_every_failing_test_that_runs_its_function_is_proven_at_once(room):
    whole, own = survivor(7, ["t::a", "t::b"]), survivor(2, ["t::a"])
    room.admit([own, whole])
    assert [room.call(1.0), room.call(1.0), room.call(1.0)] == [whole, own, None]


def test_nothing_is_proven_before_what_is_cheaper_was_tried(room):
    room.admit([whole := survivor(7, ["t::a", "t::b"], cost=2.0)])
    assert room.call(1.9) is None
    assert room.call(2.0) is whole


def test_what_repairs_only_some_waits_for_something_better(room):
    part = survivor(7, ["t::a"], cost=2.0)
    room.admit([part])
    assert room.call(2.0 + PARTIAL_MARGIN) is None
    # One of the two tests that run its function still fails.
    assert room.call(2.0 + PARTIAL_MARGIN + LEFT_MARGIN / 2) is part


def test_what_repairs_all_that_run_its_line_and_not_its_function_waits_less(room):
    part = survivor(8, ["t::a"], cost=2.0)
    room.admit([part])
    assert room.call(2.0 + FUNCTION_MARGIN) is None
    assert room.call(2.0 + FUNCTION_MARGIN + LEFT_MARGIN / 2) is part


def test_an_edit_of_several_lines_is_whole_when_it_repairs_all_that_run_one_of_them(room):
    pair = replace(survivor(8, ["t::a"]).candidate, more_lines=(9,))
    room.admit([Survivor(pair, ("t::a",), 1.0)])
    assert room.call(1.0 + FUNCTION_MARGIN) is None
    room.admit([whole := Survivor(pair, ("t::a", "t::b"), 5.0)])
    assert room.call(5.0) is whole


def test_a_whole_repair_comes_before_a_cheaper_part(room):
    part, whole = survivor(7, ["t::a"], cost=0.1), survivor(7, ["t::a", "t::b"], cost=4.0)
    room.admit([part, whole])
    assert room.call(10.0) is whole


def test_what_repairs_nothing_new_is_forgotten(room):
    part = survivor(7, ["t::a"])
    room.admit([part, survivor(13, ["t::b"])])
    room.settle(["t::a"])
    assert room.call(100.0).fixes == ("t::b",)
    assert room.call(100.0) is None


def test_a_part_is_whole_once_the_rest_is_repaired(room):
    part = survivor(7, ["t::a"])
    room.admit([part])
    room.settle(["t::b"])
    assert room.call(1.0) is part
