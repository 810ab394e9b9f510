"""`textDocument/didChange`."""

from lsprotocol import types

from macrohard_lsp.server.server import MacrohardServer


def handle(ls: MacrohardServer, params: types.DidChangeTextDocumentParams) -> None:
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return
    document.change(params.text_document.version, params.content_changes, ls.encoding)
    ls.bridge.changed(document.uri)
