"""What a test run found: which tests ran, how each ended, and where.

Test ids are `PATH::NAME` with PATH relative to the workspace folder (posix separators), whatever
directory the test framework itself was started in; so one folder with several projects has one
space of ids.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from macrohard_lsp.core.tier import Tier


class Outcome(StrEnum):
    """How one test ended. `FLAKY` is never reported by one run; it is concluded from several."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    FLAKY = "flaky"


BROKEN = frozenset({Outcome.FAILED, Outcome.ERROR})


class Ending(StrEnum):
    """What stopped a broken test: an exception in it, the clock, or the death of its interpreter."""

    NORMAL = "normal"
    TIMEOUT = "timeout"
    CRASH = "crash"


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a stack. `path` is relative to the workspace folder when `in_workspace`, else absolute.

    `line` counts from 1, as Python's tracebacks do.
    """

    path: str
    line: int
    function: str
    in_workspace: bool


class WantedKind(StrEnum):
    """What a test may reach for outside of it: a port of the loopback, a host by its name, the network at all,
    a variable of the environment, a file to read, a place to write.
    """

    PORT = "port"
    HOST = "host"
    NETWORK = "network"
    VARIABLE = "variable"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that a broken test reached for and did not get, as far as its exception tells.

    `name` is a number for a port, an absolute path for a file, empty where it isn't known.
    """

    kind: WantedKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test ended.

    `phase` is `collect`, `setup`, `call` or `teardown`: where the outcome was decided. `message` is
    the framework's own explanation, shortened. `frames` run from the outermost call to where the
    exception was raised. `defined_at` is the test itself, where the framework could say. `wanted` is what the
    exception says was not there, wherever the fault is. `command` names the command whose report this is from; it is
    empty where a framework told of itself.
    """

    __test__ = False  # pytest would otherwise try to collect this class where a test imports it.

    id: str
    outcome: Outcome
    seconds: float = 0.0
    phase: str = "call"
    exception: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    defined_at: Frame | None = None
    ending: Ending = Ending.NORMAL
    wanted: tuple[Wanted, ...] = ()
    command: str = ""

    @property
    def broken(self) -> bool:
        return self.outcome in BROKEN


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run of a test command in a Machine.

    `results` keep the order in which tests ran. `problem` is a sentence for a person when the run
    could not be carried out at all (no tests, pytest missing, a broken configuration); then
    `results` may be empty. `tier` says where it ran. `missing` are ids that were asked for and not found.
    """

    __test__ = False

    results: tuple[TestResult, ...]
    command: tuple[str, ...]
    tier: Tier
    seconds: float
    problem: str | None = None
    missing: tuple[str, ...] = ()

    def by_id(self) -> dict[str, TestResult]:
        return {result.id: result for result in self.results}

    @property
    def broken(self) -> tuple[TestResult, ...]:
        return tuple(result for result in self.results if result.broken)


def innermost(frames: tuple[Frame, ...]) -> tuple[str, str] | None:
    """The user's own function (path, name) that a stack is in, if it is in any."""
    own = [frame for frame in frames if frame.in_workspace]
    return (own[-1].path, own[-1].function) if own else None


def hung_in(results: Iterable[TestResult]) -> frozenset[tuple[str, str]]:
    """The functions of the user's (path, name) in which tests were when their time was up."""
    stacks = (result.frames for result in results if result.ending is Ending.TIMEOUT)
    return frozenset(place for frames in stacks if (place := innermost(frames)) is not None)


def named_by(name: str) -> tuple[str, ...]:
    """All ids by which a test can be asked for: its own, and those of its function, its classes and its file."""
    path, _, rest = name.partition("::")
    classes = rest.partition("[")[0].split("::")[:-1]
    inside = ("::".join([path, *classes[:depth]]) for depth in range(1, len(classes) + 1))
    return (name, name.partition("[")[0], path, *inside)


def import_of(path: str) -> str:
    """The id that stands for a file's import alone: the file is collected, and none of its tests runs."""
    return f"{path}::"


def is_import(name: str) -> bool:
    return name.endswith("::")
