"""Scores are checked against Ochiai worked out by hand."""

import math

import pytest

from macrohard_lsp.core.testrun import Ending, Frame, Outcome, TestResult
from macrohard_lsp.testing.localisation import group_failures, rank_suspects

CODE = "shop/basket.py"


def failing(name, exception="AssertionError", frames=(), seconds=0.0, ending=Ending.NORMAL):
    places = tuple(Frame(path, line, "f", True) for path, line in frames)
    return TestResult(
        name, Outcome.FAILED, seconds=seconds, exception=exception, frames=places, ending=ending
    )


def rank(coverage, failures, passing=(), outside=None):
    results = {result.id: result for result in failures}
    files = {name: {CODE: frozenset(lines)} for name, lines in coverage.items()}
    suspects = rank_suspects(
        files,
        results,
        group_failures(failures),
        passing,
        {CODE: frozenset(outside or ())},
        frozenset({CODE}),
    )
    return {suspect.line: round(suspect.score, 3) for suspect in suspects}


def test_a_line_that_only_failing_tests_run_comes_first():
    scores = rank({"t::bad": {1, 2}, "t::good": {1}}, [failing("t::bad")], ["t::good"])
    assert scores == {2: 1.0, 1: round(1 / math.sqrt(2), 3)}
    assert list(scores) == [2, 1]


def test_two_faults_do_not_dilute_each_other():
    """One spectrum over both failing tests would give each faulty line 1/sqrt(2); each has a group of its own."""
    failures = [failing("t::a", frames=[("t.py", 5)]), failing("t::b", frames=[("t.py", 9)])]
    assert rank({"t::a": {1}, "t::b": {2}}, failures) == {1: 1.0, 2: 1.0}


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
    assert list(scores) == [7, 1, 2]
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
