"""Reports, as people and as programs get them. A report is built here; nothing is run."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from macrohard_lsp.cli.as_json import json_of_failure, json_of_fix, json_of_tests
from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.show_fix import text_of_fix
from macrohard_lsp.cli.show_tests import MAX_MESSAGE_LINES, MAX_SHOWN, text_of_tests
from macrohard_lsp.core.changeset import ChangeSet, ModifyFile, TextEdit
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.finding import Finding, FindingKind, Location, Severity
from macrohard_lsp.core.proof import Proof, Rung, RungProof, RungResult
from macrohard_lsp.core.proposal import Answer, Proposal, ProposalKind, Question
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Ending, Frame, Outcome, TestResult
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.requests import FirstFix, FixReport, FixStatus, TestReport
from macrohard_lsp.engine.together import Selection

PLAIN = Console()
FAILED = TestResult(
    "tests/test_calc.py::test_total",
    Outcome.FAILED,
    message="assert 3 == 4\n +  where 3 = total([1, 2])",
    frames=(
        Frame("tests/test_calc.py", 9, "test_total", True),
        Frame("calc.py", 4, "total", True),
        Frame("/usr/lib/python3/functools.py", 100, "wrapper", False),
    ),
)
FOUND = Finding(
    FindingKind.FAILING_TEST, Severity.ERROR, "pytest", Location("calc.py", 5), "wrong sum", (FAILED.id,)
)


def report_of(
    *results: TestResult, findings: tuple[Finding, ...] = (), notes: tuple[str, ...] = ()
) -> TestReport:
    snapshot = Snapshot(Path("/project"), {})
    return TestReport("1 passed, 1 failed.", Tier.NAMESPACE, 1.23456, results, findings, notes, snapshot)


def ended(outcome: Outcome) -> TestResult:
    return TestResult(f"t.py::{outcome.value}", outcome)


def proof(*results: RungResult) -> Proof:
    return Proof(
        tuple(
            RungProof(
                rung,
                result,
                reason="" if result is RungResult.PASSED else "no simulated users yet",
                command=("python", "-m", "pytest"),
                seconds=1.5,
                tier=Tier.NAMESPACE,
            )
            for rung, result in zip(Rung, results, strict=True)
        )
    )


BASE = source_file("calc.py", b"def total(a, b):\n    return a - b\n")
SNAPSHOT = Snapshot(Path("/w"), {"calc.py": BASE})
EDIT = ChangeSet((ModifyFile("calc.py", BASE.digest, (TextEdit(30, 31, "+"),)),))
PROVEN = proof(*[RungResult.PASSED] * 5, RungResult.NOT_RUN)
PROPOSAL = Proposal(
    EDIT,
    ProposalKind.FIX,
    "Fix: use + instead of - in total",
    "repair",
    "it adds",
    PROVEN,
    ("t.py::t",),
    True,
    "(0, 1)",
)


def fixes(*proposals: Proposal, status: FixStatus = FixStatus.FIXED) -> FixReport:
    return FixReport(
        status,
        "1 failing test fixed.",
        Tier.NAMESPACE,
        4.5678,
        proposals,
        (),
        SNAPSHOT,
        8.7654,
        321,
        ("a note",),
        first_fix=FirstFix(1.5, 1.25, 17, 2.5),
    )


def test_a_failure_has_its_place_and_message_and_the_count_comes_last() -> None:
    report = report_of(FAILED, ended(Outcome.PASSED), findings=(FOUND,), notes=("something left out",))
    assert text_of_tests(report, PLAIN).splitlines() == [
        "FAILED tests/test_calc.py::test_total  calc.py:5",
        "    assert 3 == 4",
        "     +  where 3 = total([1, 2])",
        "",
        "Note: something left out",
        "1 passed, 1 failed in 1.2 s (tier: namespace).",
    ]


def test_without_a_finding_the_innermost_frame_of_ones_own_is_the_place() -> None:
    assert "test_total  calc.py:4\n" in text_of_tests(report_of(FAILED), PLAIN)


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ([Outcome.PASSED], "1 passed in"),
        ([Outcome.ERROR], "1 error in"),
        ([Outcome.ERROR] * 2 + [Outcome.SKIPPED], "2 errors, 1 skipped in"),
        ([Outcome.XFAILED, Outcome.XPASSED, Outcome.FLAKY], "1 xfailed, 1 xpassed, 1 flaky in"),
        ([], "No test ran in"),
    ],
)
def test_counts(outcomes: list[Outcome], sentence: str) -> None:
    assert text_of_tests(report_of(*map(ended, outcomes)), PLAIN).splitlines()[-1].startswith(sentence)


def test_what_is_no_test_is_told_beside() -> None:
    finding = Finding(
        FindingKind.SUITE_ORDER,
        Severity.WARNING,
        "pytest",
        Location("t.py", 3),
        "passes alone",
        ("t.py::passed",),
    )
    text = text_of_tests(report_of(ended(Outcome.PASSED), findings=(finding,)), PLAIN)
    assert "t.py:3: suite-order passes alone" in text


def test_a_flood_is_cut_and_says_so() -> None:
    many = [
        TestResult(f"t.py::{number}", Outcome.FAILED, message="x\n" * 50) for number in range(MAX_SHOWN + 7)
    ]
    text = text_of_tests(report_of(*many), PLAIN)
    assert text.count("FAILED ") == MAX_SHOWN
    assert "… and 7 more; --json lists them all." in text
    assert f"… {50 - MAX_MESSAGE_LINES} more lines" in text


def test_endings_other_than_by_an_exception_are_named() -> None:
    result = TestResult("t.py::t", Outcome.FAILED, ending=Ending.TIMEOUT)
    assert "ran out of time" in text_of_tests(report_of(result), PLAIN)


def test_a_repository_can_not_command_the_terminal() -> None:
    evil = TestResult("t.py::\x1b]0;title\x07", Outcome.FAILED, message="\x1b[2J\x9b2J")
    finding = Finding(
        FindingKind.FLAKY_TEST, Severity.WARNING, "pytest", Location("\x1b[1m", 1), "\x1b[2J", ()
    )
    text = text_of_tests(report_of(evil, findings=(finding,), notes=("\x1b[2J",)), PLAIN)
    assert "\x1b" not in text and "\x9b" not in text


def test_colour_only_where_there_is_a_terminal() -> None:
    report = report_of(FAILED, ended(Outcome.PASSED))
    coloured = text_of_tests(report, Console(color=True))
    assert "\x1b[1;31mFAILED\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text_of_tests(report, PLAIN)


def test_a_proposal_has_its_title_and_its_proof_rung_by_rung() -> None:
    lines = text_of_fix(fixes(PROPOSAL), PLAIN).splitlines()
    assert lines[0] == "1. Fix: use + instead of - in total"
    assert lines[1] == "   it adds"
    assert [line.split()[:2] for line in lines[2:7]] == [[rung.value, "passed"] for rung in list(Rung)[:5]]
    assert lines[7].split()[:2] == ["user-succeeds", "not-run"]
    assert lines[7].endswith("no simulated users yet")
    assert "namespace" not in lines[7]  # It didn't run anywhere.
    assert "They differ for: (0, 1)" in lines[9]
    assert lines[-3:] == [
        "Note: a note",
        "1 failing test fixed.",
        "Took 4.6 s in all, 8.8 s of processor time; tier: namespace.",
    ]


TESTED = source_file("t.py", b"def test_total(): ...\n")
QUESTION = Question(
    "total(0, 1)",
    (Answer("use + instead of -", "1"), Answer("return b\x1b[1m", "raises KeyError")),
    "def test_decides():\n    assert total(0, 1) == ...",
    ChangeSet((ModifyFile("t.py", TESTED.digest, (TextEdit(21, 21, "\n\n\ndef test_decides(): ..."),)),)),
)


def test_a_question_has_what_each_edit_gives_and_a_test_to_fill_in() -> None:
    lines = text_of_fix(fixes(replace(PROPOSAL, question=QUESTION)), PLAIN).splitlines()
    assert lines[10:15] == [
        "     1  with “use + instead of -”",
        "     raises KeyError  with “return b\\x1b[1m”",
        "   A test that decides, once you replace `...` by what is right; it would go into t.py:",
        "     def test_decides():",
        "         assert total(0, 1) == ...",
    ]


def test_a_question_in_json() -> None:
    snapshot = Snapshot(Path("/w"), {"calc.py": BASE, "t.py": TESTED})
    report = replace(fixes(replace(PROPOSAL, question=QUESTION)), snapshot=snapshot)
    question = json_of_fix(report)["proposals"][0]["question"]
    assert "\n+def test_decides(): ...\n" in question.pop("patch")
    assert question == {
        "call": "total(0, 1)",
        "answers": [
            {"edit": "use + instead of -", "result": "1"},
            {"edit": "return b\x1b[1m", "result": "raises KeyError"},
        ],
        "test": "def test_decides():\n    assert total(0, 1) == ...",
    }
    shown = replace(report, proposals=(replace(PROPOSAL, question=Question("total(0, 1)", ())),))
    assert json_of_fix(shown)["proposals"][0]["question"] == {
        "call": "total(0, 1)",
        "answers": [],
        "test": None,
        "patch": None,
    }


def test_what_is_not_fixed_is_named_with_the_places_to_look_at() -> None:
    suspects = [
        Finding(FindingKind.SUSPECT, Severity.HINT, "repair", Location("calc.py", number), "here")
        for number in range(9)
    ]
    flaky = Finding(
        FindingKind.FLAKY_TEST, Severity.WARNING, "pytest", Location("t.py", 1), "both", ("t.py::f",)
    )
    report = replace(fixes(status=FixStatus.NO_FIX), findings=(FOUND, flaky, *suspects))
    assert text_of_fix(report, PLAIN).splitlines()[:6] == [
        "t.py:1: flaky-test both",
        "",
        "Not fixed: tests/test_calc.py::test_total  calc.py:5",
        "    wrong sum",
        "The failing tests point at: calc.py:0, calc.py:1, calc.py:2, calc.py:3, calc.py:4",
        "",
    ]
    fixed = replace(PROPOSAL, fixes=FOUND.tests)
    assert "Not fixed" not in text_of_fix(replace(fixes(fixed), findings=(FOUND, *suspects)), PLAIN)


def test_json_of_tests_field_by_field() -> None:
    report = report_of(*map(ended, Outcome))
    assert json_of_tests(report) == {
        "message": "1 passed, 1 failed.",
        "tier": "namespace",
        "seconds": 1.235,
        "passed": 1,
        "failed": 1,
        "errors": 1,
        "skipped": 1,
        "tests": [{"id": f"t.py::{outcome.value}", "outcome": outcome.value} for outcome in Outcome],
        "findings": [],
    }
    assert {test["outcome"] for test in json_of_tests(report)["tests"]} == {
        *("passed", "failed", "error", "skipped", "xfailed", "xpassed", "flaky")
    }


def test_json_of_fix_field_by_field() -> None:
    other = replace(PROPOSAL, fixes=("t.py::other",))
    selection = Selection(PROPOSAL.change_set, (other,))
    answer = json_of_fix(replace(fixes(PROPOSAL, other), findings=(FOUND,), selection=selection))
    proposal, _ = answer.pop("proposals")
    assert answer.pop("findings") == [
        {
            "kind": "failing-test",
            "severity": "error",
            "source": "pytest",
            "location": {"path": "calc.py", "line": 5},
            "message": FOUND.message,
            "tests": list(FOUND.tests),
        }
    ]
    assert answer == {
        "status": "fixed",
        "message": "1 failing test fixed.",
        "tier": "namespace",
        "seconds": 4.568,
        "selection": [1],
        "cpu_seconds": 8.765,
        "candidates": 321,
        "first_fix": {"seconds": 1.5, "cpu_seconds": 1.25, "candidates": 17, "proven_seconds": 2.5},
    }
    rungs = proposal.pop("proof")
    patch = proposal.pop("patch")
    assert proposal == {
        "title": "Fix: use + instead of - in total",
        "kind": "fix",
        "rung": "failing-test-passes",
        "fixes": ["t.py::t"],
        "ambiguous": True,
        "distinguishing_input": "(0, 1)",
        "question": None,
        "author": "repair",
    }
    assert [rung["rung"] for rung in rungs] == [rung.value for rung in Rung]
    assert rungs[0] == {
        "rung": "applies",
        "result": "passed",
        "reason": "",
        "command": ["python", "-m", "pytest"],
        "seconds": 1.5,
        "tier": "namespace",
    }
    assert "\n--- a/calc.py\n+++ b/calc.py\n" in patch
    assert "\n-    return a - b\n+    return a + b\n" in patch


def test_a_failure_has_the_fields_of_a_report() -> None:
    for command, report in (("test", json_of_tests(report_of())), ("fix", json_of_fix(fixes()))):
        failure = json_of_failure(command, "no", None, 0.5)
        assert set(failure) == {*report, "status"}
        assert (failure["status"], failure["message"], failure["tier"]) == ("error", "no", None)
        assert not any(failure[name] for name in set(report) - {"message", "seconds", "status"})


@pytest.mark.parametrize(
    ("outcome", "good"),
    [(outcome, outcome not in (Outcome.FAILED, Outcome.ERROR, Outcome.FLAKY)) for outcome in Outcome],
)
def test_which_outcomes_count_as_not_passed(outcome: Outcome, good: bool) -> None:
    assert report_of(ended(Outcome.PASSED), ended(outcome)).all_passed is good
