"""What came of one repair."""

from dataclasses import dataclass, field

from macrohard_lsp.core.finding import Finding
from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.engine.requests import FirstFix
from macrohard_lsp.engine.together import Selection


@dataclass(slots=True)
class Repaired:
    """What came of it. `candidates` counts attempts; `suspects` are Findings in order of suspicion.

    `proposals` were proven alone, each, and `selection` as a whole.
    """

    proposals: list[Proposal] = field(default_factory=list[Proposal])
    selection: Selection = field(default_factory=Selection)
    suspects: list[Finding] = field(default_factory=list[Finding])
    notes: list[str] = field(default_factory=list[str])
    candidates: int = 0
    first_fix: FirstFix | None = None

    @property
    def fixed(self) -> frozenset[str]:
        fixes = (proposal for proposal in self.proposals if proposal.kind is ProposalKind.FIX)
        return frozenset(name for proposal in fixes for name in proposal.fixes)
