"""The baseline: the user's own test command on the program as it is, and which failures are steady."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from macrohard_lsp.core.events import FindingFound
from macrohard_lsp.core.finding import Finding
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.layout import ids_of, sentence_about
from macrohard_lsp.engine.project_tests import ProjectTests
from macrohard_lsp.engine.requests import CouldNotRun, TestRequest
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.proving.case import OtherSuite, ProjectBaseline
from macrohard_lsp.testing.findings import need_finding
from macrohard_lsp.testing.pytest_run import Tested
from macrohard_lsp.testing.stability import Stability


@dataclass(frozen=True, slots=True)
class Measured:
    """`results` are those of the first run, with steady verdicts put in; `confirmed` failed in three fresh runs.

    `watched` are the first runs, one a project, with what else they told. `needs` are those of the confirmed that
    fail only for want of a setting of the sandbox, each with the sentence that names it. `others` are the commands
    that ran beside the projects; `commands` names those all of whose results are here, and `incomplete` says that one
    did not do all its work.
    """

    baselines: tuple[ProjectBaseline, ...]
    results: tuple[TestResult, ...]
    confirmed: Mapping[str, TestResult]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    watched: tuple[Tested, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    others: tuple[OtherSuite, ...] = ()
    commands: tuple[str, ...] = ()
    incomplete: bool = False

    @property
    def passing(self) -> int:
        """How many tests pass and count in a proof."""
        return sum(
            map(len, (*(b.passing for b in self.baselines), *(other.passing for other in self.others)))
        )


def measure(
    workplace: Workplace, request: TestRequest, context: EngineContext, *, ordered: bool = False
) -> Measured:
    """Run the tests asked for, their files in that order if `ordered`.

    Raises CouldNotRun when no project's tests could be run at all.
    """
    ids = request.ids
    baselines: list[ProjectBaseline] = []
    verdicts: list[Stability] = []
    notes: list[str] = []
    watched: list[Tested] = []
    for project, interpreter in workplace.projects:
        own = ids_of(project, [project for project, _ in workplace.projects], ids) if ids else None
        if own == ():
            continue
        tests = ProjectTests(workplace, project, interpreter, own, request, context, ordered)
        judged = tests.judge()
        tested, stability, run = judged.tested, judged.stability, judged.tested.run
        notes.extend(judged.notes)
        watched.append(tested)
        if run.problem is not None and not run.results:
            raise CouldNotRun(sentence_about(run.problem, project))
        if run.problem is not None:
            notes.append(sentence_about(run.problem, project))
        if run.missing and request.since is None:
            notes.append(f"There is no test {' or '.join(run.missing)}; it may have been renamed or removed.")
        if stability.problem is not None:
            notes.append(sentence_about(stability.problem, project))
        unsteady = {r.id for r in (*stability.flaky, *stability.suite_order, *stability.undecided)}
        baselines.append(ProjectBaseline(project, interpreter, run, frozenset(unsteady)))
        verdicts.append(stability)
    if not baselines:
        raise CouldNotRun(f"No test was found that is named {' or '.join(ids)}.")
    measured = _measured(tuple(baselines), verdicts, notes, workplace.needs)
    for finding in measured.findings:
        context.listener(FindingFound(finding))
    return replace(measured, watched=tuple(watched))


def _measured(
    baselines: tuple[ProjectBaseline, ...],
    verdicts: list[Stability],
    notes: list[str],
    needs_of: Callable[[Iterable[TestResult]], dict[str, str]],
) -> Measured:
    flaky = {result.id: result for verdict in verdicts for result in verdict.flaky}
    results = tuple(flaky.get(r.id, r) for baseline in baselines for r in baseline.run.results)
    confirmed = {result.id: result for verdict in verdicts for result in verdict.confirmed}
    needs = needs_of(confirmed.values())
    findings = (finding for verdict in verdicts for finding in verdict.findings)
    return Measured(
        baselines,
        results,
        confirmed,
        tuple(or_need(finding, confirmed, needs) for finding in findings),
        tuple(notes),
        needs=needs,
    )


def or_need(finding: Finding, confirmed: Mapping[str, TestResult], needs: Mapping[str, str]) -> Finding:
    """The Finding, or the one that names the setting where its test wants nothing else."""
    name = finding.tests[0] if len(finding.tests) == 1 else ""
    return need_finding(confirmed[name], needs[name]) if name in needs else finding


def matching(results: tuple[TestResult, ...], asked: tuple[str, ...]) -> frozenset[str]:
    """Ids that `asked` names: exactly, or as the file, class or unparametrised function they belong to."""
    return frozenset(
        result.id
        for result in results
        for name in asked
        if result.id == name or result.id.startswith((f"{name}::", f"{name}["))
    )
