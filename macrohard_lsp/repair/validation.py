"""Tries candidates in warm runners: quick rejection by swapped function bodies, then a full import for what is left."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from macrohard_lsp.repair.frontier import Attempt
from macrohard_lsp.repair.relevant import BASELINE_FACTOR, TIER_FACTOR, RelevantTests, comes_to_an_end
from macrohard_lsp.repair.task import RepairTask, RepairTools
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.testing.cold import ColdRunner
from macrohard_lsp.testing.sifting import Sieved, SiftAnswer, Sifted
from macrohard_lsp.testing.warm import (
    WarmAnswer,
    WarmEnding,
    WarmMode,
    WarmRunner,
    WarmSettings,
    WarmUnavailable,
)

# Processor time for the tests of one candidate that is tried alone, beside what they took before.
ALONE_CPU_SECONDS = 0.15
# A candidate gets so much more time twice at most.
HIGHEST_TIER = 2
# Many candidates are tried at once for so long, in seconds; what is left then is put back.
SIFT_SECONDS = 0.25
# Candidates that repair something and break something else that are looked at closely; each costs an import.
MOST_BREAKING = 60
WALL_FACTOR = 4.0
WALL_EXTRA_SECONDS = 1.0
# What a whole import may take beside the tests: at first so much, then this many times what it took, and a little more.
RELOAD_EXTRA_SECONDS = 3.0
RELOAD_FACTOR = 3.0
RELOAD_LEAST_SECONDS = 0.5
CANARY_PASSING_TESTS = 3
# Passing tests that a runner holds beside those to be repaired: what a candidate breaks shows there at once.
NEAR_TESTS = 300


class Verdict(StrEnum):
    REJECTED = "rejected"
    NEEDS_RELOAD = "needs-reload"
    NEEDS_TIME = "needs-time"
    SURVIVED = "survived"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Trial:
    """`broken` is a passing test that a candidate breaks which repairs `fixes`, and is rejected for it."""

    verdict: Verdict
    fixes: tuple[str, ...] = ()
    broken: str | None = None


class Validator:
    """Owns one Machine with up to two warm runners. One per search thread."""

    def __init__(self, task: RepairTask, tools: RepairTools, repaired: Set[str]) -> None:
        """`repaired` are the tests that have a proven repair by now; somebody else adds to it."""
        self._task = task
        self._tools = tools
        self._foreign: tuple[str, ...] | None = None
        self._machine: Machine = tools.open_machine()
        self._runners: dict[WarmMode, WarmRunner] = {}
        self._cold: ColdRunner | None = None
        self.refused: dict[WarmMode, str] = {}
        self._relevant = RelevantTests(task, repaired)
        self._import_seconds = RELOAD_EXTRA_SECONDS
        self._leaking = False
        self._breaking_left = MOST_BREAKING

    def close(self) -> None:
        for runner in self._runners.values():
            runner.close()
        self._machine.close()

    @property
    def cpu_seconds(self) -> float:
        return sum(runner.cpu_seconds for runner in self._runners.values())

    def try_many(self, attempts: Sequence[Attempt], halt: bool) -> list[Trial]:
        """Try attempts together where bodies can be swapped, else one by one; answers in their order.

        With `halt` those after a likely survivor are left untried: it is to be known first.
        Where neither kind of warm runner works for this program, each is tried in a cold run.
        """
        swap = self._runner(WarmMode.SWAP)
        if swap is None or any(attempt.mode is WarmMode.RELOAD for attempt in attempts):
            return [self._try_alone(attempt) for attempt in attempts]
        candidates = [attempt.candidate for attempt in attempts]
        rows = [
            self._relevant.row(attempt.candidate, attempt.following, attempt.tier) for attempt in attempts
        ]
        places = [place for place, row in enumerate(rows) if row.first]
        entries = [Sieved(candidates[place].path, candidates[place].edits, rows[place]) for place in places]
        trials = [Trial(Verdict.REJECTED)] * len(attempts)
        if not entries:
            return trials
        cpu = max(entry.row.cpu + entry.row.cpu_then for entry in entries)
        answer = swap.sift(
            entries,
            self._task.failing.keys(),
            seconds=SIFT_SECONDS,
            wall_seconds=cpu * WALL_FACTOR + WALL_EXTRA_SECONDS,
            halt=halt,
        )
        if answer is None:
            return self._try_fewer(attempts, halt)
        self._leaking = answer.leaking
        for number, place in enumerate(places):
            trials[place] = self._judge_sifted(attempts[place], number, answer)
        return trials

    def _try_fewer(self, attempts: Sequence[Attempt], halt: bool) -> list[Trial]:
        """One of them took the runner down; which one shows when they are tried apart."""
        if len(attempts) == 1:
            return [self._try_alone(attempts[0])]
        half = len(attempts) // 2
        return [*self.try_many(attempts[:half], halt), *self.try_many(attempts[half:], halt)]

    def _judge_sifted(self, attempt: Attempt, number: int, answer: SiftAnswer) -> Trial:
        verdict = Sifted(answer.verdicts[number])
        if verdict is Sifted.BREAKS:
            # It repairs all it could and breaks something: with a second edit it may be the fix.
            self._breaking_left -= 1
        if verdict is Sifted.PASSED or (verdict is Sifted.BREAKS and self._breaking_left >= 0):
            return self._confirm(attempt, frozenset(answer.passed.get(number, ())))
        if verdict is Sifted.TIMEOUT and attempt.tier < HIGHEST_TIER:
            return Trial(Verdict.NEEDS_TIME)
        if verdict is Sifted.NOT_SWAPPABLE:
            return Trial(Verdict.NEEDS_RELOAD)
        return Trial(Verdict.UNTRIED if verdict is Sifted.UNTRIED else Verdict.REJECTED)

    def _try_alone(self, attempt: Attempt) -> Trial:
        """Run the failing tests a candidate could repair, then the passing ones it could break."""
        runner = self._runner(attempt.mode)
        if runner is None:
            if attempt.mode is WarmMode.SWAP:
                return Trial(Verdict.NEEDS_RELOAD)
            runner = self._cold_runner()
        first = self._relevant.first(attempt.candidate, attempt.following)
        if not first:
            return Trial(Verdict.REJECTED)
        return self._judge(attempt, self._ask(runner, attempt, first, stop=False))

    def _judge(self, attempt: Attempt, answer: WarmAnswer) -> Trial:
        if answer.ended is WarmEnding.NOT_SWAPPABLE:
            return Trial(Verdict.NEEDS_RELOAD)
        if answer.ended is WarmEnding.TIMEOUT and not attempt.tier and not answer.passed:
            return Trial(Verdict.NEEDS_TIME)
        # A candidate that passed some test and then died is rejected with the rest: its group needs all of them.
        if not answer.passed or (attempt.following and not attempt.following.is_met(answer.passed)):
            return Trial(Verdict.REJECTED)
        return self._confirm(attempt, answer.passed)

    def _confirm(self, attempt: Attempt, passed: frozenset[str]) -> Trial:
        """Import the edited program anew: all failing tests of the repaired groups, then the neighbours."""
        runner = self._runner(WarmMode.RELOAD) or self._cold_runner()
        targets = [name for group in self._task.groups if passed & set(group.tests) for name in group.tests]
        # What hangs or dies because of another fault would take the whole answer with it.
        others = [
            name for name in self._task.failing if name not in targets and comes_to_an_end(self._task, name)
        ]
        neighbours = self._relevant.neighbours(attempt.candidate)
        # What came through the sieve likely passes them all; for what didn't, they are not run in vain.
        together = neighbours if attempt.mode is WarmMode.SWAP else []
        answer = self._ask(runner, attempt, [*targets, *together, *others], stop=False)
        claim = self._claim(answer)
        if claim.verdict is not Verdict.SURVIVED:
            return claim
        if neighbours and not together:
            answer = self._ask(runner, attempt, neighbours, stop=True)
        if answer.ended is not WarmEnding.FINISHED or not answer.passed.issuperset(neighbours):
            broken = next((name for name in neighbours if name not in answer.passed), None)
            return Trial(Verdict.REJECTED, claim.fixes, broken)
        return claim

    def _claim(self, answer: WarmAnswer) -> Trial:
        """What a candidate repairs: the tests that passed, as long as the run came to its end."""
        fixes = tuple(name for name in self._task.failing if name in answer.passed)
        if answer.ended is not WarmEnding.FINISHED or not fixes:
            return Trial(Verdict.REJECTED)
        return Trial(Verdict.SURVIVED, fixes)

    def _ask(
        self, runner: WarmRunner | ColdRunner, attempt: Attempt, tests: list[str], *, stop: bool
    ) -> WarmAnswer:
        candidate = attempt.candidate
        cpu = self._cpu_limit(tests)
        if attempt.tier:
            cpu *= TIER_FACTOR
        if runner is not self._runners.get(WarmMode.SWAP):
            cpu += self._import_seconds
        return runner.check(
            {candidate.path: candidate.edits},
            tests,
            stop=stop,
            wall_seconds=cpu * WALL_FACTOR + WALL_EXTRA_SECONDS,
            cpu_seconds=cpu,
        )

    def _cpu_limit(self, tests: list[str]) -> float:
        return ALONE_CPU_SECONDS + BASELINE_FACTOR * sum(self._relevant.seconds_of(tests))

    def _runner(self, mode: WarmMode) -> WarmRunner | None:
        """The runner of a mode, started when first needed; None when it misjudges the unmodified program."""
        if mode in self.refused:
            return None
        if mode not in self._runners:
            try:
                self._runners[mode] = self._start(mode)
            except WarmUnavailable as reason:
                self.refused[mode] = str(reason)
                return None
        return self._runners[mode]

    def _cold_runner(self) -> ColdRunner:
        """For a program on which warm runs fail or differ from cold ones."""
        if self._cold is None:
            task = self._task
            self._cold = ColdRunner(
                self._tools.open_machine,
                task.interpreter,
                task.project,
                task.snapshot,
                task.warm_arguments,
                self._tools.cancel,
            )
        return self._cold

    @property
    def note(self) -> str:
        """A sentence that says what makes trying candidates slow here; empty where nothing does."""
        if self._cold is not None:
            reason = self.refused[WarmMode.RELOAD]
            return f"Each edit is tried in a cold run of its tests, which takes longer: {reason}."
        if self._leaking:
            return (
                "Each edit is tried in a process of its own, which takes longer: "
                "what the tests leave behind changes how they end."
            )
        return ""

    def _start(self, mode: WarmMode) -> WarmRunner:
        """Start a runner and check it on the program as it is: it must see what the baseline saw.

        Tests that hang or kill their interpreter are left out of the check: they would only end it.
        """
        canary = self._canary_tests()
        tests = (*self._task.failing, *self._near_tests()) if mode is WarmMode.SWAP else ()
        preload = self._modules_to_preload() if mode is WarmMode.RELOAD else ()
        settings = WarmSettings(mode, self._task.warm_arguments, tests, preload)
        runner = WarmRunner(
            self._machine, self._task.interpreter, self._task.project, settings, self._tools.cancel
        )
        if mode is WarmMode.SWAP and runner.threads > 1:
            runner.close()
            raise WarmUnavailable(
                "the program starts threads when it is imported, and a fork has none of them"
            )
        failing = _quickest(self._task)
        # What passes is asked first: what fails may leave something behind that it stumbles over.
        asked = [*canary, *failing]
        limit = TIER_FACTOR * self._cpu_limit(asked) + RELOAD_EXTRA_SECONDS
        answer = runner.check(
            {}, asked, stop=False, wall_seconds=2 * limit, cpu_seconds=limit, modules=mode is WarmMode.SWAP
        )
        if mode is WarmMode.SWAP and answer.ended is WarmEnding.FINISHED:
            self._foreign = answer.modules
        if mode is WarmMode.RELOAD and answer.ended is WarmEnding.FINISHED:
            self._import_seconds = min(
                RELOAD_EXTRA_SECONDS, RELOAD_LEAST_SECONDS + RELOAD_FACTOR * answer.cpu
            )
        wrong = answer.passed & set(failing) or set(canary) - answer.passed
        hung = answer.ended is WarmEnding.TIMEOUT
        # What hangs in a fork may not hang when it is imported anew; a whole import that is slow may be just that.
        if wrong and (not hung or mode is WarmMode.SWAP):
            runner.close()
            raise WarmUnavailable(
                f"warm runs ({mode.value}) of the unmodified program differ from cold ones: {sorted(wrong)[0]}"
            )
        return runner

    def _modules_to_preload(self) -> tuple[str, ...]:
        """Modules outside the workspace that the tests import, as a run of the program as it is has shown.

        Empty when that can't be told.
        """
        if self._foreign is None:
            task = self._task
            settings = WarmSettings(WarmMode.RELOAD, task.warm_arguments)
            asked = _quickest(task)[:1] or self._canary_tests()[:1]
            try:
                with WarmRunner(
                    self._machine, task.interpreter, task.project, settings, self._tools.cancel
                ) as runner:
                    answer = runner.check(
                        {}, asked, stop=True, wall_seconds=20.0, cpu_seconds=10.0, modules=True
                    )
                self._foreign = answer.modules
            except WarmUnavailable:
                self._foreign = ()
        return self._foreign

    def _canary_tests(self) -> list[str]:
        """A few quick passing tests from the files of the failing ones."""
        return self._near_tests()[:CANARY_PASSING_TESTS]

    def _near_tests(self) -> list[str]:
        """Passing tests from the files of the failing ones, quickest first."""
        files = {name.partition("::")[0] for name in self._task.failing}
        near = [name for name in self._task.passing if name.partition("::")[0] in files]
        return sorted(near, key=lambda name: self._task.passing[name].seconds)[:NEAR_TESTS]


def _quickest(task: RepairTask) -> list[str]:
    """The quickest test of every group of failures, without those that hang or kill their interpreter."""
    return [group.tests[0] for group in task.groups if comes_to_an_end(task, group.tests[0])]
