"""`codeAction/resolve`: the edit, or the reason why there is none any more."""

from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from macrohard_lsp.core.finding import Severity
from macrohard_lsp.host.client.connection import HostRefused
from macrohard_lsp.server.editing import edit_of
from macrohard_lsp.server.server import MacrohardServer

REQUEST_FAILED = -32803


async def handle(ls: MacrohardServer, action: types.CodeAction) -> types.CodeAction:
    data: object = action.data
    offer = cast(dict[str, Any], data).get("offer") if isinstance(data, dict) else None
    if offer is None or action.command is not None or action.disabled is not None:
        return action
    try:
        action.edit = await edit_of(ls, str(offer))
    except HostRefused as reason:
        # Most clients drop the error of a resolve, and the person would see nothing happen.
        ls.say(Severity.WARNING, str(reason))
        raise JsonRpcException(str(reason), code=REQUEST_FAILED) from reason
    return action
