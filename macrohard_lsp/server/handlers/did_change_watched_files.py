"""`workspace/didChangeWatchedFiles`: storms are one change; the host waits for their end."""

from lsprotocol import types

from macrohard_lsp.server.server import MacrohardServer


def handle(ls: MacrohardServer, params: types.DidChangeWatchedFilesParams) -> None:
    ls.bridge.files_changed(dict.fromkeys(change.uri for change in params.changes))
