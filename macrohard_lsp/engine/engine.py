"""The pipeline, request by request: what the command line, and later the server, call."""

import time
from dataclasses import replace

from macrohard_lsp.core.budget import Budget
from macrohard_lsp.core.events import FindingFound
from macrohard_lsp.core.proposal import ProposalKind
from macrohard_lsp.core.testrun import Outcome, is_import
from macrohard_lsp.engine.changed import choose_tests
from macrohard_lsp.engine.commanded import measure_all
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.footprints import remember
from macrohard_lsp.engine.machines import gone
from macrohard_lsp.engine.measure import Measured, matching
from macrohard_lsp.engine.proposals import together_of
from macrohard_lsp.engine.repaired import Repaired
from macrohard_lsp.engine.repairing import repair
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
        workplace = open_workplace(request, context)
        chosen = choose_tests(request, workplace, context)
        measured = measure_all(
            workplace,
            replace(request, ids=chosen.ids),
            context,
            ordered=chosen.ordered,
            python=not chosen.nothing,
        )
        remember(workplace, chosen, measured, context)
    except (MachineUnavailable, MachineLost) as reason:
        raise CouldNotRun(gone(request.folder) or str(reason)) from reason
    chose_all = not (chosen.ids or chosen.nothing or request.collect_only)
    whole = chose_all and all(baseline.run.problem is None for baseline in measured.baselines)
    nothing = not measured.results and (
        chosen.nothing or bool(chosen.ids and all(map(is_import, chosen.ids)))
    )
    return TestReport(
        message="Nothing that a test could see has changed." if nothing else _counts(measured),
        tier=workplace.tier,
        seconds=time.monotonic() - started,
        results=measured.results,
        findings=measured.findings,
        notes=(*workplace.notes, *measured.notes),
        snapshot=workplace.snapshot,
        ran=chosen.ids,
        measured=measured if whole and not measured.incomplete else None,
        index=chosen.index,
        commands=measured.commands,
    )


def run_fix(request: FixRequest, context: EngineContext) -> FixReport:
    """Repair failing tests. Raises CouldNotRun and Cancelled.

    The Budget is for the repair; the tests run once before, however long they take.
    """
    started = time.monotonic()
    meter = Meter(Budget())
    try:
        workplace = open_workplace(request, context)
        # What a proof rests on runs as the project's own command would run it, and unwatched.
        plain = replace(context, footprints=None)
        measured = _known(request, workplace) or measure_all(workplace, TestRequest(request.folder), plain)
        targets = _targets(request, measured)
        meter = Meter(_budget(request, workplace))
        fix = workplace.settings.fix
        jobs, seed = request.jobs or fix.jobs_or_default, request.seed or fix.seed
        failing = {name: measured.confirmed[name] for name in targets}
        repaired = Repaired()
        if failing:
            repaired = repair(workplace, measured, failing, meter, jobs, seed, context)
    except (MachineUnavailable, MachineLost) as reason:
        raise CouldNotRun(gone(request.folder) or str(reason)) from reason
    if not repaired.proposals and (missing := gone(workplace.snapshot.root)):
        raise CouldNotRun(missing)
    for finding in repaired.suspects:
        context.listener(FindingFound(finding))
    passing = measured.passing
    status, message = _conclude(request, targets, measured, repaired, meter)
    return FixReport(
        status=status,
        message=message,
        tier=workplace.tier,
        seconds=time.monotonic() - started,
        proposals=tuple(repaired.proposals),
        selection=repaired.selection,
        findings=(*measured.findings, *repaired.suspects),
        snapshot=workplace.snapshot,
        cpu_seconds=meter.spent().cpu_seconds,
        candidates=repaired.candidates,
        notes=(*workplace.notes, *measured.notes, *repaired.notes),
        results=measured.results,
        together=together_of(repaired.selection, passing),
        first_fix=repaired.first_fix,
    )


def _known(request: FixRequest, workplace: Workplace) -> Measured | None:
    """What an earlier run of the whole suite measured, if it was of the same content in the same isolation."""
    known = request.known
    if known is None or known.measured is None or known.tier is not workplace.tier:
        return None
    before, now = known.snapshot.files, workplace.snapshot.files
    same = before.keys() == now.keys() and all(before[path].digest == now[path].digest for path in now)
    return known.measured if same else None


