"""From scores of lines to the place of the true statement, and figures over many bugs."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.localisation.recording import Recording
from bench.localisation.slices import Slices
from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.core.line_diff import lines_of
from macrohard_lsp.repair.frontier import SUSPICION_WEIGHT
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.statements import Spans, one_per_statement, statement_spans
from macrohard_lsp.testing.assertions import held_assertions
from macrohard_lsp.testing.coverage import Held
from macrohard_lsp.testing.localisation import Evidence, Scores, group_failures, in_order

Place = tuple[str, int]


class Traced:
    """A recording with all that is worked out of it once, whatever the formula."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        coverage = recording.coverage
        executed = {path for lines in coverage.by_test.values() for path in lines} | set(coverage.outside)
        self.editable = frozenset(
            path for path in executed if path in recording.texts and not is_test_path(path)
        )
        self.evidence = Evidence(
            coverage.by_test,
            recording.failing,
            group_failures(recording.failing.values()),
            recording.passing,
            coverage.outside,
            self.editable,
        )

    @cached_property
    def held(self) -> dict[str, Held]:
        return held_assertions(self.recording.failing, self.recording.coverage, self.recording.texts)

    @cached_property
    def sources(self) -> Mapping[str, SourceContext]:
        return {path: SourceContext(path, self.recording.texts[path]) for path in sorted(self.editable)}

    @cached_property
    def lines(self) -> Mapping[str, Sequence[str]]:
        return {
            path: [line.rstrip("\r\n") for line in lines_of(source.text)]
            for path, source in self.sources.items()
        }

    @cached_property
    def spans(self) -> Mapping[str, Spans]:
        return {path: statement_spans(source.root) for path, source in self.sources.items()}

    @cached_property
    def slices(self) -> Mapping[str, Slices]:
        return {path: Slices(source) for path, source in self.sources.items()}

    @cached_property
    def statements(self) -> frozenset[Place]:
        """Every statement of the files that are executed at all, by its first line."""
        return frozenset(
            (path, first)
            for path, spans in self.spans.items()
            for first, _ in spans.values()
            if not self.lines[path][first - 1].lstrip().startswith("#")
        )

    @cached_property
    def true(self) -> frozenset[Place]:
        """The statements that the fix changes, of those that may be suspected at all."""
        path = self.recording.path
        if path not in self.spans:
            return frozenset()
        return frozenset((path, self.spans[path].get(line, (line, line))[0]) for line in self.recording.true)


@dataclass(frozen=True, slots=True)
class Figures:
    """`rank` is the mean place of the first true statement over all orders of statements with equal scores; `of` how
    many statements there are. `nats` is -ln of the share of the search's attention that the true statements get: the
    search tries what has less of the strongest suspicion by so much later as its weight says.
    """

    rank: float
    of: int
    nats: float


def figures(traced: Traced, scores: Scores) -> Figures:
    best = {
        (suspect.path, suspect.line): suspect.score
        for suspect in one_per_statement(in_order(scores), traced.spans)
    }
    strongest = max(best.values(), default=1.0) or 1.0
    all_places = traced.statements | best.keys()
    true = traced.true & all_places
    top = max((best.get(place, 0.0) for place in true), default=0.0)
    above = sum(score > top for score in best.values())
    equal = sum(best.get(place, 0.0) == top for place in all_places)
    hits = max(1, sum(best.get(place, 0.0) == top for place in true))

    def attention(place: Place) -> float:
        return math.exp(-SUSPICION_WEIGHT * (1 - min(1.0, best.get(place, 0.0) / strongest)))

    total = sum(map(attention, all_places))
    mine = sum(map(attention, true)) or math.exp(-SUSPICION_WEIGHT)
    return Figures(above + (equal + 1) / (hits + 1), len(all_places), -math.log(mine / total))


@dataclass(frozen=True, slots=True)
class Summary:
    bugs: int
    mrr: float
    top1: int
    top3: int
    top10: int
    exam: float
    nats: float


def summary(found: Sequence[Figures]) -> Summary:
    return Summary(
        len(found),
        statistics.fmean(1 / each.rank for each in found),
        sum(each.rank <= 1 for each in found),
        sum(each.rank <= 3 for each in found),
        sum(each.rank <= 10 for each in found),
        statistics.fmean(each.rank / each.of for each in found),
        statistics.fmean(each.nats for each in found),
    )
