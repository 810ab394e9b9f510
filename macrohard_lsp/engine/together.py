"""What is applied when somebody says "apply": Fixes for as many failing tests as can be, proven as one ChangeSet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from macrohard_lsp.core.apply import ChangeConflict, apply_changes
from macrohard_lsp.core.changeset import ChangeSet, FileChange, ModifyFile
from macrohard_lsp.core.proof import Proof
from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Selection:
    """`change_set` is made for the report's Snapshot, holds the changes of all `taken`, and was proven as a whole.

    `proof` is the joined ChangeSet's own, None where it is one Proposal's. `notes` are sentences about Fixes that
    are not among them although they repair something else.
    """

    change_set: ChangeSet = field(default_factory=lambda: ChangeSet(()))
    taken: tuple[Proposal, ...] = ()
    proof: Proof | None = None
    notes: tuple[str, ...] = ()

    @property
    def fixed(self) -> frozenset[str]:
        return frozenset(name for proposal in self.taken for name in proposal.fixes)


Judge = Callable[[ChangeSet, tuple[str, ...]], Proof | None]
"""Proves a ChangeSet with the tests it repairs; None where it doesn't hold."""


def ranked(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """What repairs more comes first; otherwise what was found first, which was the more likely. Tests change last."""
    last = ProposalKind.TEST_CHANGE
    return tuple(sorted(proposals, key=lambda proposal: (proposal.kind is last, -len(proposal.fixes))))


def select(snapshot: Snapshot, proposals: Sequence[Proposal], judge: Judge) -> Selection:
    """Join ranked Fixes until every test that any of them repairs is repaired.

    Each was proven alone, which says nothing of all of them. If all together don't hold, they are added one by one.
    """
    wanted = first_fixes(proposals)
    at_once = _join(snapshot, wanted, None)
    if len(at_once.taken) < 2:
        return at_once
    if (proof := judge(at_once.change_set, _tests(at_once.taken))) is not None:
        return replace(at_once, proof=proof)
    return _join(snapshot, wanted, judge)


def first_fixes(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Of ranked Proposals, the Fixes that repair a test which none before them repairs."""
    covered: set[str] = set()
    chosen: list[Proposal] = []
    for proposal in proposals:
        if proposal.kind is ProposalKind.FIX and not covered.issuperset(proposal.fixes):
            covered.update(proposal.fixes)
            chosen.append(proposal)
    return tuple(chosen)


def _join(snapshot: Snapshot, wanted: Sequence[Proposal], judge: Judge | None) -> Selection:
    chosen = Selection()
    for proposal in wanted:
        if not chosen.taken:
            chosen = Selection(proposal.change_set, (proposal,))
            continue
        taken = (*chosen.taken, proposal)
        try:
            together = joined(snapshot, chosen.change_set, proposal.change_set)
        except ChangeConflict as conflict:
            why = f"it meets another fix: {conflict}"
        else:
            proof = judge(together, _tests(taken)) if judge is not None else None
            if judge is None or proof is not None:
                chosen = replace(chosen, change_set=together, taken=taken, proof=proof)
                continue
            why = "it was proven alone, but not together with the fixes before it"
        chosen = replace(chosen, notes=(*chosen.notes, f"“{proposal.title}” is left out: {why.rstrip('.')}."))
    return chosen


def _tests(taken: Sequence[Proposal]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for proposal in taken for name in proposal.fixes))


def joined(snapshot: Snapshot, first: ChangeSet, second: ChangeSet) -> ChangeSet:
    """Both ChangeSets, made for the same Snapshot, as one. Raises ChangeConflict where they meet.

    As both start from one text, their edits stand side by side where they don't overlap.
    """
    changes: list[FileChange] = list(first.changes)
    places = {change.path: index for index, change in enumerate(changes) if isinstance(change, ModifyFile)}
    for change in second.changes:
        index = places.get(change.path)
        standing = changes[index] if index is not None else None
        if index is None or not isinstance(change, ModifyFile) or not isinstance(standing, ModifyFile):
            changes.append(change)
            continue
        edits = sorted((*standing.edits, *change.edits), key=lambda edit: (edit.start, edit.end))
        changes[index] = replace(standing, edits=tuple(edits))
    together = ChangeSet(tuple(changes))
    apply_changes(snapshot, together)
    return together
