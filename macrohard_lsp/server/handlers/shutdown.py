"""`shutdown`: the host ends, and with it everything it started."""

from macrohard_lsp.server.server import MacrohardServer


async def handle(ls: MacrohardServer, params: None) -> None:  # noqa: ARG001
    ls.work.all_ended()
    await ls.bridge.close()
    ls.ended_in_order = True
