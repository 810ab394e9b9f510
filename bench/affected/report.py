"""What came of it, as a section of RESULTS.md."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.results import measured_on


@dataclass(frozen=True, slots=True)
class Step:
    """One edit: the tests there are, those that each tool ran, and those that had to run."""

    commit: str
    total: int
    ours: frozenset[str]
    testmon: frozenset[str]
    changed: frozenset[str]
    executing: frozenset[str]
    seconds: float

    @property
    def needed(self) -> frozenset[str]:
        return self.changed | self.executing

    def line(self) -> str:
        missed = sorted(self.needed - self.ours)
        return (
            f"{self.commit}: of {self.total} tests {len(self.ours)} ran here, {len(self.testmon)} with testmon; "
            f"{len(self.needed)} had to, missed {len(missed)} and {len(self.needed - self.testmon)}"
            + (f" {missed[:3]}" if missed else "")
        )


def section(library: str, packages: Sequence[str], steps: Sequence[Step], *, known: bool) -> str:
    """`packages` are those that its tests needed; `known` says that what is true was taken from earlier runs."""
    options = "".join(f" --with '{package}'" for package in packages) + (" --known" if known else "")
    total = sum(step.total for step in steps)
    needed = sum(len(step.needed) for step in steps)
    ours, testmon = sum(len(step.ours) for step in steps), sum(len(step.testmon) for step in steps)
    missed = sum(len(step.needed - step.ours) for step in steps)
    theirs = sum(len(step.needed - step.testmon) for step in steps)
    more = sum(len(step.ours) > len(step.testmon) for step in steps)
    return f"""\
## Tests that a change affects

{measured_on()}. The last {len(steps)} edits of Python files in the history of {library}, one after the other.
"Had to run": changed outcomes {sum(len(step.changed) for step in steps)}, planted faults \
{sum(len(step.executing) for step in steps)}, together {needed}. Aim: none missed, no more run than with pytest-testmon.

| | tests run | of all | missed |
|---|---|---|---|
| all tests, each time | {total} | 100 % | 0 |
| here | {ours} | {_percent(ours, total)} | {missed} |
| pytest-testmon | {testmon} | {_percent(testmon, total)} | {theirs} |

Here over pytest-testmon: {ours / max(testmon, 1):.2f} in tests run; more than it at {more} of {len(steps)} edits.
Written by `python -m bench.affected.run --repository CLONE{options}`."""


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} %"
