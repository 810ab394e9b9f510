"""The pipeline, request by request: what the command line, and later the server, call."""

import time

from macrohard_lsp.core.budget import Budget
from macrohard_lsp.core.events import FindingFound
from macrohard_lsp.core.testrun import Outcome
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.measure import Measured, matching, measure
from macrohard_lsp.engine.repairing import Repaired, repair
from macrohard_lsp.engine.requests import (
    CouldNotRun,
    FixReport,
    FixRequest,
    FixStatus,
    TestReport,
    TestRequest,
)
from macrohard_lsp.engine.spending import Meter
from macrohard_lsp.engine.workplace import Workplace, open_workplace
from macrohard_lsp.sandbox.spec import MachineLost, MachineUnavailable


def run_tests(request: TestRequest, context: EngineContext) -> TestReport:
    """Run tests and tell steady failures from flaky ones. Raises CouldNotRun and Cancelled."""
    started = time.monotonic()
    try:
        workplace = open_workplace(request.folder, request.tier, context)
        measured = measure(workplace, request.ids, context)
    except (MachineUnavailable, MachineLost) as reason:
        raise CouldNotRun(str(reason)) from reason
    return TestReport(
        message=_counts(measured),
        tier=workplace.tier,
        seconds=time.monotonic() - started,
        results=measured.results,
        findings=measured.findings,
        notes=(*workplace.notes, *measured.notes),
    )


def run_fix(request: FixRequest, context: EngineContext) -> FixReport:
    """Repair failing tests. Raises CouldNotRun and Cancelled.

    The Budget is for the repair; the tests run once before, however long they take.
    """
    started = time.monotonic()
    meter = Meter(Budget())
    try:
        workplace = open_workplace(request.folder, request.tier, context)
        measured = measure(workplace, (), context)
        targets = _targets(request, measured)
        meter = Meter(_budget(request, workplace))
        jobs = request.jobs or workplace.settings.fix.jobs_or_default
        failing = {name: measured.confirmed[name] for name in targets}
        repaired = Repaired()
        if failing:
            repaired = repair(workplace, measured.baselines, failing, meter, jobs, request.seed, context)
    except (MachineUnavailable, MachineLost) as reason:
        raise CouldNotRun(str(reason)) from reason
    for finding in repaired.suspects:
        context.listener(FindingFound(finding))
    status, message = _conclude(targets, measured, repaired, meter)
    return FixReport(
        status=status,
        message=message,
        tier=workplace.tier,
        seconds=time.monotonic() - started,
        proposals=tuple(repaired.proposals),
        findings=(*measured.findings, *repaired.suspects),
        snapshot=workplace.snapshot,
        cpu_seconds=meter.spent().cpu_seconds,
        candidates=repaired.candidates,
        notes=(*workplace.notes, *measured.notes, *repaired.notes),
    )


def _targets(request: FixRequest, measured: Measured) -> tuple[str, ...]:
    """The steady failures to repair. Raises CouldNotRun when a test that was asked for does not exist.

    A file that can't be collected is a failure that no test stands for, so no edit can be proven on it.
    """
    wanted = tuple(name for name, result in measured.confirmed.items() if result.phase != "collect")
    if not request.tests:
        return wanted
    for name in request.tests:
        if not matching(measured.results, (name,)):
            raise CouldNotRun(f"There is no test {name}; `macrohard-lsp test` lists those that fail.")
    asked = matching(measured.results, request.tests)
    return tuple(name for name in wanted if name in asked)


def _budget(request: FixRequest, workplace: Workplace) -> Budget:
    seconds = request.budget.seconds
    if seconds is None:
        seconds = workplace.settings.fix.budget_seconds
    return Budget(seconds=seconds, cpu_seconds=request.budget.cpu_seconds)


def _conclude(
    targets: tuple[str, ...], measured: Measured, repaired: Repaired, meter: Meter
) -> tuple[FixStatus, str]:
    if not targets:
        broken = [name for name, result in measured.confirmed.items() if result.phase == "collect"]
        if broken:
            return FixStatus.NO_FIX, (
                f"{broken[0]} can't be collected, so none of its tests ran. This version repairs failing tests "
                "only: mend what the finding names, then run again."
            )
        flaky = sum(result.outcome is Outcome.FLAKY for result in measured.results)
        unsteady = f"; {flaky} flaky, which is not something an edit can be proven on" if flaky else ""
        return FixStatus.NOTHING_FAILING, f"Nothing to repair: {_counts(measured)}{unsteady}"
    fixed = repaired.fixed & set(targets)
    spent = meter.spent()
    effort = f"{repaired.candidates} candidates in {spent.seconds:.1f} s"
    if len(fixed) == len(targets):
        return FixStatus.FIXED, f"{_failing(len(targets))} fixed and proven ({effort})."
    if fixed:
        return (
            FixStatus.PARTLY_FIXED,
            f"{len(fixed)} of {_failing(len(targets))} fixed and proven ({effort}).",
        )
    limit = meter.exhausted()
    why = f"the budget of {limit} is spent" if limit else "no single edit that was tried repairs it"
    return FixStatus.NO_FIX, f"No fix found for {_failing(len(targets))}: {why} ({effort})."


def _failing(count: int) -> str:
    return "1 failing test" if count == 1 else f"{count} failing tests"


def _counts(measured: Measured) -> str:
    words = {
        "passed": (Outcome.PASSED, Outcome.XPASSED),
        "failed": (Outcome.FAILED,),
        "with errors": (Outcome.ERROR,),
        "flaky": (Outcome.FLAKY,),
        "skipped": (Outcome.SKIPPED,),
        "expected to fail": (Outcome.XFAILED,),
    }
    counts = {
        word: sum(result.outcome in outcomes for result in measured.results)
        for word, outcomes in words.items()
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count or word == "passed") + "."
