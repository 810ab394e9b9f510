"""Where the fault probably is: spectrum-based localisation over lines, joined with other signs.

The score of a line is Ochiai's, ef / sqrt(F * (ef + ep)), with ef and ep the failing and passing tests
that execute it and F the failing tests (Ochiai's coefficient was first used for this by Abreu,
Zoeteweij and van Gemund, 2006). Two faults in one program dilute each other's spectrum, and taking every
failure by itself throws away what several say of one fault; so half of it is of all failing tests together, half the
best of any group of them. `bench/localisation` has the figures by which formula and signs were chosen.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from macrohard_lsp.core.testrun import Ending, TestResult
from macrohard_lsp.testing.coverage import FileLines, Held

CRASH_FRAME_BONUS = 0.3
CRASH_FRAME_DECAY = 0.6
# What an assertion that held counts of a test that passes, and what ran for such ones only of a test that fails:
# an assertion looks at little, and the state that it leaves may be what is wrong later.
HELD_WEIGHT = 0.5
# Worth its while where more than about a third of the faults are in what changed lately.
CHANGED_BONUS = 0.15
IMPORT_TIME_SCORE = 0.15
ASSERTIONS = frozenset({"AssertionError", "Failed", ""})


@dataclass(frozen=True, slots=True)
class Suspect:
    """A line (counted from 1) and how suspicious it is, 0 to about 1.4."""

    path: str
    line: int
    score: float


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failing tests that probably share a cause: the same exception at the same place. The quickest comes first."""

    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many failing and passing tests execute a line, and how many there are; assertions that held are parts."""

    failing: float
    passing: float
    all_failing: int
    all_passing: float


Formula = Callable[[Counts], float]


def ochiai(counts: Counts) -> float:
    return counts.failing / math.sqrt(counts.all_failing * (counts.failing + counts.passing))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the failing tests and of those that pass.

    `coverage` holds the executed lines of each test that was traced; `import_lines` those executed while the
    program was imported, which no test can be blamed for and which get a small score of their own where the file is
    suspicious at all. `held` says what of failing tests held. `changed` are lines that changed lately. Only lines of
    `editable` files are suspected.
    """

    coverage: Mapping[str, FileLines]
    failing: Mapping[str, TestResult]
    groups: tuple[FailureGroup, ...]
    passing: Sequence[str]
    import_lines: FileLines
    editable: frozenset[str]
    held: Mapping[str, Held] = field(default_factory=dict[str, Held])
    changed: FileLines = field(default_factory=dict[str, frozenset[int]])


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


def rank_suspects(evidence: Evidence, formula: Formula = ochiai) -> tuple[Suspect, ...]:
    """Lines, most suspicious first; of those that are equally so, the later first: what a function does last decides
    its result.
    """
    whole = (FailureGroup(tuple(evidence.failing)),)
    grouped = spectrum_scores(evidence, evidence.groups, formula)
    scores = {
        place: (score + grouped.get(place, 0.0)) / 2
        for place, score in spectrum_scores(evidence, whole, formula).items()
    }
    for result in evidence.failing.values():
        add_stack(scores, result, evidence.editable)
    add_import_time(scores, evidence)
    add_changed(scores, evidence.changed)
    return in_order(scores)


Scores = dict[tuple[str, int], float]


def in_order(scores: Scores) -> tuple[Suspect, ...]:
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0][0], -item[0][1]))
    return tuple(Suspect(path, line, score) for (path, line), score in ordered)


def spectrum_scores(evidence: Evidence, groups: Iterable[FailureGroup], formula: Formula) -> Scores:
    """What the formula says of each line that a failing test executes, the most of all groups."""
    held = {name: evidence.held[name] for name in evidence.failing if name in evidence.held}
    assertions = [spectrum for each in held.values() for spectrum in each.assertions]
    passing = [evidence.coverage[name] for name in evidence.passing if name in evidence.coverage]
    passed, also_passed = _count(passing), _count(assertions)
    all_passing = len(passing) + HELD_WEIGHT * len(assertions)
    best: Scores = {}
    for group in groups:
        traced = [name for name in group.tests if name in evidence.coverage]
        failed = _count(evidence.coverage[name] for name in traced)
        at_the_end = _count(held[name].rest if name in held else evidence.coverage[name] for name in traced)
        for place, count in failed.items():
            if place[0] in evidence.editable:
                surely = at_the_end.get(place, 0)
                by_failing = surely + HELD_WEIGHT * (count - surely)
                by_passing = passed.get(place, 0) + HELD_WEIGHT * also_passed.get(place, 0)
                counts = Counts(by_failing, by_passing, len(traced), all_passing)
                best[place] = max(best.get(place, 0.0), formula(counts))
    return best


def _count(spectra: Iterable[FileLines]) -> dict[tuple[str, int], int]:
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for spectrum in spectra:
        for path, lines in spectrum.items():
            for line in lines:
                counts[path, line] += 1
    return counts


def add_stack(best: Scores, result: TestResult, editable: frozenset[str]) -> None:
    """A crash names lines by itself: the innermost frame most, its callers less and less."""
    if result.exception in ASSERTIONS and result.ending is Ending.NORMAL:
        return
    bonus = CRASH_FRAME_BONUS
    for frame in reversed(result.frames):
        if frame.in_workspace and frame.path in editable:
            place = (frame.path, frame.line)
            best[place] = max(best.get(place, 0.0), min(1.0, best.get(place, 0.5)) + bonus)
            bonus *= CRASH_FRAME_DECAY


def add_changed(scores: Scores, changed: FileLines) -> None:
    """What ran and changed lately is likelier wrong than what has stood for long."""
    for path, lines in changed.items():
        for line in lines:
            if (path, line) in scores:
                scores[path, line] += CHANGED_BONUS


def add_import_time(best: Scores, evidence: Evidence) -> None:
    strongest: dict[str, float] = defaultdict(float)
    for (path, _), score in best.items():
        strongest[path] = max(strongest[path], score)
    for path, lines in evidence.import_lines.items():
        if path in evidence.editable and path in strongest:
            for line in lines:
                best.setdefault((path, line), IMPORT_TIME_SCORE * strongest[path])
