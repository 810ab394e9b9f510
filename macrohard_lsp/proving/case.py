"""What is to be proven, and what the judge is given to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.changeset import ChangeSet
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestRun
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.testing.options import TestOptions


@dataclass(frozen=True, slots=True)
class ProjectBaseline:
    """One project's own test command on the unmodified program. `flaky` are left out of every comparison."""

    project: Project
    interpreter: Interpreter
    run: TestRun
    flaky: frozenset[str]

    @property
    def passing(self) -> frozenset[str]:
        steady = (r.id for r in self.run.results if r.outcome is Outcome.PASSED)
        return frozenset(steady) - self.flaky


@dataclass(frozen=True, slots=True)
class Claim:
    """`change_set` repairs `repairs`, which failed in three fresh runs of the unmodified `snapshot`."""

    snapshot: Snapshot
    change_set: ChangeSet
    repairs: tuple[str, ...]
    baselines: tuple[ProjectBaseline, ...]


@dataclass(frozen=True, slots=True)
class ProvingTools:
    """`open_machine` opens a fresh Machine that holds the given Snapshot and shows the given interpreter."""

    open_machine: Callable[[Snapshot, Interpreter], Machine]
    options: TestOptions
    tier: Tier
    cancel: Cancel


@dataclass(frozen=True, slots=True)
class Evidence:
    """How one rung ended: `reason` is empty when it passed."""

    passed: bool
    reason: str = ""
    evidence: str = ""
    command: tuple[str, ...] = ()


Texts = Mapping[str, str]
