"""What a report says of its tests, before anything is known of the workspace it speaks of."""

from dataclasses import dataclass

from macrohard_lsp.core.testrun import Outcome

MOST_BYTES = 64 * 2**20
"""Of one report, or of all that one pattern finds."""
MOST_TESTS = 100_000
MOST_TEXT = 20_000
"""Characters that are kept of a failure's text, and of what a test printed."""
MOST_NAME = 500
DEEPEST = 60
"""Suites or subtests inside one another."""


class BadReport(ValueError):
    """A report can't be understood. The text completes the sentence that begins with where the report is."""


@dataclass(frozen=True, slots=True)
class ReportedTest:
    """`names` lead from the outermost suite or test to this one. `file` and `line` are the report's own for the test,
    `failure_file` and `failure_line` those for its failure; empty and 0 where it has none. `text` is where a stack
    may be, `printed` what the test printed, `message` what a person reads.
    """

    names: tuple[str, ...]
    outcome: Outcome
    seconds: float = 0.0
    classname: str = ""
    file: str = ""
    line: int = 0
    exception: str = ""
    message: str = ""
    text: str = ""
    printed: str = ""
    failure_file: str = ""
    failure_line: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """`problem` says what keeps it from being the whole truth: it was cut short, or given up."""

    tests: tuple[ReportedTest, ...]
    problem: str | None = None


def number(text: str) -> float:
    """Seconds as reports write them, also with a comma for thousands; 0 for what is none."""
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return value if 0.0 <= value < 1e9 else 0.0


def line_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
