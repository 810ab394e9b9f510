"""The order in which candidates are tried: cheapest first, generated only when their turn may have come."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
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

    `first` are the tests to try it with. It has to pass those of them that are in `kept` and another one,
    and in the end all that are in `kept`, with something else if it has to repair `more`.
    """

    first: tuple[str, ...]
    kept: frozenset[str]
    more: bool

    def is_met(self, passed: Set[str]) -> bool:
        """Whether what passed of `first` is enough to look further."""
        return self.kept.intersection(self.first) <= passed and bool(passed - self.kept)

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


@dataclass(slots=True)
class Stream:
    """Candidates still to come, cheapest first, and what each of them costs beside its prior."""

    base: float
    candidates: Iterator[Candidate]
    mode: WarmMode = WarmMode.SWAP
    following: Following | None = None


class Frontier:
    """All candidates of all suspects as one stream in order of cost = prior + weight x (1 - suspicion).

    The candidates of a line are generated when nothing cheaper is left than the cheapest thing the
    line could offer. Not thread-safe; the search holds a lock around it. `company` makes further
    attempts of one that was brought up, none of them cheaper.
    """

    def __init__(
        self,
        suspects: tuple[Suspect, ...],
        generate: Callable[[str, int], Iterator[Candidate]],
        modes: Mapping[tuple[str, int], WarmMode],
        seed: int,
        company: Callable[[Attempt], Iterable[Attempt]] | None = None,
    ) -> None:
        self._heap: list[Attempt] = []
        self._closed: list[tuple[float, int, Callable[[], Iterable[Stream]]]] = []
        # The candidates of each opened line that are still to come, cheapest first.
        self._streams: dict[int, Stream] = {}
        self._seen: set[tuple[object, ...]] = set()
        self._numbers = itertools.count()
        self._company = company
        # Seed 0 keeps the order of the source; any other shuffles candidates of equal cost.
        self._random = random.Random(seed) if seed else None
        strongest = max((suspect.score for suspect in suspects), default=1.0)
        # Of lines that are equally suspicious the last comes first: what a function does last decides its result.
        for suspect in reversed(suspects):
            base = SUSPICION_WEIGHT * (1 - suspect.score / strongest)
            mode = modes.get((suspect.path, suspect.line), WarmMode.SWAP)
            self.later(base, partial(_streams_of, base, generate, suspect, mode))

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
            order = self._random.random() if self._random else float(next(self._numbers))
            attempt = Attempt(
                cost, order, candidate, stream.mode, stream=number, following=stream.following
            )
            if self._bring(attempt):
                if self._company is not None and stream.following is None:
                    for other in self._company(attempt):
                        self._bring(other)
                return
        del self._streams[number]

    def _bring(self, attempt: Attempt) -> bool:
        """Let an attempt wait for its turn, unless its edits were brought up before."""
        key = (attempt.candidate.path, attempt.candidate.edits)
        if key in self._seen:
            return False
        self._seen.add(key)
        heapq.heappush(self._heap, attempt)
        return True


def _streams_of(
    base: float, generate: Callable[[str, int], Iterator[Candidate]], suspect: Suspect, mode: WarmMode
) -> Iterator[Stream]:
    yield Stream(base, generate(suspect.path, suspect.line), mode)
