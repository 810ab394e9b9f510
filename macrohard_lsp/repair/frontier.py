"""The order in which candidates are tried: cheapest first, generated only when their turn may have come."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.testing.localisation import Suspect
from macrohard_lsp.testing.warm import WarmMode

# How much less likely a line is when it has no suspicion at all, in the unit of the priors (natural logarithms).
SUSPICION_WEIGHT = 6.0
# What a candidate that has to be imported anew is put back by: it costs about five times as much to try.
RELOAD_PENALTY = 1.0
SLOW_PENALTY = 3.5


@dataclass(frozen=True, slots=True)
class Following:
    """What an edit is asked that goes on from another one.

    It is tried with tests of which one of `first` has to pass and all of `then`. In the end it has to
    repair all that the other one does (`kept`), and something else if `more`.
    """

    first: tuple[str, ...]
    then: tuple[str, ...]
    kept: frozenset[str]
    more: bool

    def is_met(self, passed: frozenset[str]) -> bool:
        return passed.issuperset(self.then) and not passed.isdisjoint(self.first)

    def is_reached(self, fixes: Iterable[str]) -> bool:
        repaired = frozenset(fixes)
        return repaired > self.kept or (repaired == self.kept and not self.more)


@dataclass(frozen=True, slots=True, order=True)
class Attempt:
    """One candidate at one level of effort. Ordered by cost, then by `order`.

    `stream` is the line it was generated for, while it has not been taken. `following` is what is asked
    of it where it goes on from another edit.
    """

    cost: float
    order: float
    candidate: Candidate = field(compare=False)
    mode: WarmMode = field(compare=False, default=WarmMode.SWAP)
    slow: bool = field(compare=False, default=False)
    stream: int | None = field(compare=False, default=None)
    following: Following | None = field(compare=False, default=None)

    def reloaded(self) -> "Attempt":
        return replace(self, mode=WarmMode.RELOAD, cost=self.cost + RELOAD_PENALTY)

    def slower(self) -> "Attempt":
        return replace(self, slow=True, cost=self.cost + SLOW_PENALTY)


Company = Callable[[Candidate, float], Iterable[tuple[Candidate, float]]]
"""Further candidates that come with one of this cost, none of them cheaper, each with its cost."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Candidates still to come, cheapest first, and what each of them costs beside its prior.

    `finish` makes of a candidate what is tried, None where that is nothing.
    """

    base: float
    mode: WarmMode = WarmMode.SWAP
    company: Company | None = None
    candidates: Iterator[Candidate] = field(default_factory=lambda: iter(()))
    finish: Callable[[Candidate], Candidate | None] | None = None
    following: Following | None = None


class Frontier:
    """All candidates of all suspects as one stream in order of cost = prior + weight x (1 - suspicion).

    The candidates of a line are generated when nothing cheaper is left than the cheapest thing the
    line could offer. Not thread-safe; the search holds a lock around it.
    """

    def __init__(
        self,
        suspects: tuple[Suspect, ...],
        generate: Callable[[str, int], Iterator[Candidate]],
        modes: Mapping[tuple[str, int], WarmMode],
        seed: int,
        company: Company | None = None,
    ) -> None:
        self._heap: list[Attempt] = []
        self._closed: list[tuple[float, int, Callable[[], Iterable[Stream]]]] = []
        # The candidates of each opened line that are still to come, cheapest first.
        self._streams: dict[int, Stream] = {}
        self._seen: set[tuple[object, ...] | None] = set()
        self._numbers = itertools.count()
        # Seed 0 keeps the order of the source; any other shuffles candidates of equal cost.
        self._random = random.Random(seed) if seed else None
        strongest = max((suspect.score for suspect in suspects), default=1.0)
        # Of lines that are equally suspicious the last comes first: what a function does last decides its result.
        for suspect in reversed(suspects):
            base = SUSPICION_WEIGHT * (1 - suspect.score / strongest)
            mode = modes.get((suspect.path, suspect.line), WarmMode.SWAP)
            self.later(base, partial(_stream_of, Stream(base, mode, company), generate, suspect))

    def later(self, base: float, make: Callable[[], Iterable[Stream]]) -> None:
        """Ask for streams when everything cheaper than `base`, which is the least they cost, was taken."""
        heapq.heappush(self._closed, (base, next(self._numbers), make))

    def pop(self) -> Attempt | None:
        """The cheapest attempt left, or None when the space is exhausted."""
        while self._closed and (not self._heap or self._closed[0][0] < self._heap[0].cost):
            _, _, make = heapq.heappop(self._closed)
            for stream in make():
                number = next(self._numbers)
                self._streams[number] = stream
                self._advance(number)
        if not self._heap:
            return None
        attempt = heapq.heappop(self._heap)
        if attempt.stream is not None:
            self._advance(attempt.stream)
        return replace(attempt, stream=None)

    def pop_together(self, most: int) -> list[Attempt]:
        """The cheapest attempt, and those after it that can share its process: quick ones that swap bodies."""
        attempts: list[Attempt] = []
        while len(attempts) < most and (attempt := self.pop()) is not None:
            alone = attempt.mode is WarmMode.RELOAD or attempt.slow
            if alone and attempts:
                self.push(attempt)
                break
            attempts.append(attempt)
            if alone:
                break
        return attempts

    def push(self, attempt: Attempt) -> None:
        """Put back an attempt that has to be made with more effort."""
        heapq.heappush(self._heap, attempt)

    def _advance(self, number: int) -> None:
        """Bring up the next candidate of a stream that was not seen on another."""
        stream = self._streams[number]
        penalty = RELOAD_PENALTY if stream.mode is WarmMode.RELOAD else 0.0
        for candidate in stream.candidates:
            cost = candidate.prior + stream.base + penalty
            is_new = self._bring(stream, number, candidate, cost)
            if stream.company is not None:
                for other, price in stream.company(candidate, cost):
                    self._bring(stream, None, other, price)
            if is_new:
                return
        del self._streams[number]

    def _bring(self, stream: Stream, number: int | None, candidate: Candidate, cost: float) -> bool:
        """Let a candidate wait for its turn, unless its edits were brought up before."""
        made = candidate if stream.finish is None else stream.finish(candidate)
        key = (made.path, made.edits) if made is not None else None
        if made is None or key in self._seen:
            return False
        self._seen.add(key)
        order = self._random.random() if self._random else float(next(self._numbers))
        attempt = Attempt(cost, order, made, stream.mode, stream=number, following=stream.following)
        heapq.heappush(self._heap, attempt)
        return True


def _stream_of(
    stream: Stream, generate: Callable[[str, int], Iterator[Candidate]], suspect: Suspect
) -> Iterator[Stream]:
    yield replace(stream, candidates=generate(suspect.path, suspect.line))
