"""One repair: localise, search, prove what survives, until every failing test has a Fix or the Budget is spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.changeset import ChangeSet, ModifyFile
from macrohard_lsp.core.events import StageStarted
from macrohard_lsp.core.proof import Proof, Rung
from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.engine.aimed import AimedRepair, Hit
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.decisions import moves_in
from macrohard_lsp.engine.indexing import index_of
from macrohard_lsp.engine.layout import ignore_arguments
from macrohard_lsp.engine.localise import localise, suspect_findings
from macrohard_lsp.engine.measure import Measured
from macrohard_lsp.engine.repaired import Repaired
from macrohard_lsp.engine.requests import FirstFix
from macrohard_lsp.engine.searched import SearchedRepair
from macrohard_lsp.engine.spending import Meter
from macrohard_lsp.engine.together import ranked, select
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.proving.case import Claim, ProjectBaseline, ProvingTools
from macrohard_lsp.proving.ladder import prove
from macrohard_lsp.testing.options import TestOptions

# A suite that took s seconds before may take this many times s, plus the extra, after a change.
SUITE_FACTOR = 3.0
SUITE_EXTRA_SECONDS = 60.0


def repair(
    workplace: Workplace,
    measured: Measured,
    failing: Mapping[str, TestResult],
    meter: Meter,
    jobs: int,
    seed: int,
    context: EngineContext,
) -> Repaired:
    """Repair the confirmed `failing` tests project by project. Raises Cancelled and MachineUnavailable."""
    repaired = Repaired()
    baselines, of_tests = measured.baselines, list[Proposal]()
    moves, notes = moves_in(workplace.snapshot.root, context.state_dir)
    repaired.notes.extend(notes)
    tools = replace(proving_tools(workplace, baselines, jobs, context), others=measured.others)
    for baseline in baselines:
        own = {r.id: failing[r.id] for r in baseline.run.results if r.id in failing}
        if not own or meter.exhausted():
            continue
        project = _Project(workplace, measured, baseline, own, tools, meter, repaired, context, moves)
        of_tests.extend(project.repair(jobs, seed))
    judge = partial(_judge, workplace.snapshot, baselines, tools, context)
    repaired.proposals[:] = ranked([*repaired.proposals, *of_tests])
    repaired.selection = select(workplace.snapshot, repaired.proposals, judge)
    repaired.notes.extend(repaired.selection.notes)
    return repaired


def _judge(
    snapshot: Snapshot,
    baselines: tuple[ProjectBaseline, ...],
    tools: ProvingTools,
    context: EngineContext,
    change_set: ChangeSet,
    tests: tuple[str, ...],
) -> Proof | None:
    """The proof of several Fixes joined; None where they don't hold together."""
    context.listener(StageStarted("prove", f"Proving fixes for {len(tests)} tests together"))
    proof = prove(Claim(snapshot, change_set, tests, baselines), tools)
    return proof if proof.reaches(Rung.FAILING_TEST_PASSES) else None


@dataclass(slots=True)
class _Project:
    """One project's failing tests, and files that can't be collected."""

    workplace: Workplace
    measured: Measured
    baseline: ProjectBaseline
    failing: Mapping[str, TestResult]
    tools: ProvingTools
    meter: Meter
    repaired: Repaired
    context: EngineContext
    moves: Mapping[str, float]

    def repair(self, jobs: int, seed: int) -> list[Proposal]:
        """Aim, then search; the answer are changes of tests, which are no Fixes and come after all of those."""
        aimed = AimedRepair(
            self.workplace.snapshot,
            self.baseline,
            self.measured,
            self.failing,
            self.tools,
            self.meter,
            self.context,
        )
        before = self.meter.spent()
        aimed.run()
        self.repaired.proposals.extend(hit.proposal for hit in aimed.hits)
        self._note_first(aimed.hits, before)
        tests = {name: result for name, result in self.failing.items() if result.phase != "collect"}
        first = _only_hit(aimed, tests)
        if first is None:
            tests = {name: result for name, result in tests.items() if name not in aimed.fixed}
        if first is not None or not aimed.only_tests_can_help:
            self._search(tests, first, jobs, seed)
        aimed.change_tests(self.repaired.fixed)
        self.repaired.notes.extend(dict.fromkeys(aimed.notes))
        self.repaired.candidates += aimed.ran
        return aimed.changes_of_tests

    def _note_first(self, hits: Sequence[Hit], before: Spent) -> None:
        if hits and self.repaired.first_fix is None:
            hit = hits[0]
            seconds = hit.before.seconds - before.seconds
            self.repaired.first_fix = FirstFix(
                seconds=seconds,
                cpu_seconds=hit.before.cpu_seconds - before.cpu_seconds,
                candidates=self.repaired.candidates + hit.ran,
                proven_seconds=seconds + hit.took.seconds,
            )

    def _search(self, tests: Mapping[str, TestResult], first: Hit | None, jobs: int, seed: int) -> None:
        if not tests or self.meter.exhausted():
            return
        located = localise(self.workplace, self.baseline, tests, seed, self.context)
        located = replace(located, task=replace(located.task, moves=self.moves))
        self.repaired.suspects.extend(suspect_findings(located.task))
        if located.task.suspects:
            search = SearchedRepair(
                self.workplace,
                self.measured,
                located,
                self.tools,
                self.meter,
                self.repaired,
                self.context,
                first,
            )
            search.run(jobs)
        elif first is None:
            self.repaired.notes.append(
                "The failing tests run no line of the project's own code that may be edited."
            )


def _only_hit(aimed: AimedRepair, tests: Mapping[str, TestResult]) -> Hit | None:
    """The Fix that alone repaired all tests of a project, in one file, so that rivals of it can be looked for."""
    if len(aimed.hits) != 1 or not tests or not aimed.fixed.issuperset(tests):
        return None
    hit = aimed.hits[0]
    changes = hit.aimed.change_set.changes
    return hit if len(changes) == 1 and isinstance(changes[0], ModifyFile) else None


def proving_tools(
    workplace: Workplace, baselines: tuple[ProjectBaseline, ...], jobs: int, context: EngineContext
) -> ProvingTools:
    """The judge's tools: the tests are run as the user runs them, within limits taken from the baseline."""
    projects = [baseline.project for baseline in baselines]
    ignored = {project.directory: ignore_arguments(project, projects) for project in projects}
    longest = max(baseline.run.seconds for baseline in baselines)
    test = workplace.settings.test
    options = TestOptions(
        test_seconds=test.timeout_seconds,
        seconds=SUITE_FACTOR * longest + SUITE_EXTRA_SECONDS,
        arguments=tuple(test.arguments),
    )
    return ProvingTools(
        open_machine=lambda snapshot, interpreter: workplace.room.open(snapshot, interpreter.choice),
        options=options,
        ignored=ignored,
        tier=workplace.tier,
        jobs=jobs,
        cancel=context.cancel,
        index=index_of(workplace.snapshot, jobs, context.cancel),
    )
