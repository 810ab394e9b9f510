"""What a running request tells: progress, failures as they come, Proposals as they are proven."""

import threading
import time
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
from macrohard_lsp.core.text import PositionEncoding
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.host.client.events import PlacedFinding, WorkReported
from macrohard_lsp.host.placing import Placer
from macrohard_lsp.host.queue import Work
from macrohard_lsp.host.surroundings import Send
from macrohard_lsp.testing.findings import finding_of

EARLY_SECONDS = 0.3
"""How long the first failures of a run wait for others, so that a flood of them is one message."""
MOST_EARLY = 500


@dataclass(slots=True)
class Telling:
    """Listens to one request. `on_early` gets all failures seen so far, `on_proposal` each Proposal."""

    work: Work
    send: Send
    versions: Mapping[str, int]
    encoding: PositionEncoding
    on_workplace: Callable[[Workplace], None]
    on_early: Callable[[tuple[PlacedFinding, ...]], None]
    on_proposal: Callable[[Proposal, Placer], None]
    tier: Tier | None = None
    placer: Placer | None = None
    _early: list[PlacedFinding] = field(default_factory=list[PlacedFinding])
    _told: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def workplace(self, workplace: Workplace) -> None:
        self.placer = Placer(workplace.snapshot, self.versions, self.encoding)
        self.on_workplace(workplace)

    def listen(self, event: RunEvent) -> None:
        match event:
            case StageStarted(_, message):
                self.send(WorkReported(self.work.id, message))
            case Progress(_, done, _, message):
                self.send(WorkReported(self.work.id, f"{done} {message}"))
            case MachineOpened(tier):
                self.tier = tier
            case TestEnded(result) if result.broken and self.placer is not None:
                if (placed := self.placer.finding(finding_of(result))) is not None:
                    self._keep(placed)
            case ProposalFound(proposal) if self.placer is not None and not self.work.cancel.is_set:
                self.on_proposal(proposal, self.placer)
            case _:
                pass

    def _keep(self, placed: PlacedFinding) -> None:
        with self._lock:
            if len(self._early) >= MOST_EARLY:
                return
            self._early.append(placed)
            now = time.monotonic()
            if now - self._told < EARLY_SECONDS:
                return
            self._told = now
            early = tuple(self._early)
        if not self.work.cancel.is_set:
            self.on_early(early)
