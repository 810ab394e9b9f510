"""`workspace/didChangeWorkspaceFolders`."""

from lsprotocol import types

from macrohard_lsp.server import publishing
from macrohard_lsp.server.configuration import set_folders
from macrohard_lsp.server.places import path_of
from macrohard_lsp.server.server import MacrohardServer


async def handle(ls: MacrohardServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    for folder in params.event.removed:
        if (path := path_of(folder.uri)) is not None:
            gone = ls.board.forget(path)
            ls.bridge.remove_folder(path)
            ls.folders.remove(path)
            ls.lenses.pop(path, None)
            publishing.publish(ls, gone)
    added = [path for folder in params.event.added if (path := path_of(folder.uri)) is not None]
    await set_folders(ls, [path for path in added if ls.folders.add(path)])
