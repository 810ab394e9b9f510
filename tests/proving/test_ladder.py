"""Each rung can fail, and what fails is never called a fix. Real pytest in real Machines."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.changeset import ChangeSet, CreateFile, ModifyFile, TextEdit
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.proof import Rung, RungResult
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.proving.case import Claim, ProjectBaseline, ProvingTools
from macrohard_lsp.proving.ladder import prove
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.probe import probe_tiers
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.testing.pytest_run import run_tests
from macrohard_lsp.testing.warm import INSIDE
from macrohard_lsp.workspace.index import build_index
from macrohard_lsp.workspace.read import read_snapshot

CODE = """\
def half(n):
    return n // 3


def double(n):
    return n * 2
"""
TESTS = """\
from code_under_test import double, half


def test_half():
    assert half(4) == 2


def test_double():
    assert double(4) == 8
"""
HALF = "test_code.py::test_half"


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A workspace with one failing test, its baseline, and the judge's tools."""
    tiers = {report.tier: report for report in probe_tiers()}
    tier = Tier.NAMESPACE if tiers[Tier.NAMESPACE].available else Tier.PROCESS
    folder = tmp_path_factory.mktemp("case").resolve()
    (folder / "code_under_test.py").write_text(CODE)
    (folder / "test_code.py").write_text(TESTS)
    choice = find_interpreter(
        folder, "", configured=sys.executable, variables=dict(os.environ), home=Path.home()
    )
    interpreter = Interpreter(choice, sys.version_info[:3], "cpython", pytest.__version__)
    project, options, cancel = Project("", choice), TestOptions(), Cancel()

    def open_for(snapshot, interpreter):
        files = {path: snapshot.files[path].encode() for path in snapshot.overlaid}
        return open_machine(
            MachineSpec(folder, files, (*interpreter.choice.mounts, INSIDE), {}), tier, cancel
        )

    snapshot = read_snapshot(folder)
    with open_for(snapshot, interpreter) as machine:
        run = run_tests(machine, interpreter, project, options, cancel=cancel).run
    baseline = ProjectBaseline(project, interpreter, run, frozenset())
    return snapshot, baseline, ProvingTools(open_for, options, {}, tier, 2, cancel, build_index(snapshot))


def climb(case, old, new, *, repairs=(HALF,), change_set=None):
    """The Proof of replacing `old` by `new`, and the rung where it ended with its reason."""
    snapshot, baseline, tools = case
    if change_set is None:
        start = CODE.index(old)
        edit = TextEdit(start, start + len(old), new)
        digest = snapshot.files["code_under_test.py"].digest
        change_set = ChangeSet((ModifyFile("code_under_test.py", digest, (edit,)),))
    return prove(Claim(snapshot, change_set, repairs, (baseline,)), tools)


def test_a_fix_reaches_the_top_of_what_is_climbed(case):
    proof = climb(case, "n // 3", "n // 2")
    assert proof.headline is Rung.FAILING_TEST_PASSES
    top = proof.of(Rung.USER_SUCCEEDS)
    assert top.result is RungResult.NOT_RUN
    assert "not part of this version" in top.reason
    assert proof.of(Rung.TESTS_PASS).evidence == "2 tests pass"
    assert HALF in proof.of(Rung.FAILING_TEST_PASSES).command


@pytest.mark.parametrize(
    ("old", "new", "rung", "reason"),
    [
        ("n // 3", "n //", Rung.PARSES, "syntax"),
        ("n // 3", "(yield from n) if n else print(*)", Rung.PARSES, "syntax"),
        ("return n // 3", "return = 2", Rung.PARSES, ""),
        ("n // 3", "m // 2", Rung.NO_NEW_DIAGNOSTICS, "m"),
        ("def double(n)", "def twice(n)", Rung.NO_NEW_DIAGNOSTICS, "`double` is imported"),
        ("n // 3", "n // 4", Rung.TESTS_PASS, "test_half"),
        (CODE, CODE.replace("n // 3", "n // 2").replace("n * 2", "n"), Rung.TESTS_PASS, "test_double"),
        ("n // 3", "exit()", Rung.TESTS_PASS, "test_half"),
        ("n // 3", "__import__('os')._exit(0)", Rung.TESTS_PASS, "test_half"),
    ],
)  # fmt: skip
def test_the_rung_that_fails_is_named_and_those_above_are_not_run(case, old, new, rung, reason):
    proof = climb(case, old, new)
    failed = proof.of(rung)
    assert (failed.result, reason in failed.reason) == (RungResult.FAILED, True), failed
    above = proof.rungs[tuple(Rung).index(rung) + 1 :]
    assert all(each.result is RungResult.NOT_RUN and rung.value in each.reason for each in above)
    assert not proof.reaches(rung)


FORGERIES = {
    "every report says passed": """
import _pytest.reports, _pytest.runner
def lie(cls, item, call, original=_pytest.reports.TestReport.from_item_and_call.__func__):
    report = original(cls, item, call)
    if call.when == "call":
        report.outcome, report.longrepr = "passed", None
    return report
_pytest.reports.TestReport.from_item_and_call = classmethod(lie)
""",
    "exceptions of tests are swallowed": """
import _pytest.runner
def lie(cls, func, when, reraise=None, original=_pytest.runner.CallInfo.from_call.__func__):
    call = original(cls, func, when, reraise)
    call.excinfo = None
    return call
_pytest.runner.CallInfo.from_call = classmethod(lie)
""",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_forged_results_are_found_out(case, forgery):
    snapshot, _, _ = case
    everything = TextEdit(0, len(CODE), CODE + forgery)
    digest = snapshot.files["code_under_test.py"].digest
    change_set = ChangeSet((ModifyFile("code_under_test.py", digest, (everything,)),))
    proof = climb(case, "", "", change_set=change_set)
    assert not proof.reaches(Rung.FAILING_TEST_PASSES)
    assert "forged" in proof.of(Rung.FAILING_TEST_PASSES).reason


@pytest.mark.parametrize(
    ("change_set", "reason"),
    [
        (ChangeSet((CreateFile("../outside.py", b""),)), ".."),
        (ChangeSet((CreateFile(".git/hooks/pre-commit", b""),)), "git"),
        (ChangeSet((ModifyFile("gone.py", "0" * 32, ()),)), "gone.py"),
        (ChangeSet((ModifyFile("code_under_test.py", "0" * 32, ()),)), "code_under_test.py"),
    ],
)
def test_what_does_not_apply(case, change_set, reason):
    proof = climb(case, "", "", change_set=change_set)
    assert proof.headline is None
    assert reason in proof.of(Rung.APPLIES).reason


def test_nothing_of_the_users_was_written(case):
    climb(case, "n // 3", "n // 2")
    assert (case[0].root / "code_under_test.py").read_text() == CODE


def test_the_projects_own_checker_is_asked_where_it_is_configured(case):
    snapshot, baseline, tools = case
    files = {**snapshot.files, "ruff.toml": source_file("ruff.toml", b'lint.select = ["F"]\n')}
    configured = replace(snapshot, files=files, overlaid=frozenset({"ruff.toml"})), baseline, tools
    fine = climb(configured, "n // 3", "n // 2").of(Rung.NO_NEW_DIAGNOSTICS)
    assert (fine.result, "ruff" in fine.evidence) == (RungResult.PASSED, True)
    worse = climb(configured, "return n // 3", "unused = 1\n    return n // 2").of(Rung.NO_NEW_DIAGNOSTICS)
    assert (worse.result, "F841" in worse.reason) == (RungResult.FAILED, True)
