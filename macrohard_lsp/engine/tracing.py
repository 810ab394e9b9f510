"""Runs failing tests, and passing ones near them, with their executed lines recorded."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import reduce

from macrohard_lsp.core.testrun import Ending, Outcome, TestResult
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.proving.case import ProjectBaseline
from macrohard_lsp.testing.coverage import Coverage
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.testing.pytest_run import run_tests

# Untraced seconds of passing tests to trace. `sys.settrace` slows a test five times and more, monitoring hardly.
PASSING_SECONDS_SETTRACE = 2.0
PASSING_SECONDS_MONITORING = 15.0
MOST_PASSING = 1500
# Passing tests only sharpen the picture, so what was traced by then has to do.
PASSING_LIMIT_SECONDS = 10.0
FAILING_LIMIT_SECONDS = 180.0
# A test that hangs has shown its loop long before its time is up. All such tests together get so many seconds, each
# of them no more, and no less, than this.
HUNG_SECONDS = 3.0
MOST_FOR_HUNG_TEST = 1.5
LEAST_FOR_HUNG_TEST = 0.3


def trace(
    workplace: Workplace,
    baseline: ProjectBaseline,
    failing: Mapping[str, TestResult],
    context: EngineContext,
) -> Coverage:
    """The coverage of all of `failing` and of as many passing tests as fit in a few seconds."""
    near = _passing_to_trace(baseline, failing)
    allowed = workplace.settings.test.timeout_seconds
    hung = tuple(name for name, result in failing.items() if result.ending is Ending.TIMEOUT)
    ending = tuple(name for name in failing if name not in hung)
    wanted = (
        (ending, allowed, FAILING_LIMIT_SECONDS, True),
        (hung, min(_seconds_for_each(len(hung)), allowed), FAILING_LIMIT_SECONDS, True),
        (tuple(near), allowed, PASSING_LIMIT_SECONDS, False),
    )
    jobs = [job for job in wanted if job[0]]

    def run(job: tuple[tuple[str, ...], float, float, bool]) -> Coverage:
        ids, test_seconds, seconds, parts = job
        options = TestOptions(
            ids=ids,
            coverage=True,
            parts=parts,
            test_seconds=test_seconds,
            seconds=seconds,
            arguments=workplace.settings.test.arguments,
        )
        with workplace.room.open(workplace.snapshot, baseline.interpreter.choice) as machine:
            tested = run_tests(
                machine, baseline.interpreter, baseline.project, options, cancel=context.cancel
            )
        return tested.coverage or Coverage({}, {}, frozenset())

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        found = reduce(_together, pool.map(run, jobs))
    return _with_guesses(found, failing)


def _seconds_for_each(hung: int) -> float:
    """The seconds that each of so many tests is traced that would run for ever."""
    return max(LEAST_FOR_HUNG_TEST, min(MOST_FOR_HUNG_TEST, HUNG_SECONDS / max(hung, 1)))


def _together(first: Coverage, second: Coverage) -> Coverage:
    outside = {
        path: first.outside.get(path, frozenset()) | second.outside.get(path, frozenset())
        for path in {**first.outside, **second.outside}
    }
    by_test = {**first.by_test, **second.by_test}
    return Coverage(by_test, outside, first.partial | second.partial, {**first.parts, **second.parts})


def _with_guesses(coverage: Coverage, failing: Mapping[str, TestResult]) -> Coverage:
    """A test that killed its interpreter took its lines with it: those of the other tests of its file stand for them.

    Where there are none, every line that was executed by import has to do.
    """
    guesses: dict[str, dict[str, frozenset[int]]] = {}
    for name in failing.keys() - coverage.by_test.keys():
        guess: dict[str, frozenset[int]] = {}
        file = name.partition("::")[0]
        for other, lines in coverage.by_test.items():
            if other.partition("::")[0] == file:
                guess.update(
                    {path: guess.get(path, frozenset()) | numbers for path, numbers in lines.items()}
                )
        guesses[name] = guess or dict(coverage.outside)
    partial = coverage.partial | guesses.keys()
    return replace(coverage, by_test={**coverage.by_test, **guesses}, partial=partial)


def _passing_to_trace(baseline: ProjectBaseline, failing: Mapping[str, TestResult]) -> list[str]:
    """Passing tests worth their time: from the failing tests' files first, the quick before the slow."""
    monitoring = baseline.interpreter.version >= (3, 12, 0)
    seconds = PASSING_SECONDS_MONITORING if monitoring else PASSING_SECONDS_SETTRACE
    files = {name.partition("::")[0] for name in failing}
    passing = [r for r in baseline.run.results if r.outcome is Outcome.PASSED and r.id in baseline.passing]
    passing.sort(key=lambda result: (result.id.partition("::")[0] not in files, result.seconds, result.id))
    chosen: list[str] = []
    for result in passing[:MOST_PASSING]:
        seconds -= result.seconds
        if seconds < 0:
            break
        chosen.append(result.id)
    return chosen
