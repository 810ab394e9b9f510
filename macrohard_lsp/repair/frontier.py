"""The order in which candidates are tried: cheapest first, generated only when their turn may have come."""

import heapq
import itertools
import math
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

    `tier` counts how often it was given more time. `following` is what is asked of it where it goes on
    from another edit.
    """

    cost: float
    order: float
    candidate: Candidate = field(compare=False)
    mode: WarmMode = field(compare=False, default=WarmMode.SWAP)
    tier: int = field(compare=False, default=0)
    following: Following | None = field(compare=False, default=None)

    def reloaded(self) -> "Attempt":
        return replace(self, mode=WarmMode.RELOAD, cost=self.cost + RELOAD_PENALTY)

    def slower(self) -> "Attempt":
        return replace(self, tier=self.tier + 1, cost=self.cost + SLOW_PENALTY)

    @property
    def is_alone(self) -> bool:
        """Whether it can't share a process with others."""
        return self.mode is WarmMode.RELOAD or self.tier > 0


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
        # By cost, order and a number of its own: an attempt, and the stream that has the next one.
        self._heap: list[tuple[float, float, int, Attempt, Stream | None]] = []
        self._closed: list[tuple[float, int, Callable[[], Iterable[Stream]]]] = []
        self._seen: set[tuple[object, ...] | None] = set()
        self._numbers = itertools.count()
        # Seed 0 keeps the order of the source; any other shuffles candidates of equal cost.
        self._random = random.Random(seed) if seed else None
        strongest = max((suspect.score for suspect in suspects), default=1.0)
        # Lines that are equally suspicious keep the order in which they come.
        for suspect in suspects:
            base = SUSPICION_WEIGHT * (1 - suspect.score / strongest)
            mode = modes.get((suspect.path, suspect.line), WarmMode.SWAP)
            self.later(base, partial(_stream_of, Stream(base, mode, company), generate, suspect))

    def later(self, base: float, make: Callable[[], Iterable[Stream]]) -> None:
        """Ask for streams when everything cheaper than `base`, which is the least they cost, was taken."""
        heapq.heappush(self._closed, (base, next(self._numbers), make))

    def pop(self) -> Attempt | None:
        """The cheapest attempt left, or None when the space is exhausted."""
        while self._closed and (not self._heap or self._closed[0][0] < self._heap[0][0]):
            _, _, make = heapq.heappop(self._closed)
            for stream in make():
                self._advance(stream)
        if not self._heap:
            return None
        _, _, _, attempt, stream = heapq.heappop(self._heap)
        if stream is not None:
            self._advance(stream)
        return attempt

    def pop_together(self, most: int, limit: float = math.inf) -> list[Attempt]:
        """The cheapest attempt, and those after it that can share its process, up to a cost of `limit`.

        What needs a process of its own and comes in between keeps its place, and is the next.
        """
        attempts: list[Attempt] = []
        aside: list[Attempt] = []
        while len(attempts) + len(aside) < most and (attempt := self.pop()) is not None:
            if attempts and (attempt.is_alone or attempt.cost > limit):
                aside.append(attempt)
                if attempt.cost > limit:
                    break
                continue
            attempts.append(attempt)
            if attempt.is_alone:
                break
        for attempt in aside:
            self.push(attempt)
        return attempts

    @property
    def cheapest(self) -> float:
        """No attempt that was made ready costs less than this."""
        return self._heap[0][0] if self._heap else math.inf

    def push(self, attempt: Attempt) -> None:
        """Put back an attempt, to be made again or with more effort."""
        heapq.heappush(self._heap, (attempt.cost, attempt.order, next(self._numbers), attempt, None))

    def _advance(self, stream: Stream) -> None:
        """Bring up the next candidate of a stream that was not seen on another."""
        penalty = RELOAD_PENALTY if stream.mode is WarmMode.RELOAD else 0.0
        for candidate in stream.candidates:
            cost = candidate.prior + stream.base + penalty
            is_new = self._bring(stream, candidate, cost, is_next=True)
            if stream.company is not None:
                for other, price in stream.company(candidate, cost):
                    self._bring(stream, other, price, is_next=False)
            if is_new:
                return

    def _bring(self, stream: Stream, candidate: Candidate, cost: float, *, is_next: bool) -> bool:
        """Let a candidate wait for its turn, unless its edits were brought up before."""
        made = candidate if stream.finish is None else stream.finish(candidate)
        key = (made.path, made.edits) if made is not None else None
        if made is None or key in self._seen:
            return False
        self._seen.add(key)
        number = next(self._numbers)
        order = self._random.random() if self._random else float(number)
        attempt = Attempt(cost, order, made, stream.mode, following=stream.following)
        heapq.heappush(self._heap, (cost, order, number, attempt, stream if is_next else None))
        return True


def _stream_of(
    stream: Stream, generate: Callable[[str, int], Iterator[Candidate]], suspect: Suspect
) -> Iterator[Stream]:
    yield replace(stream, candidates=generate(suspect.path, suspect.line))
