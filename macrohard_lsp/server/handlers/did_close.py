"""`textDocument/didClose`: from now on the disk has the word."""

from lsprotocol import types

from macrohard_lsp.server.server import MacrohardServer


def handle(ls: MacrohardServer, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.documents.close(uri)
    ls.descriptions.pop(uri, None)
    ls.bridge.changed(uri)
    ls.bridge.flush()
