"""Tries candidates in warm runners: quick rejection by swapped function bodies, then a full import for what is left."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from macrohard_lsp.core.testrun import Ending
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.frontier import Attempt
from macrohard_lsp.repair.task import RepairTask, RepairTools
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.testing.cold import ColdRunner
from macrohard_lsp.testing.warm import (
    WarmAnswer,
    WarmEnding,
    WarmMode,
    WarmRunner,
    WarmSettings,
    WarmUnavailable,
)

# Limits of processor time for the failing tests of one candidate; most rejects need a hundredth of it.
QUICK_CPU_SECONDS = 0.15
SLOW_FACTOR = 10.0
BASELINE_FACTOR = 4.0
WALL_FACTOR = 4.0
WALL_EXTRA_SECONDS = 1.0
NEIGHBOUR_SECONDS = 4.0
NEIGHBOUR_TESTS = 300
RELOAD_EXTRA_SECONDS = 3.0
CANARY_PASSING_TESTS = 3


class Verdict(StrEnum):
    REJECTED = "rejected"
    NEEDS_RELOAD = "needs-reload"
    NEEDS_TIME = "needs-time"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Trial:
    """`broken` is a passing test that a candidate breaks which repairs `fixes`, and is rejected for it."""

    verdict: Verdict
    fixes: tuple[str, ...] = ()
    broken: str | None = None


class Validator:
    """Owns one Machine with up to two warm runners. One per search thread."""

    def __init__(
        self, task: RepairTask, tools: RepairTools, preload: tuple[str, ...], repaired: Set[str]
    ) -> None:
        """`repaired` are the tests that have a proven repair by now; somebody else adds to it."""
        self._task = task
        self._repaired = repaired
        self._tools = tools
        self._preload = preload
        self._machine: Machine = tools.open_machine()
        self._runners: dict[WarmMode, WarmRunner] = {}
        self._cold: ColdRunner | None = None
        self.refused: dict[WarmMode, str] = {}
        self._program = frozenset(suspect.path for suspect in task.suspects)
        usual = [result.seconds for result in task.passing.values()]
        self._usual_seconds = median(usual) if usual else 0.1

    def close(self) -> None:
        for runner in self._runners.values():
            runner.close()
        self._machine.close()

    @property
    def cpu_seconds(self) -> float:
        return sum(runner.cpu_seconds for runner in self._runners.values())

    def try_many(self, attempts: Sequence[Attempt]) -> list[Trial]:
        """Try attempts together where they can share a process, else one by one; answers in their order.

        Where neither kind of warm runner works for this program, each is tried in a cold run.
        """
        swap = self._runner(WarmMode.SWAP)
        together = [attempt for attempt in attempts if attempt.mode is WarmMode.SWAP and not attempt.slow]
        if swap is None or len(together) < len(attempts) or len(attempts) == 1:
            return [self._try_alone(attempt) for attempt in attempts]
        tests = [self._first_tests(attempt) for attempt in attempts]
        cpu = max(self._cpu_limit(names) for names in tests)
        answers = swap.check_many(
            [
                ({attempt.candidate.path: attempt.candidate.edits}, names)
                for attempt, names in zip(attempts, tests, strict=True)
            ],
            wall_seconds=cpu * WALL_FACTOR + WALL_EXTRA_SECONDS,
            cpu_seconds=cpu,
        )
        if any(answer.ended is WarmEnding.LOST for answer in answers):
            # One of them took the runner down; which one shows when each is tried alone.
            return [self._try_alone(attempt) for attempt in attempts]
        return [self._judge(attempt, answer) for attempt, answer in zip(attempts, answers, strict=True)]

    def _try_alone(self, attempt: Attempt) -> Trial:
        """Run the failing tests a candidate could repair, then the passing ones it could break."""
        runner = self._runner(attempt.mode)
        if runner is None:
            if attempt.mode is WarmMode.SWAP:
                return Trial(Verdict.NEEDS_RELOAD)
            runner = self._cold_runner()
        first = self._first_tests(attempt)
        if not first:
            return Trial(Verdict.REJECTED)
        return self._judge(attempt, self._ask(runner, attempt, first, stop=False))

    def _judge(self, attempt: Attempt, answer: WarmAnswer) -> Trial:
        if answer.ended is WarmEnding.NOT_SWAPPABLE:
            return Trial(Verdict.NEEDS_RELOAD)
        if answer.ended is WarmEnding.TIMEOUT and not attempt.slow and not answer.passed:
            return Trial(Verdict.NEEDS_TIME)
        # A candidate that passed some test and then died is rejected with the rest: its group needs all of them.
        if not answer.passed or (attempt.following and not attempt.following.is_met(answer.passed)):
            return Trial(Verdict.REJECTED)
        return self._confirm(attempt, answer)

    def _confirm(self, attempt: Attempt, first: WarmAnswer) -> Trial:
        """Import the edited program anew: all failing tests of the repaired groups, then the neighbours."""
        runner = self._runner(WarmMode.RELOAD) or self._cold_runner()
        targets = [
            name for group in self._task.groups if first.passed & set(group.tests) for name in group.tests
        ]
        # What hangs or dies because of another fault would take the whole answer with it.
        others = [
            name for name in self._task.failing if name not in targets and _comes_to_an_end(self._task, name)
        ]
        answer = self._ask(runner, attempt, [*targets, *others], stop=False)
        claim = self._claim(answer)
        if claim.verdict is not Verdict.SURVIVED:
            return claim
        neighbours = self._neighbours(attempt.candidate)
        if neighbours:
            after = self._ask(runner, attempt, neighbours, stop=True)
            if after.ended is not WarmEnding.FINISHED or len(after.passed) < len(neighbours):
                broken = next((name for name in neighbours if name not in after.passed), None)
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
        if attempt.slow:
            cpu *= SLOW_FACTOR
        if runner is not self._runners.get(WarmMode.SWAP):
            cpu += RELOAD_EXTRA_SECONDS
        return runner.check(
            {candidate.path: candidate.edits},
            tests,
            stop=stop,
            wall_seconds=cpu * WALL_FACTOR + WALL_EXTRA_SECONDS,
            cpu_seconds=cpu,
        )

    def _cpu_limit(self, tests: list[str]) -> float:
        results = {**self._task.passing, **self._task.failing}
        # A test that hung says nothing about how long it takes when it works.
        known = [
            self._usual_seconds if results[name].ending is Ending.TIMEOUT else results[name].seconds
            for name in tests
            if name in results
        ]
        return QUICK_CPU_SECONDS + BASELINE_FACTOR * sum(known)

    def _first_tests(self, attempt: Attempt) -> list[str]:
        """The quickest test of every group of failures that runs the candidate's lines and has no repair yet.

        Those that hung or died come last: they would keep the others from being run. What goes on from
        another edit is tried with what that one left to do.
        """
        if attempt.following is not None:
            return [*attempt.following.then, *attempt.following.first]
        candidate = attempt.candidate
        first = [
            group.tests[0]
            for group in self._task.groups
            if not self._repaired >= set(group.tests)
            and any(self._covers(group.tests[0], candidate.path, line) for line in candidate.lines)
        ]
        return sorted(first, key=lambda name: not _comes_to_an_end(self._task, name))

    def _covers(self, test: str, path: str, line: int) -> bool:
        """Whether an edit of the line could change how the test ends, as far as its coverage tells.

        What runs at import time can change every test that runs anything of that file, and a test that
        runs nothing of the program: it may read a constant.
        """
        coverage = self._task.coverage
        if test not in coverage:
            return True
        if line in self._task.import_lines.get(path, frozenset()):
            return path in coverage[test] or self._program.isdisjoint(coverage[test])
        return line in coverage[test].get(path, frozenset())

    def _neighbours(self, candidate: Candidate) -> list[str]:
        """Passing tests known to run the candidate's line, quickest first, as many as fit a few seconds."""
        covering = [
            (result.seconds, name)
            for name, result in self._task.passing.items()
            if self._task.runs(name, candidate)
        ]
        chosen: list[str] = []
        total = 0.0
        for seconds, name in sorted(covering)[:NEIGHBOUR_TESTS]:
            total += seconds
            if total > NEIGHBOUR_SECONDS:
                break
            chosen.append(name)
        return chosen

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
        """A sentence that says that candidates are tried cold and why; empty while they are not."""
        if self._cold is None:
            return ""
        return f"Each edit is tried in a cold run of its tests, which takes longer: {self.refused[WarmMode.RELOAD]}."

    def _start(self, mode: WarmMode) -> WarmRunner:
        """Start a runner and check it on the program as it is: it must see what the baseline saw.

        Tests that hang or kill their interpreter are left out of the check: they would only end it.
        """
        canary = self._canary_tests()
        tests = (*self._task.failing, *canary) if mode is WarmMode.SWAP else ()
        settings = WarmSettings(mode, self._task.warm_arguments, tests, self._preload)
        runner = WarmRunner(
            self._machine, self._task.interpreter, self._task.project, settings, self._tools.cancel
        )
        if mode is WarmMode.SWAP and runner.threads > 1:
            runner.close()
            raise WarmUnavailable(
                "the program starts threads when it is imported, and a fork has none of them"
            )
        failing = _quickest(self._task)
        asked = [*failing, *canary]
        limit = SLOW_FACTOR * self._cpu_limit(asked) + RELOAD_EXTRA_SECONDS
        answer = runner.check({}, asked, stop=False, wall_seconds=2 * limit, cpu_seconds=limit)
        wrong = answer.passed & set(failing) or set(canary) - answer.passed
        hung = answer.ended is WarmEnding.TIMEOUT
        # What hangs in a fork may not hang when it is imported anew; a whole import that is slow may be just that.
        if wrong and (not hung or mode is WarmMode.SWAP):
            runner.close()
            raise WarmUnavailable(
                f"warm runs ({mode.value}) of the unmodified program differ from cold ones: {sorted(wrong)[0]}"
            )
        return runner

    def _canary_tests(self) -> list[str]:
        """A few quick passing tests from the files of the failing ones."""
        files = {name.partition("::")[0] for name in self._task.failing}
        near = [name for name in self._task.passing if name.partition("::")[0] in files]
        return sorted(near, key=lambda name: self._task.passing[name].seconds)[:CANARY_PASSING_TESTS]


def modules_to_preload(task: RepairTask, tools: RepairTools) -> tuple[str, ...]:
    """Names of the modules outside the workspace that the failing tests import; empty when that can't be told."""
    settings = WarmSettings(WarmMode.RELOAD, task.warm_arguments)
    first = _quickest(task)[:1] or sorted(task.passing, key=lambda name: task.passing[name].seconds)[:1]
    with tools.open_machine() as machine:
        try:
            with WarmRunner(machine, task.interpreter, task.project, settings, tools.cancel) as runner:
                answer = runner.check({}, first, stop=True, wall_seconds=20.0, cpu_seconds=10.0, modules=True)
        except WarmUnavailable:
            return ()
    return answer.modules


def _quickest(task: RepairTask) -> list[str]:
    """The quickest test of every group of failures, without those that hang or kill their interpreter."""
    return [group.tests[0] for group in task.groups if _comes_to_an_end(task, group.tests[0])]


def _comes_to_an_end(task: RepairTask, name: str) -> bool:
    return task.failing[name].ending is Ending.NORMAL
