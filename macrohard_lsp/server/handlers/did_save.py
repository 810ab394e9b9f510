"""`textDocument/didSave`."""

from lsprotocol import types

from macrohard_lsp.server.server import MacrohardServer


def handle(ls: MacrohardServer, params: types.DidSaveTextDocumentParams) -> None:
    ls.bridge.files_changed([params.text_document.uri])
