"""What is asked of the engine, and what it answers: data only, so that a command line starts quickly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from macrohard_lsp.core.budget import Budget
from macrohard_lsp.core.finding import Finding
from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.together import Selection

if TYPE_CHECKING:
    from macrohard_lsp.engine.measure import Measured
    from macrohard_lsp.workspace.index import WorkspaceIndex


class CouldNotRun(Exception):
    """The request could not be carried out. The text is a sentence for a person that says what to do next."""


class TrustNeeded(CouldNotRun):
    """The same, where trusting the folder is what would help."""


@dataclass(frozen=True, slots=True)
class Since:
    """What an editor's tests were last run on, so that only those run which what changed since can affect.

    `snapshot` None: nothing is known, so all run. `index` is an earlier report's, to be brought up to date.
    """

    snapshot: Snapshot | None
    index: "WorkspaceIndex | None" = None


@dataclass(frozen=True, slots=True)
class TestRequest:
    """Run the tests `ids` of `folder`, or all of them. `tier` None leaves the choice to the settings.

    `buffers` are an editor's unsaved texts by path, and `sequence` numbers the Snapshot they make. `seconds`
    ends the first run of a project's tests, wherever it is by then. `collect_only` finds tests and runs none.
    With `since`, the tests run that a change since then can affect, and `ids` beside them.
    """

    __test__ = False

    folder: Path
    ids: tuple[str, ...] = ()
    tier: Tier | None = None
    buffers: Mapping[str, str] = field(default_factory=dict[str, str])
    sequence: int = 0
    seconds: float | None = None
    collect_only: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class TestReport:
    """How a test run went. `notes` are sentences for a person about what was left out or done differently.

    `ran` are the ids of the tests, or of the files or classes around them, that were chosen; empty for all.
    `measured` is what a repair of the same `snapshot` can start from; None where not every test was run.
    `commands` names the test commands all of whose results are here.
    """

    __test__ = False

    message: str
    tier: Tier
    seconds: float
    results: tuple[TestResult, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    snapshot: Snapshot
    ran: tuple[str, ...] = ()
    measured: "Measured | None" = None
    index: "WorkspaceIndex | None" = None
    commands: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        return sum(result.outcome is outcome for result in self.results)

    @property
    def passed(self) -> int:
        return self.count(Outcome.PASSED)

    @property
    def failed(self) -> int:
        return self.count(Outcome.FAILED)

    @property
    def errors(self) -> int:
        return self.count(Outcome.ERROR)

    @property
    def skipped(self) -> int:
        return self.count(Outcome.SKIPPED)

    @property
    def all_passed(self) -> bool:
        """True when nothing broke and nothing was flaky; skips and expected failures are no fault."""
        return not any(result.broken or result.outcome is Outcome.FLAKY for result in self.results)


class FixStatus(StrEnum):
    FIXED = "fixed"
    PARTLY_FIXED = "partly-fixed"
    NOTHING_FAILING = "nothing-failing"
    NO_FIX = "no-fix"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class FixRequest:
    """Repair the failing `tests`, or all that fail. `jobs` None lets the engine choose how many workers.

    `buffers` and `sequence` as in TestRequest. `known` is an earlier report of the whole suite; where the
    folder's content is still the same, the tests aren't run a second time before the repair.
    """

    folder: Path
    tests: tuple[str, ...] = ()
    tier: Tier | None = None
    seed: int = 0
    jobs: int | None = None
    budget: Budget = field(default_factory=Budget)
    buffers: Mapping[str, str] = field(default_factory=dict[str, str])
    sequence: int = 0
    known: TestReport | None = None


@dataclass(frozen=True, slots=True)
class FirstFix:
    """What it took until the edit was found that became the first proven Fix.

    Counted from the beginning of the search in that project, its Machine and warm session included, or, of an edit
    that an error led to, from when the first such edit was thought of;
    `proven_seconds` is when the proof had ended. `candidates` are those of projects before it, too.
    """

    seconds: float
    cpu_seconds: float
    candidates: int
    proven_seconds: float


@dataclass(frozen=True, slots=True)
class FixReport:
    """What came of a repair. `proposals` are ranked, best first; all of them are made for `snapshot`.

    `selection` is what of them is to be applied; `status` is about it. `together` is the selection as one Proposal,
    where it joins several. `results` are those of the run before. `first_fix` is None where none was proven.
    """

    status: FixStatus
    message: str
    tier: Tier
    seconds: float
    proposals: tuple[Proposal, ...]
    findings: tuple[Finding, ...]
    snapshot: Snapshot
    cpu_seconds: float
    candidates: int
    notes: tuple[str, ...]
    selection: Selection = field(default_factory=Selection)
    results: tuple[TestResult, ...] = ()
    together: Proposal | None = None
    first_fix: FirstFix | None = None
