"""What the tests of a bug execute, traced once as the product does it, and kept for as many formulas as one likes."""

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bench.localisation.bugs import Subject, laid_out
from bench.real.prepare import ROOT
from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.requests import CouldNotRun, TestRequest
from macrohard_lsp.engine.tracing import trace
from macrohard_lsp.engine.workplace import Workplace, open_workplace
from macrohard_lsp.proving.case import ProjectBaseline
from macrohard_lsp.testing.coverage import Coverage
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.testing.pytest_run import run_tests

STORE = ROOT / ".bench" / "localisation"
# A test of these programs that takes longer is one that hangs.
TEST_SECONDS = 5.0
# What shapes a recording; what is made of it afterwards doesn't.
CODE = (
    "macrohard_lsp/engine/tracing.py",
    "macrohard_lsp/testing/coverage.py",
    "macrohard_lsp/testing/inside/macrohard_inside_coverage.py",
    "macrohard_lsp/testing/inside/macrohard_inside_tracers.py",
)


@dataclass(frozen=True)
class Recording:
    """`texts` are all Python files of the project. `true` are the lines of `path` that the fix changes.

    `passing` are the tests that passed, `coverage` that of the failing ones and of those passing ones that were traced.
    """

    set: str
    name: str
    path: str
    true: tuple[int, ...]
    failing: dict[str, TestResult]
    passing: tuple[str, ...]
    coverage: Coverage
    texts: dict[str, str]


_ADAPTER = TypeAdapter(Recording)


def recording_of(subject: Subject) -> Recording | None:
    """From the last time where nothing has changed, else anew; None where no test fails."""
    file = STORE / subject.set / f"{subject.name}-{_key(subject)}.json"
    if not file.is_file():
        recording = _record(subject)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"null" if recording is None else _ADAPTER.dump_json(recording))
    data = file.read_bytes()
    return None if data == b"null" else _ADAPTER.validate_json(data)


def _key(subject: Subject) -> str:
    digest = hashlib.sha256()
    for path in CODE:
        digest.update((ROOT / path).read_bytes())
    digest.update(json.dumps([subject.program, subject.reference, repr(subject.source)]).encode("utf-8"))
    return digest.hexdigest()[:16]


def _record(subject: Subject) -> Recording | None:
    with laid_out(subject) as (folder, venv):
        variables = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": str(venv)}
        context = EngineContext(
            {"test.timeout_seconds": TEST_SECONDS}, None, lambda _: None, Cancel(), variables, Path.home()
        )
        try:
            workplace = open_workplace(TestRequest(folder, tier=Tier.NAMESPACE), context)
        except CouldNotRun as reason:
            print(f"{subject.set} {subject.name}: {reason}", file=sys.stderr)
            return None
        baseline = _baseline(workplace, context)
        failing = {result.id: result for result in baseline.run.broken if result.phase != "collect"}
        if not failing:
            return None
        coverage = trace(workplace, baseline, failing, context)
        texts = {file.path: file.text or "" for file in workplace.snapshot.python_files()}
        return Recording(
            set=subject.set,
            name=subject.name,
            path=subject.path,
            true=subject.true_lines,
            failing=failing,
            passing=tuple(sorted(baseline.passing)),
            coverage=coverage,
            texts=texts,
        )


def _baseline(workplace: Workplace, context: EngineContext) -> ProjectBaseline:
    """One run. That failures come again, which the product makes sure of, the choice of the bugs has seen to."""
    project, interpreter = workplace.projects[0]
    options = TestOptions(test_seconds=TEST_SECONDS, arguments=workplace.pytest_arguments(project))
    with workplace.room.open(workplace.snapshot, interpreter.choice) as machine:
        run = run_tests(machine, interpreter, project, options, cancel=context.cancel).run
    return ProjectBaseline(project, interpreter, run, frozenset())
