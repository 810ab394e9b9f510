"""`workspace/symbol`, over all folders."""

from lsprotocol import types

from macrohard_lsp.host.client.connection import HostRefused
from macrohard_lsp.host.client.messages import FindSymbols, FoundSymbol
from macrohard_lsp.server.server import MacrohardServer
from macrohard_lsp.server.to_lsp import plain_range, symbol_kind_of


def register(ls: MacrohardServer) -> None:
    ls.feature(types.WORKSPACE_SYMBOL)(handle)


async def handle(
    ls: MacrohardServer, params: types.WorkspaceSymbolParams
) -> list[types.SymbolInformation] | None:
    if len(ls.folders) == 0:
        return None
    try:
        found: tuple[FoundSymbol, ...] = await ls.bridge.ask(FindSymbols(params.query))
    except HostRefused:
        return None
    return [
        types.SymbolInformation(
            types.Location(ls.board.uri(symbol.folder, symbol.path), plain_range(symbol.span)),
            symbol.name,
            symbol_kind_of(symbol.kind),
            container_name=symbol.container or None,
        )
        for symbol in found
    ]
