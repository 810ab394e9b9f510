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
SLOW_PENALTY = 2.5


@dataclass(frozen=True, slots=True, order=True)
class Attempt:
    """One candidate at one level of effort. Ordered by cost, then by `order`."""

    cost: float
    order: float
    candidate: Candidate = field(compare=False)
    mode: WarmMode = field(compare=False, default=WarmMode.SWAP)
    slow: bool = field(compare=False, default=False)

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
        self._seen: set[tuple[object, ...]] = set()
        self._numbers = itertools.count()
        # Seed 0 keeps the order of the source; any other shuffles candidates of equal cost.
        self._random = random.Random(seed) if seed else None

    def pop(self) -> Attempt | None:
        """The cheapest attempt left, or None when the space is exhausted."""
        while self._closed and (not self._heap or self._closed[-1][0] < self._heap[0].cost):
            self._open(*self._closed.pop())
        return heapq.heappop(self._heap) if self._heap else None

    def push(self, attempt: Attempt) -> None:
        """Put back an attempt that has to be made with more effort."""
        heapq.heappush(self._heap, attempt)

    def _open(self, base: float, path: str, line: int) -> None:
        mode = self._modes.get((path, line), WarmMode.SWAP)
        for candidate in self._generate(path, line):
            key = (path, candidate.edits)
            if key in self._seen:
                continue
            self._seen.add(key)
            order = self._random.random() if self._random else float(next(self._numbers))
            attempt = Attempt(candidate.prior + base, order, candidate)
            heapq.heappush(self._heap, attempt.reloaded() if mode is WarmMode.RELOAD else attempt)
