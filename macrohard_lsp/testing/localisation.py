"""Where the fault probably is: spectrum-based localisation over lines, joined with the stacks of crashing tests.

The score of a line is Ochiai's, ef / sqrt(F * (ef + ep)), with ef and ep the failing and passing tests
that execute it and F the failing tests (Ochiai's coefficient was first used for this by Abreu,
Zoeteweij and van Gemund, 2006). Failing tests are taken group by group, because two faults in one
program dilute each other's spectrum; a line's score is the best it has in any group.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from macrohard_lsp.core.testrun import Ending, TestResult
from macrohard_lsp.testing.coverage import FileLines

CRASH_FRAME_BONUS = 0.3
CRASH_FRAME_DECAY = 0.6
IMPORT_TIME_SCORE = 0.15
ASSERTIONS = frozenset({"AssertionError", "Failed", ""})


@dataclass(frozen=True, slots=True)
class Suspect:
    """A line (counted from 1) and how suspicious it is, 0 to about 1.3."""

    path: str
    line: int
    score: float


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failing tests that probably share a cause: the same exception at the same place. The quickest comes first."""

    tests: tuple[str, ...]


def group_failures(results: Iterable[TestResult]) -> tuple[FailureGroup, ...]:
    """Group failing tests by exception and innermost frame; parametrised variants of one test stay together."""
    groups: dict[tuple[str, ...], list[TestResult]] = defaultdict(list)
    for result in results:
        groups[_signature(result)].append(result)
    return tuple(
        FailureGroup(tuple(result.id for result in sorted(members, key=lambda r: (r.seconds, r.id))))
        for members in groups.values()
    )


def _signature(result: TestResult) -> tuple[str, ...]:
    if result.ending is not Ending.NORMAL or not result.frames:
        return (result.id.partition("[")[0], result.ending.value)
    innermost = result.frames[-1]
    return (result.exception, innermost.path, str(innermost.line), result.id.partition("[")[0])


def rank_suspects(
    coverage: Mapping[str, FileLines],
    failing: Mapping[str, TestResult],
    groups: Sequence[FailureGroup],
    passing: Iterable[str],
    import_lines: FileLines,
    editable: frozenset[str],
) -> tuple[Suspect, ...]:
    """Lines of `editable` files, most suspicious first.

    `coverage` holds the executed lines of each test that was traced; `import_lines` those executed
    while the program was imported, which no test can be blamed for and which get a small score of
    their own where the file is suspicious at all.
    """
    passed = _count(coverage[name] for name in passing if name in coverage)
    best: dict[tuple[str, int], float] = {}
    for group in groups:
        traced = [name for name in group.tests if name in coverage]
        failed = _count(coverage[name] for name in traced)
        for place, count in failed.items():
            if place[0] in editable:
                score = count / math.sqrt(len(traced) * (count + passed.get(place, 0)))
                best[place] = max(best.get(place, 0.0), score)
    for result in failing.values():
        _add_stack(best, result, editable)
    _add_import_time(best, import_lines, editable)
    ordered = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Suspect(path, line, score) for (path, line), score in ordered)


def _count(spectra: Iterable[FileLines]) -> dict[tuple[str, int], int]:
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for spectrum in spectra:
        for path, lines in spectrum.items():
            for line in lines:
                counts[path, line] += 1
    return counts


def _add_stack(best: dict[tuple[str, int], float], result: TestResult, editable: frozenset[str]) -> None:
    """A crash names lines by itself: the innermost frame most, its callers less and less."""
    if result.exception in ASSERTIONS and result.ending is Ending.NORMAL:
        return
    bonus = CRASH_FRAME_BONUS
    for frame in reversed(result.frames):
        if frame.in_workspace and frame.path in editable:
            place = (frame.path, frame.line)
            best[place] = max(best.get(place, 0.0), min(1.0, best.get(place, 0.5)) + bonus)
            bonus *= CRASH_FRAME_DECAY


def _add_import_time(
    best: dict[tuple[str, int], float], import_lines: FileLines, editable: frozenset[str]
) -> None:
    strongest: dict[str, float] = defaultdict(float)
    for (path, _), score in best.items():
        strongest[path] = max(strongest[path], score)
    for path, lines in import_lines.items():
        if path in editable and path in strongest:
            for line in lines:
                best.setdefault((path, line), IMPORT_TIME_SCORE * strongest[path])
