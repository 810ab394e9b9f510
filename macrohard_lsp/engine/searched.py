"""The search for one project's failing tests: what survives is proven, then its rivals are looked for and weighed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from macrohard_lsp.core.apply import apply_changes
from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.changeset import ChangeSet, TextEdit
from macrohard_lsp.core.events import Progress, ProposalFound, StageStarted
from macrohard_lsp.core.proof import Rung
from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Ending, Outcome
from macrohard_lsp.engine.aimed import Hit, survivor_of
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.localise import Localised
from macrohard_lsp.engine.measure import Measured
from macrohard_lsp.engine.proposals import change_set_of, proposal_of
from macrohard_lsp.engine.questions import question_of
from macrohard_lsp.engine.repaired import Repaired
from macrohard_lsp.engine.requests import FirstFix
from macrohard_lsp.engine.rivalry import Rivalry, reserve_for, settle
from macrohard_lsp.engine.spending import Meter
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.proving.case import Claim, ProvingTools
from macrohard_lsp.proving.ladder import prove
from macrohard_lsp.repair.rivals import MOST_RIVALS, weigh
from macrohard_lsp.repair.search import Search
from macrohard_lsp.repair.task import RepairTools, Survivor
from macrohard_lsp.testing.pytest_run import run_tests

# Survivors that the whole suite then refutes; each costs a run of it.
MAXIMUM_REFUTED = 40
PROGRESS_SECONDS = 0.5
# Failing tests that a survivor doesn't repair warm and that are run once with it before it is proven.
MOST_LOOKED_AT_COLD = 50
# The share of what the search has to spend after which an edit that repairs only some of the tests that run it is
# proven as well.
PARTS_AFTER = 0.6


@dataclass(slots=True)
class SearchedRepair:
    """`first` is an aimed Fix that repaired everything; then only rivals of it are looked for."""

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
