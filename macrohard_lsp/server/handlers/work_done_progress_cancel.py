"""`window/workDoneProgress/cancel`: the token is the work's id. Clients may send any token, also one that is over."""

from lsprotocol import types

from macrohard_lsp.server.server import MacrohardServer


def handle(ls: MacrohardServer, params: types.WorkDoneProgressCancelParams) -> None:
    ls.bridge.interrupt(str(params.token))
