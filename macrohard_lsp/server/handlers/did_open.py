"""`textDocument/didOpen`."""

from lsprotocol import types

from macrohard_lsp.server import publishing
from macrohard_lsp.server.configuration import set_folders
from macrohard_lsp.server.places import path_of, project_around
from macrohard_lsp.server.server import MacrohardServer


def handle(ls: MacrohardServer, params: types.DidOpenTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.documents.open(params.text_document)
    ls.descriptions.pop(uri, None)
    if ls.folders.place(uri) is None:
        _open_without_folder(ls, uri)
    ls.bridge.changed(uri)
    if not ls.abilities.pulls_diagnostics and ls.board.report(uri).items:
        publishing.publish(ls, [uri])


def _open_without_folder(ls: MacrohardServer, uri: str) -> None:
    """A single file: the project around it is the folder, if there is one. Nothing else is ever walked."""
    path = path_of(uri)
    project = project_around(path) if path is not None and len(ls.folders) == 0 else None
    if project is not None and ls.folders.add(project):
        ls.start_task(set_folders(ls, [project]))
