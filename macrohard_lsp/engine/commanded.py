"""Runs the commands that report on tests, tells their steady failures from flaky ones, and joins both with the rest."""

from dataclasses import dataclass, replace

from macrohard_lsp.core.events import FindingFound, StageStarted, TestEnded
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testcommand import ReportingCommand
from macrohard_lsp.core.testrun import Outcome, TestRun
from macrohard_lsp.engine.commands import CommandSuite
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.layout import sentence_of
from macrohard_lsp.engine.measure import Measured, matching, measure, or_need
from macrohard_lsp.engine.requests import CouldNotRun, TestRequest
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.proving.case import OtherSuite
from macrohard_lsp.testing.findings import broken_ids
from macrohard_lsp.testing.reporting_run import Commanded, Site, run_command
from macrohard_lsp.testing.reports.results import trouble
from macrohard_lsp.testing.stability import Stability, classify

PYTHONS = (".py", ".pyi")
MAYBE_PYTHONS = (*PYTHONS, ".rst", ".txt", ".md", ".yml", ".yaml", ".ipynb")
"""Endings of files in which pytest, with its plugins, finds tests."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What came of one command: its first run, with an error in it for what kept it from its work, and the verdicts."""

    run: TestRun
    stability: Stability
    note: str = ""
    other: OtherSuite | None = None


def measure_all(
    workplace: Workplace,
    request: TestRequest,
    context: EngineContext,
    *,
    ordered: bool = False,
    python: bool = True,
) -> Measured:
    """The tests of the Python projects (unless not `python`), then those of the commands that may be asked for.

    Raises CouldNotRun where there is nothing to tell but that a command could not run.
    """
    ids = _for_python(request.ids, workplace)
    measured = Measured((), (), {}, (), ())
    if python and workplace.projects and (ids or not request.ids):
        measured = measure(workplace, replace(request, ids=ids), context, ordered=ordered)
    if not _concerns_commands(request, workplace):
        return measured
    told = [_measure(suite, workplace, context) for suite in workplace.commands.suites]
    told += [_unusable(command, why, workplace) for command, why in workplace.commands.unusable]
    problems = [each.run.problem for each in told if each.run.problem]
    if not measured.results and all(
        result.phase == "collect" for each in told for result in each.run.results
    ):
        raise CouldNotRun(" ".join(problems))
    asked = request.ids if request.since is None else ()
    return _joined(measured, told, asked, workplace, context)


def _for_python(ids: tuple[str, ...], workplace: Workplace) -> tuple[str, ...]:
    if not workplace.commands:
        return ids
    files = workplace.snapshot.files
    folders = {path.rpartition("/")[0] for path in files}
    paths = {name: name.partition("::")[0] for name in ids}
    return tuple(n for n, path in paths.items() if path.endswith(MAYBE_PYTHONS) or path in folders)


def _concerns_commands(request: TestRequest, workplace: Workplace) -> bool:
    """A command runs in full or not at all: where something changed, or a test is asked for that may be one of its."""
    if request.collect_only or not workplace.commands:
        return False
    if not request.ids and request.since is None:
        return True
    beyond = any(not name.partition("::")[0].endswith(PYTHONS) for name in request.ids)
    if beyond or not workplace.projects:
        return True
    since = request.since
    return since is not None and (
        since.snapshot is None or bool(_differences(since.snapshot, workplace.snapshot))
    )


def _differences(before: Snapshot, now: Snapshot) -> bool:
    old = {path: file.digest for path, file in before.files.items()}
    return old != {path: file.digest for path, file in now.files.items()}


def _measure(suite: CommandSuite, workplace: Workplace, context: EngineContext) -> _Told:
    command = suite.command
    context.listener(StageStarted("baseline", f"Running {command.name}"))
    commanded = run_suite(suite, workplace, workplace.snapshot, context)
    first = commanded.run
    if first.problem is not None:
        sentence = sentence_of(first.problem)
        first = replace(first, results=(*first.results, trouble(command, sentence)), problem=sentence)
    for result in first.results:
        context.listener(TestEnded(result))
    if broken_ids(first.results):
        context.listener(StageStarted("baseline", f"Running {command.name} again, as tests failed"))
    last = first

    def again(ids: tuple[str, ...] | None) -> TestRun:
        nonlocal last
        if ids is not None:
            last = run_suite(suite, workplace, workplace.snapshot, context).run
        # A command runs its whole suite each time, so that no test ever ran without the others.
        return last

    stability = classify(first, again)
    unsteady = {result.id for result in (*stability.flaky, *stability.undecided)}
    passing = frozenset(r.id for r in first.results if r.outcome is Outcome.PASSED) - unsteady
    other = OtherSuite(
        command.name, passing, lambda snapshot: run_suite(suite, workplace, snapshot, context).run
    )
    return _Told(first, stability, commanded.note, other)


def _unusable(command: ReportingCommand, why: str, workplace: Workplace) -> _Told:
    sentence = sentence_of(f"`{' '.join(command.argv)}` can't be started: {why}")
    run = TestRun((trouble(command, sentence),), command.argv, workplace.tier, 0.0, sentence)
    return _Told(run, classify(run, lambda _: run))


def run_suite(
    suite: CommandSuite, workplace: Workplace, snapshot: Snapshot, context: EngineContext
) -> Commanded:
    """One run of a command in a fresh Machine that holds `snapshot`."""
    with workplace.room.open(snapshot, suite.choice) as machine:
        site = Site(machine, snapshot, str(suite.choice.executable), suite.path, context.cancel)
        return run_command(suite.command, site)


def _joined(
    measured: Measured,
    told: list[_Told],
    asked: tuple[str, ...],
    workplace: Workplace,
    context: EngineContext,
) -> Measured:
    """Both as one; where tests were asked for by name, only those of the commands' are told."""
    wanted = matching(tuple(r for each in told for r in each.run.results), asked) if asked else None
    flaky = {result.id: result for each in told for result in each.stability.flaky}
    results = [flaky.get(result.id, result) for each in told for result in each.run.results]
    confirmed = {result.id: result for each in told for result in each.stability.confirmed}
    needs = workplace.needs(confirmed.values())
    findings = [or_need(finding, confirmed, needs) for each in told for finding in each.stability.findings]
    if wanted is not None:
        results = [result for result in results if result.id in wanted or result.phase == "collect"]
        known = {result.id for result in results}
        findings = [finding for finding in findings if known.issuperset(finding.tests)]
        confirmed = {name: result for name, result in confirmed.items() if name in known}
        if not results and not measured.results:
            raise CouldNotRun(f"No test was found that is named {' or '.join(asked)}.")
    for finding in findings:
        context.listener(FindingFound(finding))
    return replace(
        measured,
        results=(*measured.results, *results),
        confirmed={**measured.confirmed, **confirmed},
        findings=(*measured.findings, *findings),
        notes=(*measured.notes, *(each.note for each in told if each.note)),
        needs={**measured.needs, **needs},
        others=tuple(each.other for each in told if each.other is not None),
        commands=tuple(each.command.name for each in workplace.commands.suites) if wanted is None else (),
        incomplete=any(each.run.problem is not None for each in told),
    )
