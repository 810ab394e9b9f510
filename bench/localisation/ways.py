"""Ways of scoring: a formula, and the signs that are joined with it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from bench.localisation.formulas import FORMULAS
from bench.localisation.ranking import Place, Traced
from macrohard_lsp.core.testrun import Ending, TestResult
from macrohard_lsp.testing.coverage import FileLines
from macrohard_lsp.testing.localisation import (
    ASSERTIONS,
    Evidence,
    FailureGroup,
    Formula,
    Scores,
    add_changed,
    add_import_time,
    add_stack,
    ochiai,
    rank_suspects,
    spectrum_scores,
)

# What a line that no result depends on keeps of its score.
OUT_OF_SLICE = 0.5
# What the statements get that the line of a crash depends on directly; those that these depend on get half of it.
CRASH_SLICE_BONUS = 0.15
CRASH_SLICE_DECAY = 0.5
# Statements besides the true one that have changed as well, in the planted history.
OTHER_CHANGES = 10


class Grouping(Enum):
    """All failing tests together, the best of every group of them, or half of each."""

    NONE = "all failures"
    BEST = "best group"
    HALF = "half of each"


@dataclass(frozen=True, slots=True)
class Way:
    """`changed` says whether a planted history holds the true statement; None is for no history."""

    formula: Formula = ochiai
    grouping: Grouping = Grouping.NONE
    stack: bool = False
    held: bool = False
    crash_slice: bool = False
    end_slice: bool = False
    last_first: bool = False
    changed: bool | None = None

    def scores(self, traced: Traced) -> Scores:
        evidence = replace(traced.evidence, held=traced.held) if self.held else traced.evidence
        scores = self._spectrum(evidence)
        if self.end_slice:
            _put_back(scores, traced)
        for result in evidence.failing.values():
            if self.crash_slice:
                _add_crash_slice(scores, result, traced)
            if self.stack:
                add_stack(scores, result, evidence.editable)
        add_import_time(scores, evidence)
        if self.changed is not None:
            add_changed(scores, planted(traced, right=self.changed))
        if self.last_first:
            # Too little to part what differs otherwise.
            scores = {place: score + 1e-9 * place[1] for place, score in scores.items()}
        return scores

    def _spectrum(self, evidence: Evidence) -> Scores:
        whole = (FailureGroup(tuple(evidence.failing)),)
        if self.grouping is Grouping.BEST:
            return spectrum_scores(evidence, evidence.groups, self.formula)
        scores = spectrum_scores(evidence, whole, self.formula)
        if self.grouping is Grouping.HALF:
            best = spectrum_scores(evidence, evidence.groups, self.formula)
            return {place: (score + best[place]) / 2 for place, score in scores.items()}
        return scores


def _put_back(scores: Scores, traced: Traced) -> None:
    """What nothing depends on that a function gives back, or raises."""
    wanted: set[Place] = set()
    known = {(path, line) for path, slices in traced.slices.items() for line in slices.known()}
    for name in traced.recording.failing:
        for path, lines in traced.evidence.coverage.get(name, {}).items():
            if path in traced.slices:
                wanted.update((path, line) for line in traced.slices[path].of_ends(lines))
    for place in known - wanted:
        if place in scores:
            scores[place] *= OUT_OF_SLICE


def _add_crash_slice(scores: Scores, result: TestResult, traced: Traced) -> None:
    if result.exception in ASSERTIONS and result.ending is Ending.NORMAL:
        return
    frames = [frame for frame in result.frames if frame.in_workspace and frame.path in traced.slices]
    for frame in frames[-1:]:
        for line, depth in traced.slices[frame.path].depths(frame.line).items():
            if depth and (frame.path, line) in scores:
                place = (frame.path, line)
                scores[place] += CRASH_SLICE_BONUS * CRASH_SLICE_DECAY ** (depth - 1)


def planted(traced: Traced, *, right: bool) -> FileLines:
    """Lines that changed since HEAD, as if they had: statements at random, and the true ones if `right`."""
    rng = random.Random(f"{traced.recording.set} {traced.recording.name}")
    others = sorted(traced.statements - traced.true)
    chosen = set(rng.sample(others, min(OTHER_CHANGES, len(others) // 4)))
    places = chosen | traced.true if right else chosen
    return {path: frozenset(line for file, line in places if file == path) for path, _ in places}


def product(traced: Traced) -> Scores:
    """What the product itself makes of it, a later line before an earlier one as it has them."""
    suspects = rank_suspects(replace(traced.evidence, held=traced.held))
    return {(each.path, each.line): each.score + 1e-9 * each.line for each in suspects}


# With every formula.
COLUMNS = {
    "bare": Way(),
    "stack": Way(stack=True),
    "stack, best group": Way(stack=True, grouping=Grouping.BEST),
    "stack, half": Way(stack=True, grouping=Grouping.HALF),
    "stack, half, held": Way(stack=True, grouping=Grouping.HALF, held=True),
    "… slice of the crash": Way(stack=True, grouping=Grouping.HALF, held=True, crash_slice=True),
    "… slice of the results": Way(stack=True, grouping=Grouping.HALF, held=True, end_slice=True),
}
_JOINED = COLUMNS["stack, half, held"]
# With Ochiai alone, in full.
ROWS: Mapping[str, Callable[[Traced], Scores]] = {
    **{f"Ochiai, {name}": way.scores for name, way in COLUMNS.items()},
    "as it was: stack, best group, last line first": replace(
        COLUMNS["stack, best group"], last_first=True
    ).scores,
    "as it is: stack, half, held, last line first": product,
    "… changed lately, the fault as well": replace(_JOINED, last_first=True, changed=True).scores,
    "… changed lately, the fault not": replace(_JOINED, last_first=True, changed=False).scores,
}


def all_ways() -> dict[str, Callable[[Traced], Scores]]:
    """The rows, and each formula with each of the columns as `FORMULA / COLUMN`."""
    ways = dict(ROWS)
    for name, formula in FORMULAS.items():
        ways.update(
            {f"{name} / {column}": replace(way, formula=formula).scores for column, way in COLUMNS.items()}
        )
    return ways
