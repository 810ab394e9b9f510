"""The engine as an editor's host uses it: watched runs, and a request for what changed since the last."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.engine import run_tests
from macrohard_lsp.engine.footprints import FootprintBook
from macrohard_lsp.engine.requests import Since, TestReport, TestRequest


@dataclass(frozen=True, slots=True)
class Ran:
    """The tests that ran, and the seconds it took to choose and to run them."""

    tests: frozenset[str]
    seconds: float


class Ours:
    def __init__(self, folder: Path, python: Path, state: Path) -> None:
        self._folder = folder
        self._context = EngineContext(
            {"interpreter": str(python)},
            state,
            lambda _: None,
            Cancel(),
            dict(os.environ),
            Path.home(),
            trusted=True,
            footprints=FootprintBook(state),
        )
        self._last: TestReport | None = None

    def run(self) -> Ran:
        """All tests the first time, then those that the edit since can affect, and those that failed last."""
        last = self._last
        broken = tuple(result.id for result in last.results if result.broken) if last is not None else ()
        since = Since(last.snapshot, last.index) if last is not None else None
        began = time.monotonic()
        report = run_tests(TestRequest(self._folder, broken, since=since), self._context)
        self._last = report
        return Ran(frozenset(result.id for result in report.results), time.monotonic() - began)
