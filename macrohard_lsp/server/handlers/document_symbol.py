"""`textDocument/documentSymbol`, from the parse of the buffer, saved or not."""

from lsprotocol import types

from macrohard_lsp.host.client.connection import HostRefused
from macrohard_lsp.host.client.messages import Symbol
from macrohard_lsp.server.handlers.code_lens import description
from macrohard_lsp.server.server import MacrohardServer
from macrohard_lsp.server.to_lsp import plain_range, symbol_kind_of, symbol_of

Answer = list[types.DocumentSymbol] | list[types.SymbolInformation] | None


def register(ls: MacrohardServer) -> None:
    ls.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(handle)


async def handle(ls: MacrohardServer, params: types.DocumentSymbolParams) -> Answer:
    uri = params.text_document.uri
    place = ls.folders.place(uri)
    if place is None:
        return None
    try:
        described = await description(ls, uri, place)
    except HostRefused:
        return None
    if ls.abilities.nested_symbols:
        return [symbol_of(symbol) for symbol in described.symbols]
    flat: list[types.SymbolInformation] = []
    for symbol in described.symbols:
        _flatten(symbol, None, uri, flat)
    return flat


def _flatten(symbol: Symbol, container: str | None, uri: str, flat: list[types.SymbolInformation]) -> None:
    location = types.Location(uri, plain_range(symbol.span))
    flat.append(
        types.SymbolInformation(location, symbol.name, symbol_kind_of(symbol.kind), container_name=container)
    )
    for child in symbol.children:
        _flatten(child, symbol.name, uri, flat)
