"""Before the search: errors that name their cause. A few edits each, run cold, and what holds is proven as usual."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from macrohard_lsp.core.apply import ChangeConflict, apply_changes
from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.change_paths import is_test_path, touches_tests
from macrohard_lsp.core.changeset import ModifyFile
from macrohard_lsp.core.events import ProposalFound, StageStarted
from macrohard_lsp.core.proof import Rung
from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestResult, TestRun
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.lately import lately
from macrohard_lsp.engine.measure import Measured
from macrohard_lsp.engine.proposals import proposal_of_aimed
from macrohard_lsp.engine.spending import Meter
from macrohard_lsp.proving.case import Claim, ProjectBaseline, ProvingTools
from macrohard_lsp.proving.collected import belongs, is_collected, why_not_collected
from macrohard_lsp.proving.ladder import prove
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.causes import Aimed, Cause, CauseKind, Sources, aimed_edits, read_cause
from macrohard_lsp.repair.causes.history import History
from macrohard_lsp.repair.causes.steps import one_after_the_other
from macrohard_lsp.repair.task import Survivor
from macrohard_lsp.testing.pytest_run import run_tests
from macrohard_lsp.workspace.diagnose import new_diagnostics
from macrohard_lsp.workspace.index import build_index

# Causes that are looked into, those of the most tests first, and edits that are run for each.
MOST_CAUSES = 8
MOST_RUN = 8
# Edits that an error suggests and that are looked at without being run.
MOST_DRAFTED = 60
# Edits that may have to be made one after the other, and how many are tried for each after the first.
MOST_STEPS = 3
MOST_FURTHER = 2
# Of what a cause suggests, changes of tests that are run once no other edit held.
MOST_TEST_CHANGES = 3
# Failing tests that are run with each edit.
MOST_TESTS = 50
# The part of the Budget that may go into aiming where there is a search to follow.
SHARE = 0.4

# How dear such an edit counts beside those of the search: the error's own words speak for it.
AIMED_COST = 1.0

# Renames of these kinds leave something behind, which git may know of.
_WITHOUT_HISTORY = frozenset({CauseKind.SYNTAX, CauseKind.FIXTURE, CauseKind.NOT_AWAITED})
_SAID_BY_TESTS = frozenset({CauseKind.NAME, CauseKind.LOCAL, CauseKind.FIXTURE})
_NAMING = frozenset(
    {CauseKind.NAME, CauseKind.IMPORTED_NAME, CauseKind.MODULE, CauseKind.MODULE_ATTRIBUTE, CauseKind.FIXTURE}
)


@dataclass(slots=True)
class Hit:
    """An aimed edit with the Proposal that it became, and what proving it took.

    `before` is what the repair had spent when it was found, `ran` how many edits had been run.
    """

    aimed: Aimed
    proposal: Proposal
    took: Spent
    before: Spent
    ran: int


@dataclass(frozen=True, slots=True)
class _Found:
    """An edit with which `fixes` passed once; it is to be proven."""

    aimed: Aimed
    fixes: frozenset[str]


@dataclass(slots=True)
class AimedRepair:
    """One project's failing tests and files. `hits` are the Fixes, `changes_of_tests` what changes tests."""

    snapshot: Snapshot
    baseline: ProjectBaseline
    measured: Measured
    failing: Mapping[str, TestResult]
    tools: ProvingTools
    meter: Meter
    context: EngineContext
    hits: list[Hit] = field(default_factory=list[Hit])
    changes_of_tests: list[Proposal] = field(default_factory=list[Proposal])
    notes: list[str] = field(default_factory=list[str])
    ran: int = 0
    _searched: bool = False
    _runs_left: int = 0
    _almost: str = ""
    _of_tests: list[tuple[Cause, tuple[str, ...], list[Aimed]]] = field(
        default_factory=list[tuple[Cause, tuple[str, ...], list[Aimed]]]
    )
    _history: History = field(default_factory=History)

    def run(self) -> None:
        """Raises Cancelled, MachineUnavailable and MachineLost."""
        causes = list(islice(_causes(self.failing.values()), MOST_CAUSES))
        if not causes:
            return
        wants_history = any(cause.kind not in _WITHOUT_HISTORY for cause, _ in causes)
        sources = Sources(self.snapshot, self.tools.index)
        if wants_history:
            self._history = sources.history = lately(self.snapshot)
        words = "1 error" if len(causes) == 1 else f"{len(causes)} errors"
        self.context.listener(StageStarted("aim", f"Trying what {words} suggest{'s' * (len(causes) == 1)}"))
        for cause, tests in causes:
            if self._left(tests):
                self._repair(cause, tests, sources)

    @property
    def fixed(self) -> frozenset[str]:
        return frozenset(name for hit in self.hits for name in hit.proposal.fixes)

    def _repair(self, cause: Cause, tests: tuple[str, ...], sources: Sources) -> None:
        suggested = list(islice(aimed_edits(cause, sources), MOST_DRAFTED))
        if not suggested:
            self._say_why_not(cause)
        of_tests = [each for each in suggested if touches_tests(each.change_set)]
        if of_tests:
            self._of_tests.append((cause, tests, of_tests))
        of_code = (each for each in suggested if not touches_tests(each.change_set))
        if (hit := self._first(of_code, cause, tests, MOST_RUN)) is not None:
            self.hits.append(hit)

    def change_tests(self, repaired: Collection[str]) -> None:
        """What the errors suggest to change in tests, for those that aren't repaired; after the search, if any."""
        self._searched = True
        for cause, tests, suggested in self._of_tests:
            if left := tuple(name for name in tests if name not in repaired):
                hit = self._first(suggested, cause, left, MOST_TEST_CHANGES)
                if hit is not None:
                    self.changes_of_tests.append(hit.proposal)

    @property
    def only_tests_can_help(self) -> bool:
        """Whether no search in the program can repair what is left: it fails by what the tests themselves say."""
        left = (self.failing[name] for name in self._left(self.failing))
        causes = [read_cause(result) for result in left if result.phase != "collect"]
        return all(
            cause is not None and cause.kind in _SAID_BY_TESTS and is_test_path(cause.path)
            for cause in causes
        )

    def _first(
        self, suggested: Iterable[Aimed], cause: Cause, tests: tuple[str, ...], most: int
    ) -> Hit | None:
        """The first that repairs all tests of the cause, of as many as may be run; where no search follows, also the
        one that repairs the most of them.
        """
        self._runs_left, self._almost = most, ""
        of_some: list[_Found] = []
        for aimed in filter(self._is_sound, suggested):
            found = self._try(aimed, cause, tests, MOST_STEPS)
            if found is not None and not found.fixes.issuperset(tests):
                of_some.append(found)
            elif found is not None and (hit := self._prove(found)) is not None:
                return hit
        no_search = self._searched or all(self.failing[name].phase == "collect" for name in tests)
        ordered = sorted(of_some if no_search else (), key=lambda found: -len(found.fixes))
        hit = next(filter(None, map(self._prove, ordered)), None)
        if hit is None and self._almost:
            self.notes.append(self._almost)
        return hit

    def _say_why_not(self, cause: Cause) -> None:
        where = f"{cause.path}, line {cause.line}"
        if cause.kind in _NAMING:
            self.notes.append(
                f"{where}: `{cause.name}` is defined nowhere in the workspace, and nothing that could be meant is "
                "called anything like it."
            )
        elif cause.kind is CauseKind.SYNTAX:
            self.notes.append(f"{where}: no single edit that was thought of makes this file Python again.")

    def _try(self, aimed: Aimed, cause: Cause, tests: tuple[str, ...], steps: int) -> _Found | None:
        """What repairs some of the tests that name the cause: the edit, or the first of several.

        Where they name another cause then, there is more to mend: what was left behind often was more than once.
        """
        if self._runs_left <= 0 or self._is_over():
            return None
        after = apply_changes(self.snapshot, aimed.change_set)
        run = self._run(after)
        fixes = self._fixes(run, after)
        if not fixes.isdisjoint(tests):
            return _Found(aimed, fixes)
        self._almost = self._almost or self._how_far(aimed, run, after, tests)
        left = (result for result in run.results if result.broken and _is_of(result.id, tests))
        result = next(left, None)
        following = read_cause(result) if result is not None else None
        if steps < 2 or following is None or _key(following)[:-1] == _key(cause)[:-1]:
            return None
        sources = Sources(after, build_index(after, self.tools.index), self._history)
        of_tests = touches_tests(aimed.change_set)
        suggested = (e for e in aimed_edits(following, sources) if touches_tests(e.change_set) is of_tests)
        for further in islice(suggested, MOST_FURTHER):
            together = one_after_the_other(self.snapshot, aimed.change_set, further.change_set)
            if together is None:
                continue
            both = replace(aimed, change_set=together, summary=f"{aimed.summary}, and {further.summary}")
            if self._is_sound(both) and (found := self._try(both, following, tests, steps - 1)) is not None:
                return found
        return None

    def _how_far(self, aimed: Aimed, run: TestRun, after: Snapshot, tests: tuple[str, ...]) -> str:
        """That a file can be collected with the edit, and what is wrong with its tests then; empty where it can't."""
        files = [name for name in tests if self.failing[name].phase == "collect" and is_collected(run, name)]
        why = why_not_collected(run, files[0], after) if files else None
        return f"With “{aimed.summary}” {why}; so it is not proven, and not offered." if why else ""

    def _prove(self, found: _Found) -> Hit | None:
        before, aimed = self.meter.spent(), found.aimed
        fixes = tuple(name for name in self.failing if name in found.fixes)
        self.context.listener(StageStarted("prove", f"Proving: {aimed.summary}"))
        proof = prove(Claim(self.snapshot, aimed.change_set, fixes, self.measured.baselines), self.tools)
        if not proof.reaches(Rung.FAILING_TEST_PASSES):
            return None
        proposal = proposal_of_aimed(aimed, fixes, proof, self.measured.passing)
        self.context.listener(ProposalFound(proposal))
        return Hit(aimed, proposal, self.meter.spent() - before, before, self.ran)

    def _run(self, after: Snapshot) -> TestRun:
        """The failing tests and files in a fresh Machine that holds the changed program."""
        self.ran += 1
        self._runs_left -= 1
        names = self._left(self.failing)[:MOST_TESTS]
        baseline, options = self.baseline, self.tools.selecting_files(self.baseline, names)
        with self.tools.open_machine(after, baseline.interpreter) as machine:
            return run_tests(
                machine, baseline.interpreter, baseline.project, options, cancel=self.context.cancel
            ).run

    def _fixes(self, run: TestRun, after: Snapshot) -> frozenset[str]:
        """The tests that pass, and the files that can be collected and whose tests pass."""
        passed = {result.id for result in run.results if result.outcome is Outcome.PASSED}
        collected = {name for name in self.failing if self.failing[name].phase == "collect"}
        return frozenset(
            name
            for name in self._left(self.failing)[:MOST_TESTS]
            if (why_not_collected(run, name, after) is None if name in collected else name in passed)
        )

    def _is_sound(self, aimed: Aimed) -> bool:
        """Whether the edit applies and draws no remark of our own: what costs no run."""
        try:
            after = apply_changes(self.snapshot, aimed.change_set)
        except ChangeConflict:
            return False
        for change in aimed.change_set.changes:
            if isinstance(change, ModifyFile) and change.path in self.snapshot.files:
                before, now = self.snapshot.files[change.path].text, after.files[change.path].text
                if change.path.endswith(".py") and new_diagnostics(before, now or ""):
                    return False
        return True

    def _left(self, names: Iterable[str]) -> tuple[str, ...]:
        fixed = self.fixed
        return tuple(name for name in names if name not in fixed)

    def _is_over(self) -> bool:
        """Files that can't be collected can be repaired here only; for tests there is a search to follow."""
        if self.meter.exhausted() is not None:
            return True
        if self._searched or self.only_tests_can_help:
            return False
        spent, budget = self.meter.spent(), self.meter.budget
        return (budget.seconds is not None and spent.seconds > SHARE * budget.seconds) or (
            budget.cpu_seconds is not None and spent.cpu_seconds > SHARE * budget.cpu_seconds
        )


