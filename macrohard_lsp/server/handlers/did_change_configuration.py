"""`workspace/didChangeConfiguration`: some clients send the settings along, some want to be asked."""

from typing import Any, cast

from lsprotocol import types

from macrohard_lsp.server.configuration import SECTION, set_folders
from macrohard_lsp.server.server import MacrohardServer


async def handle(ls: MacrohardServer, params: types.DidChangeConfigurationParams) -> None:
    sent: object = params.settings
    if isinstance(sent, dict) and SECTION in sent:
        ls.given_settings = cast(dict[str, Any], sent)[SECTION]
    await set_folders(ls, ls.folders.all)
