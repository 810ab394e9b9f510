"""What this person made of earlier Fixes in a folder, between where it is kept and the search that it moves."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.repair.learned import moves_of
from macrohard_lsp.repair.operators import FAMILIES
from macrohard_lsp.runs.decisions import DecisionBook, DecisionsUnavailable

Notes = tuple[str, ...]
"""Sentences for a person; nothing that is done fails because of what can't be kept."""


def moves_in(folder: Path, state_dir: Path | None) -> tuple[Mapping[str, float], Notes]:
    """What is added to the priors of edit families in this folder. `folder` has its links resolved."""
    if state_dir is None:
        return {}, ()
    try:
        known = DecisionBook(state_dir).of(folder)
    except DecisionsUnavailable as reason:
        return {}, (str(reason),)
    return moves_of(known.kinds, FAMILIES), _notes(known.note)


def accept(fixes: Iterable[Proposal], folder: Path, state_dir: Path | None) -> Notes:
    """These Fixes are in the person's files: one more for each kind of edit in each of them."""
    return _add(folder, state_dir, [name for fix in fixes for name in _kinds(fix)], [])


def dismiss(fix: Proposal, folder: Path, state_dir: Path | None) -> Notes:
    """The person doesn't want this Fix. Of several kinds of edits nobody knows which was wrong; it counts for none."""
    kinds = _kinds(fix)
    return _add(folder, state_dir, [], kinds if len(kinds) == 1 else ())


def _kinds(proposal: Proposal) -> tuple[str, ...]:
    return proposal.families if proposal.kind is ProposalKind.FIX else ()


def _add(folder: Path, state_dir: Path | None, accepted: Iterable[str], dismissed: Iterable[str]) -> Notes:
    accepted, dismissed = tuple(accepted), tuple(dismissed)
    if state_dir is None or not (accepted or dismissed):
        return ()
    try:
        return _notes(DecisionBook(state_dir).add(folder, accepted, dismissed).note)
    except DecisionsUnavailable as reason:
        return (str(reason),)


def _notes(note: str) -> Notes:
    return (note,) if note else ()
