"""What the tests of the repair engine share."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.operators import FAMILIES, candidates_for
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.task import RepairTask


@pytest.fixture
def candidates() -> Callable[..., list[Candidate]]:
    """All candidates of a source text, or those of one family."""

    def find(text: str, family: str | None = None, lines: set[int] | None = None) -> list[Candidate]:
        families = tuple(item for item in FAMILIES if family in {None, item.name})
        return list(candidates_for(SourceContext("code.py", text), lines, families))

    return find


@pytest.fixture
def task() -> Callable[..., RepairTask]:
    """A task of one file from the lines that each failing and each passing test runs."""

    def make(path: str, failing: Mapping[str, set[int]], passing: Mapping[str, set[int]]) -> RepairTask:
        choice = InterpreterChoice(Path("python"), "here", ())
        return RepairTask(
            snapshot=Snapshot(Path("/workspace"), {}),
            project=Project("", choice),
            interpreter=Interpreter(choice, (3, 11, 0), "cpython", "9.0.0"),
            failing={name: TestResult(name, Outcome.FAILED) for name in failing},
            passing={name: TestResult(name, Outcome.PASSED) for name in passing},
            groups=(),
            suspects=(),
            coverage={name: {path: frozenset(lines)} for name, lines in {**failing, **passing}.items()},
            import_lines={},
            warm_arguments=(),
        )

    return make
