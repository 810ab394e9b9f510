"""The two rungs that run tests: everything that passed still passes, and what failed passes in three fresh runs."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from macrohard_lsp.core.cancel import Cancel, Cancelled
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestResult, TestRun
from macrohard_lsp.proving.case import Claim, Evidence, ProjectBaseline, ProvingTools
from macrohard_lsp.proving.collected import belongs, passing_tests_of, why_not_collected
from macrohard_lsp.testing.pytest_run import Tested, run_tests

FRESH_RUNS = 3
SHOWN_TESTS = 5


def tests_pass(claim: Claim, after: Snapshot, tools: ProvingTools) -> Evidence:
    """The user's own test command, in full and in a fresh Machine: nothing that passed may end otherwise.

    What the claim repairs has to pass here too: a test that passes alone and fails in the suite is no fix.
    """
    command: tuple[str, ...] = ()
    counted = 0
    for baseline in claim.baselines:
        expected, files = baseline.passing | frozenset(claim.tests_in(baseline)), claim.files_in(baseline)
        run = _run_until_broken(after, baseline, tools, expected, files)
        command = run.command
        ended = {result.id: result.outcome for result in run.results if result.id in expected}
        wrong = [name for name, outcome in ended.items() if outcome is not Outcome.PASSED]
        if wrong:
            was = "failed before" if wrong[0] in claim.repairs else "passed before"
            return Evidence(
                False, f"{wrong[0]} {was} and is {ended[wrong[0]].value} now", _listed(wrong), command
            )
        if why := next(filter(None, (why_not_collected(run, name, after) for name in files)), None):
            return Evidence(False, why, command=command)
        missing = sorted(expected - set(ended))
        if run.problem is not None or missing:
            reason = run.problem or f"{missing[0]} passed before and was not run now"
            return Evidence(False, reason, _listed(missing), command)
        counted += len(expected | set(passing_tests_of(run, files)))
    for other in tools.others:
        still = {r.id: r.outcome for r in other.run(after).results if r.outcome is Outcome.PASSED}
        lost = sorted(other.passing - still.keys())
        if lost:
            reason = f"{lost[0]} passed before and does not now ({other.name})"
            return Evidence(False, reason, _listed(lost), command)
        counted += len(other.passing)
    return Evidence(True, evidence=f"{counted} tests pass", command=command)


def failing_tests_pass(claim: Claim, after: Snapshot, tools: ProvingTools) -> Evidence:
    """Three fresh runs of the repaired tests, and a fourth in which they are made to fail on purpose.

    The fourth is a lie detector: the program under test runs in the same process as the framework that
    judges it, and one that makes failures look like passes would pass there too.
    """
    command: tuple[str, ...] = ()
    for baseline in claim.baselines:
        repaired, files = claim.repairs_in(baseline), claim.files_in(baseline)
        if not repaired:
            continue
        run = partial(_fresh_run, after, baseline, tools, repaired)
        with ThreadPoolExecutor(max_workers=tools.jobs) as pool:
            if files and (why := _collected_before(claim, baseline, tools, pool)):
                return Evidence(False, why)
            # Which tests there are to be made to fail is known of a file only once it has been collected.
            first = (run(()),) if files else ()
            trap = (*claim.tests_in(baseline), *(passing_tests_of(first[0].run, files) if first else ()))
            if not trap:
                return Evidence(False, f"no test is left that shows {files[0]} to be repaired")
            runs = (*first, *pool.map(run, (*((),) * (FRESH_RUNS - len(first)), trap)))
        command = (*runs[0].run.command, *repaired)
        for number, tested in enumerate(runs[:FRESH_RUNS], start=1):
            wrong = _not_passed(tested.run, claim.tests_in(baseline))
            if wrong:
                return Evidence(False, f"{wrong[0]} did not pass in fresh run {number}", command=command)
            if why := next(
                filter(None, (why_not_collected(tested.run, name, after) for name in files)), None
            ):
                return Evidence(False, f"{why} in fresh run {number}", command=command)
        if runs[-1].forged:
            name = runs[-1].forged[0]
            return Evidence(False, f"{name} is reported as passed even when it fails: results are forged")
    return Evidence(
        True, evidence=f"{len(claim.repairs)} failed in 3 runs before and pass in 3 after", command=command
    )


def _collected_before(
    claim: Claim, baseline: ProjectBaseline, tools: ProvingTools, pool: ThreadPoolExecutor
) -> str | None:
    """A sentence where a file that is to be repaired can be collected without the change in some fresh run.

    The baseline is the first of the three: there only tests are run again to see whether they always fail.
    """
    files = claim.files_in(baseline)
    run = partial(_fresh_run, claim.snapshot, baseline, tools, files)
    for tested in pool.map(run, ((),) * (FRESH_RUNS - 1)):
        broken = {result.id for result in tested.run.results if result.broken}
        if steady := [name for name in files if name not in broken]:
            return f"{steady[0]} can be collected in some runs without the change"
    return None


def _fresh_run(
    snapshot: Snapshot,
    baseline: ProjectBaseline,
    tools: ProvingTools,
    ids: tuple[str, ...],
    trap: tuple[str, ...],
) -> Tested:
    options = tools.selecting_files(baseline, ids, trap)
    with tools.open_machine(snapshot, baseline.interpreter) as machine:
        return run_tests(machine, baseline.interpreter, baseline.project, options, cancel=tools.cancel)


def _run_until_broken(
    after: Snapshot,
    baseline: ProjectBaseline,
    tools: ProvingTools,
    expected: frozenset[str],
    files: tuple[str, ...],
) -> TestRun:
    """The whole suite, cut short at the first test that shows the claim to be wrong."""
    stop = Cancel()
    take_back = tools.cancel.on_cancel(stop.set)
    seen: list[TestResult] = []

    def look(result: TestResult) -> None:
        seen.append(result)
        of_files = result.broken and any(belongs(result.id, name) for name in files)
        if of_files or (result.id in expected and result.outcome is not Outcome.PASSED):
            stop.set()

    try:
        with tools.open_machine(after, baseline.interpreter) as machine:
            options = tools.whole_suite(baseline)
            return run_tests(
                machine, baseline.interpreter, baseline.project, options, on_result=look, cancel=stop
            ).run
    except Cancelled:
        tools.cancel.check()
        return TestRun(tuple(seen), baseline.run.command, tools.tier, 0.0, "stopped at the first broken test")
    finally:
        take_back()


def _not_passed(run: TestRun, ids: Iterable[str]) -> list[str]:
    passed = {result.id for result in run.results if result.outcome is Outcome.PASSED}
    return [name for name in ids if name not in passed]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN_TESTS} more" if len(names) > SHOWN_TESTS else ""
    return ", ".join(names[:SHOWN_TESTS]) + more
