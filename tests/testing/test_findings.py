"""What a person is shown of a result, and how flaky tests are told from failing ones."""

from pathlib import Path

from macrohard_lsp.core.finding import FindingKind, Location, Severity
from macrohard_lsp.core.testrun import Frame, Outcome, TestResult, TestRun
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.testing.findings import finding_of, findings_of
from macrohard_lsp.testing.stability import classify
from macrohard_lsp.testing.stack import frames_of_stack


def result(name="test_a.py::test_a", outcome=Outcome.FAILED, **fields) -> TestResult:
    return TestResult(name, outcome, **fields)


def own(path, line, function="f") -> Frame:
    return Frame(path, line, function, True)


def foreign(line) -> Frame:
    return Frame("/usr/lib/python3/json/decoder.py", line, "decode", False)


def test_the_innermost_own_frame_is_the_location_and_the_others_are_related():
    frames = (own("test_a.py", 9, "test_a"), own("lib.py", 3, "load"), own("lib.py", 7, "read"), foreign(1))
    finding = finding_of(
        result(message="ValueError: no", frames=frames, defined_at=own("test_a.py", 8, "test_a"))
    )
    assert finding.location == Location("lib.py", 7)
    assert [(r.location, r.message) for r in finding.related] == [
        (Location("lib.py", 3), "called from here, in load"),
        (Location("test_a.py", 9), "called from here, in test_a"),
        (Location("test_a.py", 8), "the test, test_a"),
    ]
    assert (finding.kind, finding.severity, finding.message) == (
        FindingKind.FAILING_TEST,
        Severity.ERROR,
        "ValueError: no",
    )
    assert finding.tests == ("test_a.py::test_a",)


def test_without_own_frames_the_test_is_the_location():
    assert finding_of(result(frames=(foreign(1),), defined_at=own("t.py", 4))).location == Location("t.py", 4)
    assert finding_of(result()).location == Location("test_a.py", 1)


def test_only_broken_results_are_findings_and_setup_says_so():
    run = a_run(
        result("a::1", Outcome.PASSED),
        result("a::2", Outcome.ERROR, phase="setup", message="no database"),
        result("b.py", Outcome.ERROR, phase="collect", message="SyntaxError"),
        result("a::3", Outcome.SKIPPED),
    )
    assert [(f.kind, f.message, f.tests) for f in findings_of(run)] == [
        (FindingKind.FAILING_TEST, "in the setup of the test: no database", ("a::2",)),
        (FindingKind.COLLECTION, "SyntaxError", ("b.py",)),
    ]


def a_run(*results: TestResult) -> TestRun:
    return TestRun(results, ("pytest",), Tier.NAMESPACE, 0.0)


def judge(*, suite: str, alone: str) -> str:
    """Outcomes of one test (F or P) in successive suite runs and in runs without the suite."""
    suites, others = iter(suite), iter(alone)

    def outcome(letter: str) -> TestRun:
        return a_run(result(outcome={"F": Outcome.FAILED, "P": Outcome.PASSED}[letter]))

    first = outcome(next(suites))
    stability = classify(first, lambda ids: outcome(next(suites if ids is None else others)))
    assert not [*suites, *others], "fewer runs were made than the case says"
    found = {
        "confirmed": stability.confirmed,
        "flaky": stability.flaky,
        "suite-order": stability.suite_order,
        "undecided": stability.undecided,
    }
    (verdict,) = [name for name, results in found.items() if results]
    return verdict


def test_verdicts():
    assert judge(suite="F", alone="FF") == "confirmed"
    assert judge(suite="F", alone="FP") == "flaky"
    assert judge(suite="F", alone="PF") == "flaky"
    assert judge(suite="F", alone="PPF") == "flaky"
    assert judge(suite="FF", alone="PPP") == "suite-order"
    assert judge(suite="FP", alone="PPP") == "flaky"


def test_a_test_that_vanishes_is_undecided():
    stability = classify(a_run(result()), lambda ids: a_run())
    assert [r.id for r in stability.undecided] == ["test_a.py::test_a"]


def test_nothing_broken_runs_nothing():
    def never(ids):
        raise AssertionError("no run is needed")

    assert classify(a_run(result(outcome=Outcome.PASSED)), never).findings == ()


UNSTABLE = """
    == state.py
    left = []
    == test_u.py
    import os, state
    def test_leaves():
        state.left.append(1)
    def test_stumbles():
        assert not state.left
    def test_wrong():
        assert 1 == 2
    def test_alternates():
        # A directory outside the Machine's copy counts the runs.
        assert len(os.listdir({counter!r})) % 2
    """


def test_real_tests_are_told_apart(run, tmp_path):
    counter = tmp_path / "counter"
    counter.mkdir()

    def fresh(ids):
        tested = run(UNSTABLE.format(counter=str(counter)), ids=ids, read_only=(counter,))
        (counter / str(len(list(counter.iterdir())))).touch()
        return tested.run

    stability = classify(fresh(None), fresh)
    assert [r.id for r in stability.confirmed] == ["test_u.py::test_wrong"]
    assert [(r.id, r.outcome) for r in stability.flaky] == [("test_u.py::test_alternates", Outcome.FLAKY)]
    assert [r.id for r in stability.suite_order] == ["test_u.py::test_stumbles"]
    kinds = {f.tests[0].partition("::")[2]: f.kind for f in stability.findings}
    assert kinds == {
        "test_wrong": FindingKind.FAILING_TEST,
        "test_alternates": FindingKind.FLAKY_TEST,
        "test_stumbles": FindingKind.SUITE_ORDER,
    }


def test_stacks_of_a_dying_interpreter():
    text = """Fatal Python error: Aborted

Thread 0x00007f1 (most recent call first):
  File "/w/other.py", line 1 in waits

Current thread 0x00007f0 (most recent call first):
  File "/usr/lib/python3/json.py", line 5 in loads
  File "/w/lib.py", line 3 in load
  File "/w/.venv/lib/python3/site-packages/_pytest/python.py", line 9 in call
  File "/w/test_a.py", line 2 in test_a
  File "/w/.venv/lib/python3/site-packages/pluggy/_callers.py", line 9 in call

Extension modules: one, two
"""
    frames = frames_of_stack(text.splitlines(), Path("/w"))
    assert [(f.path, f.line, f.in_workspace) for f in frames] == [
        ("test_a.py", 2, True),
        ("lib.py", 3, True),
        ("/usr/lib/python3/json.py", 5, False),
    ]
    assert frames_of_stack(["no stack here"], Path("/w")) == ()