def _targets(request: FixRequest, measured: Measured) -> tuple[str, ...]:
    """The steady failures to repair. Raises CouldNotRun when a test that was asked for does not exist.

    A file that can't be collected stands among them for its tests. None is looked for where a test only wants what
    the sandbox withholds, or where a command of its own runs it.
    """
    wanted = tuple(
        name
        for name, result in measured.confirmed.items()
        if name not in measured.needs and not result.command
    )
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
    request: FixRequest, targets: tuple[str, ...], measured: Measured, repaired: Repaired, meter: Meter
) -> tuple[FixStatus, str]:
    """The status counts everything that fails, also what no edit can be proven on: 0 has to mean a green suite."""
    beyond = _beyond_repair(request, measured)
    if not targets:
        return (FixStatus.NO_FIX, beyond) if beyond else (FixStatus.NOTHING_FAILING, _nothing(measured))
    fixed = repaired.selection.fixed & set(targets)
    spent = meter.spent()
    effort = f"{repaired.candidates} candidates in {spent.seconds:.1f} s"
    if len(fixed) == len(targets):
        status = FixStatus.PARTLY_FIXED if beyond else FixStatus.FIXED
        message = f"{_failing(targets)} fixed and proven ({effort})."
    elif fixed:
        status = FixStatus.PARTLY_FIXED
        message = f"{len(fixed)} of {_failing(targets)} fixed and proven ({effort})."
    else:
        status = FixStatus.NO_FIX
        limit = meter.exhausted()
        why = f"the budget of {limit} is spent" if limit else "no single edit that was tried repairs it"
        message = f"No fix found for {_failing(targets)}: {why} ({effort})."
    left = [name for name in targets if name not in fixed]
    return status, " ".join(
        filter(None, (message, _of_tests(left, repaired), _uncollected(left, measured), beyond))
    )


def _of_tests(left: list[str], repaired: Repaired) -> str:
    """That what was not fixed passes with other tests, which is no fix."""
    offered = (p for p in repaired.proposals if p.kind is ProposalKind.TEST_CHANGE)
    helped = [name for name in left if any(name in p.fixes for p in offered)]
    return f"{_and_more(helped)} would pass with the change of the tests that is offered." if helped else ""


def _uncollected(left: list[str], measured: Measured) -> str:
    files = [name for name in left if measured.confirmed[name].phase == "collect"]
    if not files:
        return ""
    return (
        f"{_and_more(files)} can't be collected, so none of the tests in it ran: mend what the finding names, "
        "then run again."
    )


def _beyond_repair(request: FixRequest, measured: Measured) -> str:
    """What fails and can't be repaired here, in a sentence; empty where all that fails can be tried."""
    asked = matching(measured.results, request.tests) if request.tests else None
    broken = [r for r in measured.results if r.broken and (asked is None or r.id in asked)]
    withheld = [r.id for r in broken if r.id in measured.needs]
    words: list[str] = []
    if withheld:
        words.append(f"{_and_more(withheld)} fails for want of a setting. {measured.needs[withheld[0]]}")
    broken = [r for r in broken if r.id not in measured.needs]
    commanded = [r.id for r in broken if r.command]
    if commanded:
        words.append(
            f"{_and_more(commanded)} fails under a test command of its own. This version repairs what pytest and "
            "unittest run, and only shows such failures: mend what the finding names, then run again."
        )
    broken = [r for r in broken if not r.command]
    unsteady = [r.id for r in broken if r.id not in measured.confirmed]
    if unsteady:
        words.append(
            f"{_and_more(unsteady)} fails only in the suite, or not in every run, so that no edit can be proven "
            "on it: mend what the finding names, then run again."
        )
    return " ".join(words)


def _and_more(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"


def _nothing(measured: Measured) -> str:
    flaky = sum(result.outcome is Outcome.FLAKY for result in measured.results)
    unsteady = f" {flaky} flaky, which is not something an edit can be proven on." if flaky else ""
    return f"Nothing to repair: {_counts(measured)}{unsteady}"


def _failing(targets: tuple[str, ...]) -> str:
    """How many there are, tests and what can't be collected apart."""
    tests = sum("::" in name for name in targets)
    files = len(targets) - tests
    words = ["1 failing test" if tests == 1 else f"{tests} failing tests"] if tests else []
    if files:
        words.append(
            "1 file that can't be collected" if files == 1 else f"{files} files that can't be collected"
        )
    return " and ".join(words)


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
