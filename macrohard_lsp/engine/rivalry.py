"""After the first Fix: its rivals are collected with what is left of the Budget, weighed, and the likelier proven."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.repair.rivals import RIVAL_MARGIN, SECONDS_EACH, Weighed
from macrohard_lsp.repair.task import Survivor

# Rivals that come before the first Fix and are proven as well; each costs a run of the whole suite.
MOST_PROVEN = 2
# Rivals are looked for so long at most, in seconds, whatever the Budget would allow.
LOOKING_SECONDS = 30.0


@dataclass(slots=True)
class Rivalry:
    """What is known of the rivals of one Fix. `reserve` are the seconds that weighing and one more proof may take."""

    first: Survivor
    proposal: Proposal
    reserve: float
    rivals: list[Survivor] = field(default_factory=list[Survivor])
    complete: bool = False
    _begun: float = field(default_factory=time.monotonic)

    @property
    def limit(self) -> float:
        """The cost beyond which an edit is no rival any more."""
        return self.first.cost + RIVAL_MARGIN

    def admit(self, survivor: Survivor) -> None:
        if set(survivor.fixes) >= set(self.first.fixes):
            self.rivals.append(survivor)

    def is_over(self, seconds_left: float | None) -> bool:
        looked = time.monotonic() - self._begun
        return looked > LOOKING_SECONDS or (seconds_left is not None and seconds_left < self.reserve)


def settle(
    rivalry: Rivalry,
    weigh: Callable[[Sequence[Survivor]], Weighed],
    prove: Callable[[Survivor], Proposal | None],
) -> list[Proposal]:
    """The Fix and those of its rivals that were proven, best first, with what is known of how they differ."""
    weighed = weigh([rivalry.first, *rivalry.rivals])
    proven: dict[Survivor, Proposal] = {rivalry.first: rivalry.proposal}
    for survivor in weighed.order[: MOST_PROVEN + 1]:
        if survivor is rivalry.first:
            break
        if (proposal := prove(survivor)) is not None:
            proven[survivor] = proposal
            break
    best = [survivor for survivor in weighed.order if survivor in proven]
    proposals = [proven[survivor] for survivor in best]
    if weighed.order[0] is best[0]:
        proposals[0] = _marked(proposals[0], weighed, rivalry.complete)
    return proposals


def _marked(proposal: Proposal, weighed: Weighed, complete: bool) -> Proposal:
    """Unambiguous is only what was compared with every rival there is at about its cost."""
    if weighed.ambiguous is None or (not weighed.ambiguous and not complete):
        return proposal
    shortest = min(weighed.inputs.values(), key=len, default=None)
    return replace(proposal, ambiguous=weighed.ambiguous, distinguishing_input=shortest)


def reserve_for(proof_seconds: float) -> float:
    return proof_seconds + 2 * SECONDS_EACH
