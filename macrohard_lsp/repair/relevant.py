"""Which tests judge a candidate, by the line it edits, and how long each of them may take."""

from collections.abc import Sequence, Set
from statistics import median

from macrohard_lsp.core.testrun import Ending
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.frontier import Following
from macrohard_lsp.repair.task import RepairTask
from macrohard_lsp.testing.sifting import Row

# Processor time of one test beside what it took before; most rejects need a hundredth of it. What needs more is
# given ten times as much, later, and then a hundred times.
QUICK_CPU_SECONDS = 0.02
BASELINE_FACTOR = 4.0
TIER_FACTOR = 10.0
NEIGHBOUR_SECONDS = 4.0
NEIGHBOUR_TESTS = 300
# Neighbours that are run at once where a failing test passed: a first sieve, the others follow.
SIEVE_SECONDS = 0.2
SIEVE_TESTS = 60


class RelevantTests:
    """Answers for one task. `repaired` are the tests that have a proven repair by now; somebody else adds to it."""

    def __init__(self, task: RepairTask, repaired: Set[str]) -> None:
        self._task = task
        self._repaired = repaired
        self._results = {**task.passing, **task.failing}
        self._program = frozenset(suspect.path for suspect in task.suspects)
        usual = [result.seconds for result in task.passing.values()]
        self._usual_seconds = median(usual) if usual else 0.1
        self._rows: dict[tuple[object, ...], Row] = {}

    def row(self, candidate: Candidate, following: Following | None = None, tier: int = 0) -> Row:
        """The tests of a candidate's lines as a warm runner takes them, with the limits of a tier of effort."""
        key = (candidate.path, candidate.lines, following, tier, len(self._repaired))
        if key not in self._rows:
            then = tuple(self.neighbours(candidate, SIEVE_SECONDS, SIEVE_TESTS))
            if following is not None:
                first, then = following.first, (*following.then, *then)
            else:
                first = tuple(self.first(candidate))
            factor = TIER_FACTOR**tier
            self._rows[key] = Row(first, then, factor * self._limit(first), factor * self._limit(then))
        return self._rows[key]

    def first(self, candidate: Candidate, following: Following | None = None) -> list[str]:
        """The quickest test of every group of failures that runs a line of it and has no repair yet.

        Those that hung or died come last: they would keep the others from being run. What goes on from
        another edit is tried with what that one left to do.
        """
        if following is not None:
            return [*following.then, *following.first]
        first = [
            group.tests[0]
            for group in self._task.groups
            if not self._repaired >= set(group.tests)
            and any(self._covers(group.tests[0], candidate.path, line) for line in candidate.lines)
        ]
        return sorted(first, key=lambda name: not comes_to_an_end(self._task, name))

    def neighbours(
        self, candidate: Candidate, seconds: float = NEIGHBOUR_SECONDS, most: int = NEIGHBOUR_TESTS
    ) -> list[str]:
        """Passing tests known to run a line of it, quickest first, as many as fit so many seconds."""
        covering = [
            (result.seconds, name)
            for name, result in self._task.passing.items()
            if self._task.runs(name, candidate)
        ]
        chosen: list[str] = []
        total = 0.0
        for each, name in sorted(covering)[:most]:
            total += each
            if total > seconds:
                break
            chosen.append(name)
        return chosen

    def seconds_of(self, tests: Sequence[str]) -> list[float]:
        """How long these tests took, as far as it is known."""
        # A test that hung says nothing about how long it takes when it works.
        return [
            self._usual_seconds
            if self._results[name].ending is Ending.TIMEOUT
            else self._results[name].seconds
            for name in tests
            if name in self._results
        ]

    def _limit(self, tests: Sequence[str]) -> float:
        return QUICK_CPU_SECONDS + BASELINE_FACTOR * max(self.seconds_of(tests), default=0.0)

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


def comes_to_an_end(task: RepairTask, name: str) -> bool:
    return task.failing[name].ending is Ending.NORMAL
