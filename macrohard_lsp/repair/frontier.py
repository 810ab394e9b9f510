"""The order in which candidates are tried: cheapest first, generated only when their turn may have come."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.testing.localisation import Suspect
from macrohard_lsp.testing.warm import WarmMode

# How much less likely a line is when it has no suspicion at all, in the unit of the priors (natural logarithms).
SUSPICION_WEIGHT = 6.0
# What a candidate that has to be imported anew is put back by: it costs about five times as much to try.
RELOAD_PENALTY = 1.0
SLOW_PENALTY = 3.5


@dataclass(frozen=True, slots=True, order=True)
class Attempt:
    """One candidate at one level of effort. Ordered by cost, then by `order`.

    `stream` is the line it was generated for, while it has not been taken.
    """

    cost: float
    order: float
    candidate: Candidate = field(compare=False)
    mode: WarmMode = field(compare=False, default=WarmMode.SWAP)
    slow: bool = field(compare=False, default=False)
    stream: int | None = field(compare=False, default=None)

    def reloaded(self) -> "Attempt":
        return replace(self, mode=WarmMode.RELOAD, cost=self.cost + RELOAD_PENALTY)

    def slower(self) -> "Attempt":
        return replace(self, slow=True, cost=self.cost + SLOW_PENALTY)


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
    ) -> None:
        strongest = max((suspect.score for suspect in suspects), default=1.0)
        self._closed = [
            (SUSPICION_WEIGHT * (1 - suspect.score / strongest), suspect.path, suspect.line)
            for suspect in suspects
        ]
        self._closed.sort(key=lambda entry: entry[0], reverse=True)
        self._generate = generate
        self._modes = modes
        self._heap: list[Attempt] = []
        # The candidates of each opened line that are still to come, cheapest first.
        self._streams: dict[int, tuple[float, Iterator[Candidate]]] = {}
        self._seen: set[tuple[object, ...]] = set()
        self._numbers = itertools.count()
        # Seed 0 keeps the order of the source; any other shuffles candidates of equal cost.
        self._random = random.Random(seed) if seed else None

    def pop(self) -> Attempt | None:
        """The cheapest attempt left, or None when the space is exhausted."""
        while self._closed and (not self._heap or self._closed[-1][0] < self._heap[0].cost):
            base, path, line = self._closed.pop()
            stream = next(self._numbers)
            self._streams[stream] = (base, self._generate(path, line))
            self._advance(stream, self._modes.get((path, line), WarmMode.SWAP))
        if not self._heap:
            return None
        attempt = heapq.heappop(self._heap)
        if attempt.stream is not None:
            self._advance(attempt.stream, attempt.mode)
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

    def _advance(self, stream: int, mode: WarmMode) -> None:
        """Bring up the next candidate of a line that was not seen on another."""
        base, candidates = self._streams[stream]
        for candidate in candidates:
            key = (candidate.path, candidate.edits)
            if key in self._seen:
                continue
            self._seen.add(key)
            order = self._random.random() if self._random else float(next(self._numbers))
            penalty = RELOAD_PENALTY if mode is WarmMode.RELOAD else 0.0
            cost = candidate.prior + base + penalty
            heapq.heappush(self._heap, Attempt(cost, order, candidate, mode, stream=stream))
            return
        del self._streams[stream]
