"""The order in which candidates are tried: cheapest first, generated only when their turn may have come."""

import heapq
import itertools
import math
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

    `tier` counts how often it was given more time.
    """

    cost: float
    order: float
    candidate: Candidate = field(compare=False)
    mode: WarmMode = field(compare=False, default=WarmMode.SWAP)
    tier: int = field(compare=False, default=0)

    def reloaded(self) -> "Attempt":
        return replace(self, mode=WarmMode.RELOAD, cost=self.cost + RELOAD_PENALTY)

    def slower(self) -> "Attempt":
        return replace(self, tier=self.tier + 1, cost=self.cost + SLOW_PENALTY)

    @property
    def is_alone(self) -> bool:
        """Whether it can't share a process with others."""
        return self.mode is WarmMode.RELOAD or self.tier > 0


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
        # By cost, order and a number of its own: what was put back, or the next candidate of a line.
        self._heap: list[tuple[float, float, int, Attempt | None, _Stream | None]] = []
        self._seen: set[tuple[object, ...]] = set()
        self._numbers = itertools.count()
        # Seed 0 keeps the order of the source; any other shuffles candidates of equal cost.
        self._random = random.Random(seed) if seed else None

    def pop(self) -> Attempt | None:
        """The cheapest attempt left, or None when the space is exhausted."""
        while self._closed and (not self._heap or self._closed[-1][0] < self._heap[0][0]):
            base, path, line = self._closed.pop()
            mode = self._modes.get((path, line), WarmMode.SWAP)
            penalty = RELOAD_PENALTY if mode is WarmMode.RELOAD else 0.0
            self._advance(_Stream(base + penalty, mode, self._generate(path, line)))
        if not self._heap:
            return None
        cost, order, _, attempt, stream = heapq.heappop(self._heap)
        if stream is not None and stream.following is not None:
            attempt = Attempt(cost, order, stream.following, stream.mode)
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

    def _advance(self, stream: "_Stream") -> None:
        """Bring up the next candidate of a line that was not seen on another."""
        for candidate in stream.candidates:
            key = (candidate.path, candidate.edits)
            if key in self._seen:
                continue
            self._seen.add(key)
            stream.following = candidate
            number = next(self._numbers)
            order = self._random.random() if self._random else float(number)
            heapq.heappush(self._heap, (candidate.prior + stream.base, order, number, None, stream))
            return


@dataclass(slots=True)
class _Stream:
    """The candidates of an opened line that are still to come, cheapest first; `following` is in the heap."""

    base: float
    mode: WarmMode
    candidates: Iterator[Candidate]
    following: Candidate | None = None
