"""After the first Fix: its rivals are collected with what is left of the Budget, weighed, and the likelier proven."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from macrohard_lsp.core.proposal import Proposal, Question
from macrohard_lsp.repair.rivals import RIVAL_MARGIN, SECONDS_EACH, Difference, Weighed
from macrohard_lsp.repair.task import Survivor

# Rivals that come before the first Fix and are proven as well; each costs a run of the whole suite.
MOST_PROVEN = 2
# Rivals are looked for so long at most, in seconds, unless the Budget says how much processor time all may take:
# who limits that wants the same answer however busy the computer is.
LOOKING_SECONDS = 30.0
# Seconds of processor time that weighing rivals takes, mostly for a Machine and a collected session of tests.
WEIGHING_CPU_SECONDS = 1.5
# How far beyond the cost of the first Fix its rivals must have been looked for, in the unit of costs, before it is
# called unambiguous: what lies beyond is less likely by this many powers of e, each.
ENOUGH_LOOKED = 1.25


@dataclass(slots=True)
class Rivalry:
    """What is known of the rivals of one Fix. `reserve` are the seconds that weighing and one more proof may take.

    `proof_cpu` are the seconds of processor time that the Fix's own proof took, as one more likely does.
    `reached` is the cost up to which every edit was tried, infinite where there are no others.
    """

    first: Survivor
    proposal: Proposal
    reserve: float
    proof_cpu: float = 0.0
    rivals: list[Survivor] = field(default_factory=list[Survivor])
    reached: float = 0.0
    _begun: float = field(default_factory=time.monotonic)

    @property
    def limit(self) -> float:
        """The cost beyond which an edit is no rival any more."""
        return self.first.cost + RIVAL_MARGIN

    @property
    def looked_far(self) -> bool:
        return self.reached >= self.first.cost + ENOUGH_LOOKED

    @property
    def cpu_reserve(self) -> float:
        """Seconds of processor time that must be left when the search for rivals ends."""
        return WEIGHING_CPU_SECONDS + self.proof_cpu if self.rivals else 0.0

    def admit(self, survivor: Survivor) -> None:
        if set(survivor.fixes) >= set(self.first.fixes):
            self.rivals.append(survivor)

    def is_over(self, seconds_left: float | None, cpu_limited: bool) -> bool:
        looked = 0.0 if cpu_limited else time.monotonic() - self._begun
        return looked > LOOKING_SECONDS or (seconds_left is not None and seconds_left < self.reserve)


def settle(
    rivalry: Rivalry,
    weigh: Callable[[Sequence[Survivor]], Weighed],
    prove: Callable[[Survivor], Proposal | None],
    ask: Callable[[Difference], Question],
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
        proposals[0] = _marked(proposals[0], weighed, rivalry.looked_far, ask)
    return proposals


def _marked(
    proposal: Proposal, weighed: Weighed, looked_far: bool, ask: Callable[[Difference], Question]
) -> Proposal:
    """Unambiguous is only what was compared with every rival there is at about its cost."""
    if weighed.ambiguous is None or (not weighed.ambiguous and not looked_far):
        return proposal
    question = ask(weighed.difference) if weighed.difference is not None else None
    shown = question.call if question is not None else None
    return replace(proposal, ambiguous=weighed.ambiguous, distinguishing_input=shown, question=question)


def reserve_for(proof_seconds: float) -> float:
    return proof_seconds + 2 * SECONDS_EACH
