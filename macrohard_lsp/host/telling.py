"""What a running request tells: progress, failures as they come, Proposals as they are proven."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from macrohard_lsp.core.events import (
    MachineOpened,
    Progress,
    ProposalFound,
    RunEvent,
    StageStarted,
    TestEnded,
)
from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.core.text import PositionEncoding
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.standby import Standby
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.host.client.events import PlacedFinding, WorkReported
from macrohard_lsp.host.placing import Placer
from macrohard_lsp.host.queue import Work
from macrohard_lsp.host.surroundings import Send
from macrohard_lsp.testing.findings import finding_of

FEW_EARLY, FEW_SECONDS = 20, 0.02
EARLY_SECONDS = 0.3
"""How long results that come as a run goes on wait for others, so that a flood of them is one message."""
MOST_EARLY = 500


@dataclass(slots=True)
class Telling:
    """Listens to one request. `on_proposal` gets each Proposal, `on_early` all failures seen so far and which tests
    that a Finding is `known` of have ended.

    `standby` may be used for it.
    """

    work: Work
    send: Send
    versions: Mapping[str, int]
    encoding: PositionEncoding
    on_workplace: Callable[[Workplace], None]
    on_early: Callable[[tuple[PlacedFinding, ...], frozenset[str]], None]
    on_proposal: Callable[[Proposal, Placer], None]
    known: frozenset[str] = frozenset()
    standby: Standby | None = None
    tier: Tier | None = None
    placer: Placer | None = None
    in_workplace: Workplace | None = None
    _early: dict[tuple[str, ...], PlacedFinding] = field(default_factory=dict[tuple[str, ...], PlacedFinding])
    _ended: set[str] = field(default_factory=set[str])
    _timer: threading.Timer | None = None
    _over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def workplace(self, workplace: Workplace) -> None:
        self.placer = Placer(workplace.snapshot, self.versions, self.encoding)
        self.in_workplace = workplace
        self.on_workplace(workplace)

    def listen(self, event: RunEvent) -> None:
        match event:
            case StageStarted(_, message):
                self.send(WorkReported(self.work.id, message))
            case Progress(_, done, _, message):
                self.send(WorkReported(self.work.id, f"{done} {message}"))
            case MachineOpened(tier):
                self.tier = tier
            case TestEnded(result) if self.placer is not None:
                self._take(result, self.placer)
            case ProposalFound(proposal) if self.placer is not None and not self.work.cancel.is_set:
                self.on_proposal(proposal, self.placer)
            case _:
                pass

    def close(self) -> None:
        """What is still to be told early is told otherwise by now."""
        with self._lock:
            self._over = True
            if self._timer is not None:
                self._timer.cancel()

    def _take(self, result: TestResult, placer: Placer) -> None:
        placed = placer.finding(finding_of(result)) if result.broken else None
        with self._lock:
            if placed is not None and len(self._early) < MOST_EARLY:
                self._early[placed.tests] = placed
            elif result.id not in self.known:
                return
            if result.id in self.known:
                self._ended.add(result.id)
            if self._timer is None and not self._over:
                few = len(self._early) + len(self._ended) <= FEW_EARLY
                self._timer = threading.Timer(FEW_SECONDS if few else EARLY_SECONDS, self._tell)
                self._timer.daemon = True
                self._timer.start()

    def _tell(self) -> None:
        with self._lock:
            self._timer = None
            if self._over or self.work.cancel.is_set:
                return
            # Under the lock, so that it can't come after what is said at the end.
            self.on_early(tuple(self._early.values()), frozenset(self._ended))
