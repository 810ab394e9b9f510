"""From an offer to the edit that the client is given, made for the documents as they are now."""

from lsprotocol import types

from macrohard_lsp.core.proposal import ProposalKind
from macrohard_lsp.host.client.connection import HostRefused
from macrohard_lsp.host.client.messages import ResolvedOffer, ResolveOffer
from macrohard_lsp.server.server import MacrohardServer
from macrohard_lsp.server.to_lsp import workspace_edit_of

TRIES = 3
"""A document may change while the host computes; then it is asked again."""


async def edit_of(ls: MacrohardServer, offer_id: str) -> types.WorkspaceEdit:
    """Raises HostRefused with the reason where there is no such edit any more."""
    return to_edit(ls, offer_id, await resolved(ls, offer_id))


async def resolved(ls: MacrohardServer, offer_id: str) -> ResolvedOffer:
    for _ in range(TRIES):
        answer: ResolvedOffer = await ls.bridge.ask(ResolveOffer(offer_id))
        if _is_current(ls, answer):
            return answer
    raise HostRefused("The files change too quickly to edit them; try again in a moment.")


def to_edit(ls: MacrohardServer, offer_id: str, answer: ResolvedOffer) -> types.WorkspaceEdit:
    paths = {path for file in answer.files for path in (file.path, file.new_path) if path is not None}
    uris = {path: ls.board.uri(answer.folder, path) for path in paths}
    moves = any(file.path != file.new_path for file in answer.files)
    if moves and not (ls.abilities.document_changes and ls.abilities.file_operations):
        raise HostRefused(
            "This fix creates, renames or deletes files, which this editor can't be told to do."
        )
    found = ls.board.offer(offer_id)
    confirm = found is not None and found[1].kind is not ProposalKind.FIX
    return workspace_edit_of(answer, uris, ls.abilities, confirm=confirm)


def _is_current(ls: MacrohardServer, answer: ResolvedOffer) -> bool:
    for file in answer.files:
        if file.path is None:
            continue
        document = ls.documents.get(ls.board.uri(answer.folder, file.path))
        if (document.version if document is not None else None) != file.version:
            return False
    return True
