"""Scores are checked against Ochiai worked out by hand."""

import math

import pytest

from macrohard_lsp.core.testrun import Ending, Frame, Outcome, TestResult
from macrohard_lsp.testing.coverage import Held
from macrohard_lsp.testing.localisation import Evidence, group_failures, rank_suspects

CODE = "shop/basket.py"


def failing(name, exception="AssertionError", frames=(), seconds=0.0, ending=Ending.NORMAL):
    places = tuple(Frame(path, line, "f", True) for path, line in frames)
    return TestResult(
        name, Outcome.FAILED, seconds=seconds, exception=exception, frames=places, ending=ending
    )


def rank(coverage, failures, passing=(), outside=None, held=(), changed=()):
    results = {result.id: result for result in failures}
    files = {name: {CODE: frozenset(lines)} for name, lines in coverage.items()}
    evidence = Evidence(
        files,
        results,
        group_failures(failures),
        passing,
        {CODE: frozenset(outside or ())},
        frozenset({CODE}),
        held={
            name: Held(tuple({CODE: frozenset(part)} for part in parts), {CODE: frozenset(rest)})
            for name, parts, rest in held
        },
        changed={CODE: frozenset(changed), "other.py": frozenset({1})},
    )
    suspects = rank_suspects(evidence)
    return {suspect.line: round(suspect.score, 3) for suspect in suspects}


def test_a_line_that_only_failing_tests_run_comes_first():
    scores = rank({"t::bad": {1, 2}, "t::good": {1}}, [failing("t::bad")], ["t::good"])
    assert scores == {2: 1.0, 1: round(1 / math.sqrt(2), 3)}
    assert list(scores) == [2, 1]


def test_two_faults_dilute_each_other_by_half():
    """One spectrum over both failing tests would give each faulty line 1/sqrt(2), a group of its own 1."""
    failures = [failing("t::a", frames=[("t.py", 5)]), failing("t::b", frames=[("t.py", 9)])]
    half = round((1 + 1 / math.sqrt(2)) / 2, 3)
    assert rank({"t::a": {1}, "t::b": {2}}, failures) == {1: half, 2: half}


def test_what_several_failures_run_is_likelier_than_what_one_runs():
    failures = [failing("t::a", frames=[("t.py", 5)]), failing("t::b", frames=[("t.py", 9)])]
    scores = rank({"t::a": {1, 2}, "t::b": {2}}, failures)
    assert list(scores) == [2, 1]


def test_of_equal_lines_the_later_comes_first():
    assert list(rank({"t::bad": {1, 2, 3}}, [failing("t::bad")])) == [3, 2, 1]


def test_an_assertion_that_held_is_half_a_test_that_passes():
    bad = failing("t::bad")
    scores = rank({"t::bad": {1, 2, 3}}, [bad], held=[("t::bad", [{1}, {1, 2}], {1, 2, 3})])
    assert scores == {3: 1.0, 2: round(1 / math.sqrt(1.5), 3), 1: round(1 / math.sqrt(2), 3)}
    # Another test's assertions say nothing, unless it fails as well.
    assert set(rank({"t::bad": {1, 2}}, [bad], held=[("t::other", [{1}], {2})]).values()) == {1.0}


def test_what_ran_for_what_held_only_is_half_of_what_fails():
    scores = rank({"t::bad": {1, 2, 3}}, [failing("t::bad")], held=[("t::bad", [{1, 2}], {2, 3})])
    assert scores == {3: 1.0, 2: round(1 / math.sqrt(1.5), 3), 1: 0.5}


def test_what_changed_lately_and_ran_comes_first():
    scores = rank({"t::bad": {1, 2, 3}}, [failing("t::bad")], changed={1, 9})
    assert list(scores) == [1, 3, 2]
    assert 9 not in scores
    # So does what only its import executes, before the rest of it.
    constants = rank({"t::bad": {7}}, [failing("t::bad")], outside={1, 2}, changed={1})
    assert list(constants) == [7, 1, 2]
    crash = failing("t::bad", "KeyError", frames=[(CODE, 2)])
    assert list(rank({"t::bad": {1, 2, 3}}, [crash], changed={1})) == [2, 1, 3]


def test_a_crash_names_its_own_line_and_then_its_callers():
    crash = failing("t::bad", "KeyError", frames=[(CODE, 1), (CODE, 3)])
    scores = rank({"t::bad": {1, 2, 3}, "t::good": {1, 2, 3}}, [crash], ["t::good"])
    assert list(scores) == [3, 1, 2]


def test_a_failed_assertion_is_no_crash():
    wrong = failing("t::bad", frames=[(CODE, 3)])
    scores = rank({"t::bad": {1, 3}, "t::good": {1, 3}}, [wrong], ["t::good"])
    assert scores[1] == scores[3]


def test_import_time_lines_come_last_and_only_in_suspicious_files():
    scores = rank({"t::bad": {7}}, [failing("t::bad")], outside={1, 2})
    assert list(scores) == [7, 2, 1]
    assert rank({"t::bad": set()}, [failing("t::bad")], outside={1}) == {}


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (failing("t::f[1]", frames=[("t.py", 3)]), failing("t::f[2]", frames=[("t.py", 3)]), True),
        (failing("t::f[1]", frames=[("t.py", 3)]), failing("t::f[2]", frames=[("t.py", 4)]), False),
        (
            failing("t::f[1]", "KeyError", [("t.py", 3)]),
            failing("t::f[2]", "ValueError", [("t.py", 3)]),
            False,
        ),
        (failing("t::f[1]", ending=Ending.TIMEOUT), failing("t::f[2]", ending=Ending.TIMEOUT), True),
        (failing("t::f", ending=Ending.TIMEOUT), failing("t::g", ending=Ending.CRASH), False),
    ],
)
def test_grouping(first, second, together):
    assert (len(group_failures([first, second])) == 1) is together


def test_the_quickest_of_a_group_is_asked_first():
    slow, quick = failing("t::f[slow]", seconds=2.0), failing("t::f[quick]", seconds=0.1)
    assert group_failures([slow, quick])[0].tests == ("t::f[quick]", "t::f[slow]")
