"""What is applied when somebody says "apply": the first Fix for each failing test, as one ChangeSet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from macrohard_lsp.core.apply import ChangeConflict, apply_changes
from macrohard_lsp.core.changeset import ChangeSet, FileChange, ModifyFile
from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.core.rebase import rebase
from macrohard_lsp.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Selection:
    """`change_set` is made for the report's Snapshot and holds the changes of all `taken` together.

    `notes` are sentences about Fixes that could not be joined with the ones before them.
    """

    change_set: ChangeSet
    taken: tuple[Proposal, ...]
    notes: tuple[str, ...]


def select(snapshot: Snapshot, proposals: Sequence[Proposal]) -> Selection:
    """Join the first Fixes of ranked Proposals. Raises ChangeConflict when one doesn't fit."""
    together = ChangeSet(())
    taken: list[Proposal] = []
    notes: list[str] = []
    for proposal in first_fixes(proposals):
        if not taken:
            together, taken = proposal.change_set, [proposal]
            continue
        try:
            together = joined(snapshot, together, proposal.change_set)
        except ChangeConflict as conflict:
            notes.append(f"“{proposal.title}” is left out, it meets another fix: {conflict}")
        else:
            taken.append(proposal)
    return Selection(together, tuple(taken), tuple(notes))


def first_fixes(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Of ranked Proposals, the Fixes that repair no test which one before them repairs already."""
    covered: set[str] = set()
    chosen: list[Proposal] = []
    for proposal in proposals:
        if proposal.kind is ProposalKind.FIX and proposal.fixes and covered.isdisjoint(proposal.fixes):
            covered.update(proposal.fixes)
            chosen.append(proposal)
    return tuple(chosen)


def joined(snapshot: Snapshot, first: ChangeSet, second: ChangeSet) -> ChangeSet:
    """Both ChangeSets, made for the same Snapshot, as one. Raises ChangeConflict where they meet.

    The rebase is what decides whether they meet; as both start from one text, their edits then
    stand side by side.
    """
    rebase(second, snapshot, apply_changes(snapshot, first))
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
