"""A file that can't be collected is repaired when its tests run and pass. Real pytest in real Machines."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.changeset import ChangeSet, ModifyFile, TextEdit
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.proof import Proof, Rung, RungResult
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestResult, TestRun
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.proving.case import Claim, ProjectBaseline, ProvingTools
from macrohard_lsp.proving.collected import belongs, why_not_collected
from macrohard_lsp.proving.ladder import prove
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.testing.pytest_run import run_tests
from macrohard_lsp.testing.warm import INSIDE
from macrohard_lsp.workspace.index import build_index
from macrohard_lsp.workspace.read import read_snapshot

CODE = "def half(n):\n    return n // 2\n\n\ndef unused(:\n    pass\n"
FILES = {
    "calculation.py": CODE,
    "test_code.py": "from calculation import half\n\n\ndef test_half(): assert half(4) == 2\n",
    "test_other.py": "def test_other(): assert True\n",
}
FORGERY = """
import _pytest.reports
def lie(cls, item, call, original=_pytest.reports.TestReport.from_item_and_call.__func__):
    report = original(cls, item, call)
    if call.when == "call":
        report.outcome, report.longrepr = "passed", None
    return report
_pytest.reports.TestReport.from_item_and_call = classmethod(lie)
"""


@pytest.fixture
def claim(tmp_path: Path, sandbox: None) -> Callable[..., Proof]:
    """Proves that putting `new` for `old` in the code lets a file be collected."""
    folder, cancel, options = (tmp_path / "case").resolve(), Cancel(), TestOptions()
    folder.mkdir()
    choice = find_interpreter(
        folder, "", configured=sys.executable, variables=dict(os.environ), home=Path.home()
    )
    interpreter = Interpreter(choice, sys.version_info[:3], "cpython", pytest.__version__)
    project = Project("", choice)

    def open_for(snapshot: Snapshot, interpreter: Interpreter):
        files = {path: snapshot.files[path].encode() for path in snapshot.overlaid}
        spec = MachineSpec(folder, files, (*interpreter.choice.mounts, INSIDE), {})
        return open_machine(spec, Tier.NAMESPACE, cancel)

    def prove_it(
        old: str, new: str, files: Mapping[str, str] = FILES, name: str = "test_code.py", passing: int = 1
    ) -> Proof:
        for path, text in files.items():
            (folder / path).write_text(text)
        snapshot = read_snapshot(folder)
        with open_for(snapshot, interpreter) as machine:
            run = run_tests(machine, interpreter, project, options, cancel=cancel).run
        broken = {result.id: result.phase for result in run.results if result.broken}
        assert broken == {name: "collect"}, run
        baseline = ProjectBaseline(project, interpreter, run, frozenset())
        assert len(baseline.passing) == passing
        tools = ProvingTools(open_for, options, {}, Tier.NAMESPACE, 2, cancel, build_index(snapshot))
        code = snapshot.files["calculation.py"]
        start = (code.text or "").index(old)
        edit = TextEdit(start, start + len(old), new)
        change = ChangeSet((ModifyFile(code.path, code.digest, (edit,)),))
        return prove(Claim(snapshot, change, (name,), (baseline,)), tools)

    return prove_it


def test_a_file_that_can_be_collected_again_is_a_fix(claim: Callable[..., Proof]):
    proof = claim("(:", "():")
    assert proof.headline is Rung.FAILING_TEST_PASSES, proof
    assert proof.of(Rung.TESTS_PASS).evidence == "2 tests pass"
    assert proof.of(Rung.FAILING_TEST_PASSES).evidence == "1 failed in 3 runs before and pass in 3 after"


@pytest.mark.parametrize(
    ("new", "rung", "reason"),
    [
        ("def half(n): return 3", Rung.TESTS_PASS, "test_code.py can be collected, but test_code.py::test_half is"),
        ("raise OSError('no')", Rung.TESTS_PASS, "test_code.py can't be collected (OSError: no)"),
        (FORGERY, Rung.FAILING_TEST_PASSES, "forged"),
    ],
    ids=["its test fails", "it still can't be", "its results are forged"],
)  # fmt: skip
def test_what_is_no_fix(claim: Callable[..., Proof], new: str, rung: Rung, reason: str):
    failed = claim("def unused(:\n    pass\n", f"{new}\n").of(rung)
    assert (failed.result, reason in failed.reason) == (RungResult.FAILED, True), failed


@pytest.mark.slow
def test_a_conftest_stands_for_every_test(claim: Callable[..., Proof]):
    files = {**FILES, "conftest.py": "import calculation\n", "test_code.py": FILES["test_code.py"]}
    assert claim("(:", "():", files, "conftest.py", 0).headline is Rung.FAILING_TEST_PASSES


BELONGS = [
    ("tests/test_a.py", "tests/test_a.py::test", True),
    ("tests/test_a.py", "tests/test_ab.py::test", False),
    ("conftest.py", "tests/test_a.py::test", True),
    ("tests/conftest.py", "tests/deep/test_a.py::test", True),
    ("tests/conftest.py", "other/test_a.py::test", False),
    ("tests/pkg", "tests/pkg/test_a.py::test", True),
    ("tests/pkg/__init__.py", "tests/pkg/test_a.py::test", True),
    ("tests/pkg", "tests/pkg2/test_a.py::test", False),
    (".", "test_a.py::test", True),
]


@pytest.mark.parametrize(("name", "test", "is_its"), BELONGS)
def test_whose_tests_they_are(name: str, test: str, is_its: bool):
    assert belongs(test, name) is is_its


HOLDS_TESTS = Snapshot(Path("/w"), {"t.py": source_file("t.py", b"def test(): pass\n")})
HOLDS_NONE = Snapshot(Path("/w"), {"t.py": source_file("t.py", b"def a_test(): pass\n")})


@pytest.mark.parametrize(
    ("outcomes", "why"),
    [
        ("passed skipped", None),
        ("skipped xfailed", "no test of t.py passes"),
        ("", "no test of t.py passes"),
        ("passed failed", "t.py can be collected, but t.py::1 is failed"),
        ("passed error", "t.py can be collected, but t.py::1 is error"),
    ],
)
def test_what_a_file_needs(outcomes: str, why: str | None):
    results = tuple(TestResult(f"t.py::{n}", Outcome(word)) for n, word in enumerate(outcomes.split()))
    beside = TestResult("u.py::1", Outcome.FAILED)
    assert why_not_collected(TestRun((*results, beside), (), Tier.NAMESPACE, 0.0), "t.py", HOLDS_TESTS) == why
    if not outcomes:
        assert why_not_collected(TestRun((beside,), (), Tier.NAMESPACE, 0.0), "t.py", HOLDS_NONE) is None