def survivor_of(hit: Hit) -> Survivor:
    """A proven edit of one file as the search would have found it."""
    (change,) = hit.aimed.change_set.changes
    assert isinstance(change, ModifyFile)
    summary, line = hit.aimed.summary, hit.aimed.line
    candidate = Candidate(change.path, change.edits, "aimed", AIMED_COST, line, "", summary)
    return Survivor(candidate, hit.proposal.fixes, AIMED_COST)


def _is_of(test: str, names: Iterable[str]) -> bool:
    """Whether a test is among `names`, or is one of a file there that could not be collected."""
    return any(test == name or ("::" not in name and belongs(test, name)) for name in names)


def _key(cause: Cause) -> tuple[CauseKind, str, str, str, int]:
    return cause.kind, cause.name, cause.owner, cause.path, cause.line


def _causes(results: Iterable[TestResult]) -> Iterator[tuple[Cause, tuple[str, ...]]]:
    """Each cause once with the tests it makes fail: files that can't be collected first, then by how many they are."""
    found: dict[tuple[CauseKind, str, str, str, int], tuple[Cause, list[str], bool]] = {}
    for result in results:
        if (cause := read_cause(result)) is not None:
            found.setdefault(_key(cause), (cause, [], result.phase == "collect"))[1].append(result.id)
    ordered = sorted(found.values(), key=lambda item: (not item[2], -len(item[1])))
    return ((cause, tuple(tests)) for cause, tests, _ in ordered)
