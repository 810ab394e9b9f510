"""A ChangeSet with a title, an author, a rationale and a Proof."""

from dataclasses import dataclass
from enum import StrEnum

from macrohard_lsp.core.changeset import ChangeSet
from macrohard_lsp.core.proof import Proof


class ProposalKind(StrEnum):
    """`FIX` only with a Proof that reaches `failing-test-passes`; `TEST_CHANGE` whenever a test file is touched."""

    FIX = "fix"
    CHANGE = "change"
    TEST_CHANGE = "test-change"


@dataclass(frozen=True, slots=True)
class Proposal:
    """`fixes` are the ids of the tests that failed before and pass after. `ambiguous` is None when not determined."""

    change_set: ChangeSet
    kind: ProposalKind
    title: str
    author: str
    rationale: str
    proof: Proof
    fixes: tuple[str, ...]
    ambiguous: bool | None = None
    distinguishing_input: str | None = None
