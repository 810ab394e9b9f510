"""Tells failing tests from flaky ones, and from those that only fail in company."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from macrohard_lsp.core.finding import Finding
from macrohard_lsp.core.testrun import Outcome, TestResult, TestRun
from macrohard_lsp.testing.findings import broken_ids, finding_of, flaky_finding, suite_order_finding

# How often a test has to fail, each time in a fresh Machine, before it counts as failing.
FRESH_RUNS = 3

RunFresh = Callable[[tuple[str, ...] | None], TestRun]


@dataclass(frozen=True, slots=True)
class Stability:
    """What fresh runs showed of tests that failed once.

    `confirmed` failed in every run, `flaky` (with outcome FLAKY) in some, `suite_order` whenever the
    whole suite ran and never without it. `undecided` had no outcome in some run; `problem` says why.
    Collection errors are in `confirmed`, they are no matter of chance. `findings` are about all of these.
    """

    confirmed: tuple[TestResult, ...]
    flaky: tuple[TestResult, ...]
    suite_order: tuple[TestResult, ...]
    undecided: tuple[TestResult, ...]
    findings: tuple[Finding, ...]
    problem: str | None = None


def classify(first: TestRun, run_fresh: RunFresh) -> Stability:
    """Judge the tests that broke in `first`, which counts as the first of three runs.

    `run_fresh` runs the given tests (None: what `first` ran) on the unmodified code in a fresh Machine.
    The further runs hold only the broken tests; one that passes in all three meets the suite once more.
    """
    names = broken_ids(first.results)
    broken = {result.id: result for result in first.results if result.broken}
    alone = [run_fresh(names) for _ in range(FRESH_RUNS - 1)] if names else []
    always_passed = [name for name in names if _count(alone, name, broke=False) == len(alone)]
    if always_passed:
        alone.append(run_fresh(tuple(always_passed)))
    orderly = {name for name in always_passed if _count(alone, name, broke=False) == FRESH_RUNS}
    suite = run_fresh(None).by_id() if orderly else {}
    verdicts = {name: _verdict(name, alone, name in orderly, suite.get(name)) for name in names}
    return _stability(broken, verdicts, alone)


def _verdict(name: str, alone: Sequence[TestRun], orderly: bool, in_suite: TestResult | None) -> str:
    if orderly:
        return "undecided" if in_suite is None else "suite-order" if in_suite.broken else "flaky"
    failed, passed = _count(alone, name, broke=True), _count(alone, name, broke=False)
    if passed:
        return "flaky"
    return "confirmed" if failed >= FRESH_RUNS - 1 else "undecided"


def _count(runs: Sequence[TestRun], name: str, *, broke: bool) -> int:
    results = (run.by_id().get(name) for run in runs)
    return sum(result is not None and result.broken is broke for result in results)


def _stability(
    broken: dict[str, TestResult], verdicts: dict[str, str], alone: Sequence[TestRun]
) -> Stability:
    def judged(verdict: str) -> tuple[TestResult, ...]:
        return tuple(result for name, result in broken.items() if verdicts.get(name, "confirmed") == verdict)

    flaky = tuple(replace(result, outcome=Outcome.FLAKY) for result in judged("flaky"))
    findings = [finding_of(result) for result in (*judged("confirmed"), *judged("undecided"))]
    for result in judged("flaky"):
        failed = 1 + _count(alone, result.id, broke=True)
        findings.append(flaky_finding(result, failed, failed + _count(alone, result.id, broke=False)))
    findings += [suite_order_finding(result) for result in judged("suite-order")]
    problem = next((run.problem for run in alone if run.problem), None)
    return Stability(
        judged("confirmed"), flaky, judged("suite-order"), judged("undecided"), tuple(findings), problem
    )
