"""One repair: localise, search, prove what survives, until every failing test has a Fix or the Budget is spent."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from macrohard_lsp.core.apply import apply_changes
from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.changeset import ChangeSet, ModifyFile, TextEdit
from macrohard_lsp.core.events import Progress, ProposalFound, StageStarted
from macrohard_lsp.core.finding import Finding
from macrohard_lsp.core.proof import Proof, Rung
from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Ending, Outcome, TestResult
from macrohard_lsp.engine.aimed import AimedRepair, Hit, survivor_of
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.decisions import moves_in
from macrohard_lsp.engine.indexing import index_of
from macrohard_lsp.engine.layout import ignore_arguments
from macrohard_lsp.engine.localise import Localised, localise, suspect_findings
from macrohard_lsp.engine.measure import Measured
from macrohard_lsp.engine.proposals import change_set_of, proposal_of
from macrohard_lsp.engine.questions import question_of
from macrohard_lsp.engine.requests import FirstFix
from macrohard_lsp.engine.rivalry import Rivalry, reserve_for, settle
from macrohard_lsp.engine.spending import Meter
from macrohard_lsp.engine.together import Selection, ranked, select
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.proving.case import Claim, ProjectBaseline, ProvingTools
from macrohard_lsp.proving.ladder import prove
from macrohard_lsp.repair.rivals import MOST_RIVALS, weigh
from macrohard_lsp.repair.search import Search
from macrohard_lsp.repair.task import RepairTools, Survivor
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.testing.pytest_run import run_tests

# Survivors that the whole suite then refutes; each costs a run of it.
MAXIMUM_REFUTED = 40
PROGRESS_SECONDS = 0.5
# Failing tests that a survivor doesn't repair warm and that are run once with it before it is proven.
MOST_LOOKED_AT_COLD = 50
# The share of what the search has to spend after which an edit that repairs only some of the tests that run it is
# proven as well.
PARTS_AFTER = 0.6
# A suite that took s seconds before may take this many times s, plus the extra, after a change.
SUITE_FACTOR = 3.0
SUITE_EXTRA_SECONDS = 60.0


@dataclass(slots=True)
class Repaired:
    """What came of it. `candidates` counts attempts; `suspects` are Findings in order of suspicion.

    `proposals` were proven alone, each, and `selection` as a whole.
    """

    proposals: list[Proposal] = field(default_factory=list[Proposal])
    selection: Selection = field(default_factory=Selection)
    suspects: list[Finding] = field(default_factory=list[Finding])
    notes: list[str] = field(default_factory=list[str])
    candidates: int = 0
    first_fix: FirstFix | None = None

    @property
    def fixed(self) -> frozenset[str]:
        fixes = (proposal for proposal in self.proposals if proposal.kind is ProposalKind.FIX)
        return frozenset(name for proposal in fixes for name in proposal.fixes)


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
            search = _Repair(
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


@dataclass(slots=True)
class _Repair:
    workplace: Workplace
    measured: Measured
    located: Localised
    tools: ProvingTools
    meter: Meter
    repaired: Repaired
    context: EngineContext
    first: Hit | None = None
    refuted: int = 0
    followers: set[str] = field(default_factory=set[str])
    """Tests that fail only after another failing test, which leaves something behind; its repair is theirs."""
    rivalry: Rivalry | None = None
    before: Spent = field(default_factory=Spent)

    def run(self, jobs: int) -> None:
        self.before = self.meter.spent()
        self.context.listener(StageStarted("search", "Searching for a repair"))
        tools = self._search_tools(jobs)
        search = Search(self.located.task, tools, self.located.sources, self.located.spans)
        if self.first is not None:
            # Repaired already: what is looked for are rivals.
            survivor = survivor_of(self.first)
            self.rivalry = Rivalry(
                survivor,
                self.first.proposal,
                reserve_for(self.first.took.seconds),
                self.first.took.cpu_seconds,
            )
            search.look_no_further(self.rivalry.limit)
        try:
            self._take_survivors(search)
        finally:
            search.close()
            self.repaired.candidates += search.candidates
            self.repaired.notes.extend(search.notes)
        if self.rivalry is not None:
            self._weigh_rivals(self.rivalry, tools)

    def _take_survivors(self, search: Search) -> None:
        for survivor in search.survivors():
            if self.rivalry is not None:
                # An edit that an error led to is found by the search as well.
                if _edit_of(survivor) != _edit_of(self.rivalry.first):
                    self.rivalry.admit(survivor)
                if len(self.rivalry.rivals) >= MOST_RIVALS:
                    break
                continue
            if self.repaired.proposals and self.meter.exhausted():
                return
            spent, tried = self.meter.spent(search.cpu_seconds), search.candidates
            alone = self.meter.spent()
            with search.paused():
                proposal = self._prove(survivor)
            took = self.meter.spent() - alone
            if proposal is not None:
                self.repaired.proposals.append(proposal)
                self._note_first(spent, tried)
            if self.refuted >= MAXIMUM_REFUTED:
                return
            if self._left() or proposal is None:
                search.settle(self.repaired.fixed | self.followers)
                continue
            # The rest of the time goes to rivals of the Fix that made the row complete.
            self.rivalry = Rivalry(survivor, proposal, reserve_for(took.seconds), took.cpu_seconds)
            search.look_no_further(self.rivalry.limit)
            self.context.listener(StageStarted("search", "Looking for other edits that pass the same tests"))
        if self.rivalry is not None:
            self.rivalry.reached = search.reached

    def _note_first(self, spent: Spent, tried: int) -> None:
        if self.repaired.first_fix is None:
            self.repaired.first_fix = FirstFix(
                seconds=spent.seconds - self.before.seconds,
                cpu_seconds=spent.cpu_seconds - self.before.cpu_seconds,
                candidates=self.repaired.candidates + tried,
                proven_seconds=self.meter.spent().seconds - self.before.seconds,
            )

    def _weigh_rivals(self, rivalry: Rivalry, tools: RepairTools) -> None:
        task = self.located.task
        settled = settle(
            rivalry,
            lambda rivals: weigh(task, tools, rivals),
            lambda survivor: None if self.meter.exhausted() else self._prove(survivor),
            lambda difference: question_of(difference, task.snapshot, rivalry.proposal.fixes),
        )
        place = self.repaired.proposals.index(rivalry.proposal)
        self.repaired.proposals[place : place + 1] = settled

    def _search_tools(self, jobs: int) -> RepairTools:
        task, room = self.located.task, self.workplace.room
        return RepairTools(
            open_machine=lambda: room.open(task.snapshot, task.interpreter.choice),
            jobs=jobs,
            cancel=self.context.cancel,
            out_of_budget=self._is_over,
            on_progress=self._progress(),
            is_late=self._is_late,
        )

    def _is_late(self, searching: float) -> bool:
        """Whether most of what was left of the Budget when the search began is spent."""
        begun = self.meter.budget.share(self.before)
        return self.meter.share(searching) > begun + PARTS_AFTER * (1 - begun)

    def _is_over(self, searching: float) -> bool:
        reserve = self.rivalry.cpu_reserve if self.rivalry is not None else 0.0
        if self.meter.exhausted(searching + reserve) is not None:
            return True
        cpu_limited = self.meter.budget.cpu_seconds is not None
        return self.rivalry is not None and self.rivalry.is_over(self.meter.seconds_left(), cpu_limited)

    def _progress(self) -> Callable[[int], None]:
        told = 0.0

        def tell(tried: int) -> None:
            nonlocal told
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self.context.listener(Progress("search", tried, None, "candidates tried"))

        return tell

    def _prove(self, survivor: Survivor) -> Proposal | None:
        snapshot: Snapshot = self.located.task.snapshot
        change_set = change_set_of(survivor, snapshot)
        self.context.listener(StageStarted("prove", f"Proving: {survivor.candidate.summary}"))
        survivor = replace(survivor, fixes=self._fixes(survivor, change_set))
        proof = prove(Claim(snapshot, change_set, survivor.fixes, self.measured.baselines), self.tools)
        if not proof.reaches(Rung.FAILING_TEST_PASSES):
            self.refuted += 1
            self._look_for_followers(survivor.fixes)
            return None
        passing = self.measured.passing
        proposal = proposal_of(survivor, change_set, proof, passing)
        self.context.listener(ProposalFound(proposal))
        return proposal

    def _fixes(self, survivor: Survivor, change_set: ChangeSet) -> tuple[str, ...]:
        """What the edit repairs, with what only a cold run shows: a warm one has the edit in no file, so that programs
        which the tests start don't see it, and may find what an edit before it left on the disk.
        """
        task = self.located.task
        left = [name for name in task.failing if name in self._left() and name not in survivor.fixes]
        left = [name for name in left if task.failing[name].ending is Ending.NORMAL][:MOST_LOOKED_AT_COLD]
        if not left:
            return survivor.fixes
        passed = self._passing(apply_changes(task.snapshot, change_set), left)
        return (*survivor.fixes, *(name for name in left if name in passed))

    def _look_for_followers(self, fixes: Sequence[str]) -> None:
        """Of what an edit seemed to repair: what passes without it, too, when the first failing test doesn't run.

        A warm runner tries an edit with such a test alone, so that every edit seems to repair it. The first time
        all others are asked.
        """
        first, *others = self.located.task.failing
        asked = others if self.refuted == 1 else [n for n in fixes if n != first and n not in self.followers]
        if asked:
            self.followers |= self._passing(self.located.task.snapshot, asked[:MOST_LOOKED_AT_COLD])

    def _passing(self, snapshot: Snapshot, names: Sequence[str]) -> set[str]:
        """Those of the tests that pass in a cold run of just these."""
        task, options = self.located.task, self.tools.selecting(tuple(names))
        with self.tools.open_machine(snapshot, task.interpreter) as machine:
            run = run_tests(machine, task.interpreter, task.project, options, cancel=self.context.cancel).run
        return {result.id for result in run.results if result.outcome is Outcome.PASSED} & set(names)

    def _left(self) -> set[str]:
        return set(self.located.task.failing) - self.repaired.fixed


def _edit_of(survivor: Survivor) -> tuple[str, tuple[TextEdit, ...]]:
    return survivor.candidate.path, survivor.candidate.edits
