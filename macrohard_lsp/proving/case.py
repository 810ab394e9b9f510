"""What is to be proven, and what the judge is given to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.changeset import ChangeSet
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestRun
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.proving.collected import stands_for_folder
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.workspace.index import WorkspaceIndex


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
class OtherSuite:
    """Tests that a command of its own runs. `passing` passed on the unmodified program; `run` runs all on another."""

    name: str
    passing: frozenset[str]
    run: Callable[[Snapshot], TestRun]


@dataclass(frozen=True, slots=True)
class Claim:
    """`change_set` repairs `repairs`, which failed in three fresh runs of the unmodified `snapshot`.

    Among them may be files that can't be collected: those count as repaired when their tests run and pass.
    """

    snapshot: Snapshot
    change_set: ChangeSet
    repairs: tuple[str, ...]
    baselines: tuple[ProjectBaseline, ...]

    def repairs_in(self, baseline: ProjectBaseline) -> tuple[str, ...]:
        """Those of the repaired tests that belong to one project."""
        known = {result.id for result in baseline.run.results}
        return tuple(name for name in self.repairs if name in known)

    def files_in(self, baseline: ProjectBaseline) -> tuple[str, ...]:
        """Those of the repaired of one project that are no tests but what could not be collected."""
        files = {result.id for result in baseline.run.results if result.phase == "collect" and result.broken}
        return tuple(name for name in self.repairs_in(baseline) if name in files)

    def tests_in(self, baseline: ProjectBaseline) -> tuple[str, ...]:
        """The others."""
        files = self.files_in(baseline)
        return tuple(name for name in self.repairs_in(baseline) if name not in files)

    def owner(self, path: str) -> ProjectBaseline:
        """The project whose directory holds `path` most closely; the first one where none does."""
        holding = [
            baseline
            for baseline in self.baselines
            if not baseline.project.directory or path.startswith(baseline.project.directory + "/")
        ]
        return max(holding, key=lambda found: len(found.project.directory), default=self.baselines[0])


@dataclass(frozen=True, slots=True)
class ProvingTools:
    """`open_machine` opens a fresh Machine that holds the given Snapshot and shows the given interpreter.

    `ignored` are, for the directory of each project, the arguments that leave out other projects inside it.
    `jobs` is how many Machines may work at once. `index` is that of the unchanged Snapshot. `others` run beside the
    projects' own tests.
    """

    open_machine: Callable[[Snapshot, Interpreter], Machine]
    options: TestOptions
    ignored: Mapping[str, tuple[str, ...]]
    tier: Tier
    jobs: int
    cancel: Cancel
    index: WorkspaceIndex
    others: tuple[OtherSuite, ...] = ()

    def whole_suite(self, baseline: ProjectBaseline) -> TestOptions:
        """The user's own test command for one project, without the other projects that lie inside it."""
        extra = self.ignored.get(baseline.project.directory, ())
        return replace(self.options, arguments=(*self.options.arguments, *extra))

    def selecting_files(
        self, baseline: ProjectBaseline, ids: tuple[str, ...], trap: tuple[str, ...] = ()
    ) -> TestOptions:
        """The same where `ids` may name what can't be collected; a conftest or a folder means the whole suite."""
        if any("::" not in name and stands_for_folder(name) for name in ids):
            return replace(self.whole_suite(baseline), trap=trap)
        return self.selecting(ids, trap)

    def selecting(self, ids: tuple[str, ...], trap: tuple[str, ...] = ()) -> TestOptions:
        return replace(self.options, ids=ids, trap=trap)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How one rung ended: `reason` is empty when it passed."""

    passed: bool
    reason: str = ""
    evidence: str = ""
    command: tuple[str, ...] = ()
