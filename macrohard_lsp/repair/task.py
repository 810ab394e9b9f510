"""What the repair engine is asked, what it is given to work with, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.testing.coverage import FileLines
from macrohard_lsp.testing.localisation import FailureGroup, Suspect


@dataclass(frozen=True, slots=True)
class RepairTask:
    """Failing tests to repair in one project of a Snapshot.

    `failing` and `passing` are the confirmed results of the unmodified program. `coverage` holds the
    executed lines of the tests that were traced. `warm_arguments` are pytest's, for a warm runner. `moves` is
    what this person's earlier decisions add to the priors of edit families.
    """

    snapshot: Snapshot
    project: Project
    interpreter: Interpreter
    failing: Mapping[str, TestResult]
    passing: Mapping[str, TestResult]
    groups: tuple[FailureGroup, ...]
    suspects: tuple[Suspect, ...]
    coverage: Mapping[str, FileLines]
    import_lines: FileLines
    warm_arguments: tuple[str, ...]
    seed: int = 0
    moves: Mapping[str, float] = field(default_factory=dict[str, float])

    def runs(self, test: str, candidate: Candidate) -> bool:
        """Whether the test is known to run a line that the candidate changes."""
        lines = self.coverage.get(test, {}).get(candidate.path, frozenset())
        return any(line in lines for line in candidate.lines)

    def concerned(self, candidate: Candidate) -> frozenset[str]:
        """The failing tests that are known to run a line that the candidate changes."""
        return frozenset(name for name in self.failing if self.runs(name, candidate))


@dataclass(frozen=True, slots=True)
class RepairTools:
    """`open_machine` opens a Machine with the Snapshot in it. `out_of_budget` is asked before each candidate
    with the processor seconds that the search has used. `on_progress` is told how many candidates were tried.
    `is_late` is asked like `out_of_budget`: whether it is time to be content with what repairs a part.
    """

    open_machine: Callable[[], Machine]
    jobs: int
    cancel: Cancel
    out_of_budget: Callable[[float], bool]
    on_progress: Callable[[int], None]
    is_late: Callable[[float], bool] = lambda _used: False


@dataclass(frozen=True, slots=True)
class Survivor:
    """A candidate that passed warm: it repairs `fixes` and broke none of the passing tests that run its lines."""

    candidate: Candidate
    fixes: tuple[str, ...]
    cost: float
