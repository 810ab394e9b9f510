"""Something wrong, at a location, from a named source."""

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    FAILING_TEST = "failing-test"
    FLAKY_TEST = "flaky-test"
    SUITE_ORDER = "suite-order"
    COLLECTION = "collection"
    NEEDS_SETTING = "needs-setting"
    SUSPECT = "suspect"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file. `path` is relative to the workspace folder; `line` counts from 1, as people and Python do."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class RelatedPlace:
    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`source` names who found it (`pytest`, `repair` …). `tests` are the ids it speaks of: those of tests, or of a
    file that can't be collected.
    """

    kind: FindingKind
    severity: Severity
    source: str
    location: Location | None
    message: str
    tests: tuple[str, ...] = ()
    related: tuple[RelatedPlace, ...] = ()
