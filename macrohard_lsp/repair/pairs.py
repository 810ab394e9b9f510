"""Two edits that only together are the fix: the second is looked for in the program as the first leaves it.

The first is one that the tests say something good of: it turns failing tests green without breaking a
passing one, or turns all of them green that run its lines and breaks one. Both are rare, so that what goes
on from them is a small part of all pairs and a likely one. A pair that gets further may itself be gone on
from, once.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log1p

from macrohard_lsp.core.testrun import Ending
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.combining import Places, compose, merged
from macrohard_lsp.repair.frontier import SUSPICION_WEIGHT, Following, Frontier, Stream
from macrohard_lsp.repair.operators import FAMILIES, candidates_for
from macrohard_lsp.repair.operators.family import Family
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.statements import Spans, one_per_statement, statement_spans
from macrohard_lsp.repair.task import RepairTask, Survivor
from macrohard_lsp.repair.twins import Twins
from macrohard_lsp.testing.localisation import Evidence, group_failures, rank_suspects

# What a pair costs beside its second edit: a penalty, a share of what the first costs (all of it where that is several
# edits itself: three are never likelier than two of them), and more the less it repairs.
PAIR_PENALTY = 1.5
SHARE_OF_FIRST = 0.4
UNREPAIRED_WEIGHT = 2.0
BREAKING_PENALTY = 1.0
# What each seed before it adds, as the logarithm of their number: a program of which every edit repairs
# something must not be drowned in pairs.
CROWD_WEIGHT = 0.8
MOST_SEEDS = 20
MOST_BREAKING_SEEDS = 10
MOST_EDITS = 3
# Lines of the program as the first edit leaves it that a second one is looked for on.
MOST_LINES = 60
MOST_CHARACTERS = 200_000
# Tests that a second edit is tried with first.
MOST_FIRST = 3
# The least suspicion, as a share of the strongest, of the function that the first edit is in: what stands behind
# the place where a test stopped was not run by it.
OWN_FUNCTION = 0.6


@dataclass(frozen=True, slots=True)
class Seed:
    """A first edit with the failing tests it repairs. `broken` is a test that passed before and fails with it."""

    candidate: Candidate
    fixes: frozenset[str]
    cost: float
    broken: str | None = None


class Pairs:
    """Makes streams of second edits for a Frontier. Not thread-safe; the search holds a lock around it."""

    def __init__(
        self,
        task: RepairTask,
        sources: Mapping[str, SourceContext],
        frontier: Frontier,
        families: Sequence[Family] = FAMILIES,
    ) -> None:
        self._task = task
        self._sources = sources
        self._frontier = frontier
        self._families = families
        self._seeds: dict[bool, list[Seed]] = {True: [], False: []}

    def admit(self, survivor: Survivor, broken: str | None = None) -> None:
        """Go on from an edit that repairs something, unless it is whole or there are better ones enough."""
        seed = Seed(survivor.candidate, frozenset(survivor.fixes), survivor.cost, broken)
        concerned = self._task.concerned(seed.candidate)
        left = concerned - seed.fixes
        others = self._seeds[seed.broken is not None]
        # Which of several workers was quicker says nothing of how good a seed is.
        rank = sum(len(o.fixes) >= len(seed.fixes) and o.cost <= seed.cost for o in others)
        if (
            bool(left) == (broken is not None)
            or rank >= (MOST_SEEDS if broken is None else MOST_BREAKING_SEEDS)
            or 1 + seed.candidate.family.count("+") >= MOST_EDITS
            or len(self._sources[seed.candidate.path].text) > MOST_CHARACTERS
        ):
            return
        others.append(seed)
        share = 1.0 if "+" in seed.candidate.family else SHARE_OF_FIRST
        base = PAIR_PENALTY + share * seed.cost + CROWD_WEIGHT * log1p(rank)
        base += BREAKING_PENALTY if broken is not None else UNREPAIRED_WEIGHT * len(left) / len(concerned)
        self._frontier.later(base, lambda: self._open(seed, base))

    def _open(self, seed: Seed, base: float) -> Iterator[Stream]:
        """Streams of second edits, a line each, that are opened when their turn comes."""
        edited = Edited(self._sources[seed.candidate.path], seed, self._families)
        scores = self._suspicion(seed)
        strongest = max(scores.values(), default=1.0)
        lines: list[tuple[float, int]] = []
        at_import = self._task.import_lines.get(edited.path, frozenset())
        for line in edited.statements():
            original = edited.original_line(line)
            if original in at_import:
                continue
            score = scores.get(original, 0.0) / strongest
            if edited.is_near(line):
                score = max(score, OWN_FUNCTION)
            if score > 0:
                lines.append((base + SUSPICION_WEIGHT * (1 - min(score, 1.0)), line))
        for cost, line in sorted(lines)[:MOST_LINES]:
            self._frontier.later(cost, lambda cost=cost, line=line: self._stream(edited, cost, line))
        return iter(())

    def _stream(self, edited: "Edited", base: float, line: int) -> Iterator[Stream]:
        following = self._following(edited.seed, edited.original_line(line))
        if following.first:
            yield Stream(
                base,
                company=edited.twins.meet,
                candidates=edited.candidates(line),
                finish=edited.whole,
                following=following,
            )

    def _suspicion(self, seed: Seed) -> dict[int, float]:
        """How suspicious each line of the file is, by the tests that fail with the first edit in place."""
        task = self._task
        failing = {name: task.failing[name] for name in task.failing if name not in seed.fixes}
        if seed.broken is not None:
            failing = {name: task.failing[name] for name in seed.fixes}
        passing = [*task.passing, *(name for name in task.failing if name not in failing)]
        path = seed.candidate.path
        evidence = Evidence(
            task.coverage,
            failing,
            group_failures(failing.values()),
            passing,
            task.import_lines,
            frozenset({path}),
        )
        suspects = rank_suspects(evidence)
        spans = {path: statement_spans(self._sources[path].root)}
        return {suspect.line: suspect.score for suspect in one_per_statement(suspects, spans)}

    def _following(self, seed: Seed, line: int) -> Following:
        """The tests that a second edit on this line is tried with, quickest first."""
        quick = sorted(seed.fixes, key=self._order)[:1]
        if seed.broken is not None:
            return Following((seed.broken,), tuple(quick), seed.fixes, more=False)
        left = [name for name in self._task.concerned(seed.candidate) if name not in seed.fixes]
        left += [
            name
            for name in self._task.failing
            if name not in seed.fixes
            and name not in left
            and line in self._task.coverage.get(name, {}).get(seed.candidate.path, frozenset())
        ]
        left.sort(key=self._order)
        return Following(tuple(left[:MOST_FIRST]), tuple(quick), seed.fixes, more=True)

    def _order(self, name: str) -> tuple[bool, float, str]:
        result = self._task.failing[name]
        return (result.ending is not Ending.NORMAL, result.seconds, name)


class Edited:
    """The file as a first edit leaves it, with the way back to the file as it is."""

    def __init__(self, source: SourceContext, seed: Seed, families: Sequence[Family] = FAMILIES) -> None:
        self.seed = seed
        self._families = families
        self.path = source.path
        self._text = source.text
        first = seed.candidate
        self._source = SourceContext(source.path, first.apply(source.text), source.literals)
        self._spans: Spans = statement_spans(self._source.root)
        self._places = Places(first.edits)
        self.twins = Twins(self._source)
        self._lines = _line_starts(self._source.text)
        self._original_lines = _line_starts(source.text)

    def statements(self) -> list[int]:
        """The first line of every statement."""
        return sorted({first for first, _ in self._spans.values()})

    def original_line(self, line: int) -> int:
        """The line of the file as it is that a line of the edited one was, or was inserted at."""
        offset = self._lines[min(line, len(self._lines)) - 1]
        return _line_of(self._original_lines, self._places.before(offset))

    def is_near(self, line: int) -> bool:
        """Whether a line is in the function of the first edit."""
        sites = self._source.sites_of_line(line)
        return bool(sites) and self._source.qualified_name(sites[0]) == self.seed.candidate.function

    def candidates(self, line: int) -> Iterator[Candidate]:
        """The candidates of a line of the edited file, which count in it."""
        start, end = self._spans.get(line, (line, line))
        return candidates_for(self._source, range(start, end + 1), self._families)

    def whole(self, second: Candidate) -> Candidate | None:
        """The first edit and the second as one of the file as it is; None where nothing is left of them."""
        first = self.seed.candidate
        edits = compose(self._text, first.edits, second.edits)
        if not edits:
            return None
        line, *more = (self.original_line(line) for line in second.lines)
        there = replace(second, line=line, more_lines=tuple(more))
        return merged(first, there, edits, second.prior, f"{first.summary}, and {second.summary}")


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for place, character in enumerate(text):
        if character == "\n":
            starts.append(place + 1)
    return starts


def _line_of(starts: list[int], offset: int) -> int:
    return bisect_right(starts, offset)
