"""`initialize`: who the client is and what it can; before this handler returns, our capabilities are settled."""

import os
from typing import Any, cast

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from macrohard_lsp.core.text import PositionEncoding
from macrohard_lsp.server import publishing
from macrohard_lsp.server.abilities import abilities_of
from macrohard_lsp.server.board import Board
from macrohard_lsp.server.bridge import Bridge
from macrohard_lsp.server.handlers import diagnostic, document_symbol, workspace_diagnostic, workspace_symbol
from macrohard_lsp.server.places import path_of
from macrohard_lsp.server.progress import ProgressBoard
from macrohard_lsp.server.server import MacrohardServer


def handle(ls: MacrohardServer, params: types.InitializeParams) -> None:
    ls.abilities = abilities_of(params)
    chosen = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    ls.encoding = PositionEncoding(getattr(chosen, "value", chosen))
    _take_options(ls, params.initialization_options)
    for path in _folders(params):
        ls.folders.add(path)
    ls.board = Board(ls.documents, ls.folders, ls.abilities)
    ls.work = ProgressBoard(ls)
    ls.bridge = Bridge(
        ls.documents,
        ls.folders,
        ls.encoding,
        on_event=lambda event: publishing.take(ls, event),
        on_gone=lambda sentence: publishing.host_gone(ls, sentence),
    )
    if ls.abilities.pulls_diagnostics:
        diagnostic.register(ls)
        workspace_diagnostic.register(ls)
    if _wants_symbols(ls):
        document_symbol.register(ls)
        workspace_symbol.register(ls)


def _take_options(ls: MacrohardServer, options: object) -> None:
    if not isinstance(options, dict):
        return
    given = cast(dict[str, Any], options)
    ls.given_settings = given.get("settings")
    trusted = given.get("trusted")
    ls.given_trust = trusted if isinstance(trusted, bool) else None
    ls.wants_status = given.get("status") is True


def _folders(params: types.InitializeParams) -> list[str]:
    """The workspace folders, from the newest way of saying them that the client knows."""
    if params.workspace_folders:
        uris = [folder.uri for folder in params.workspace_folders]
        return [path for uri in uris if (path := path_of(uri)) is not None]
    if params.root_uri is not None and (path := path_of(params.root_uri)) is not None:
        return [path]
    return [os.path.normpath(params.root_path)] if params.root_path else []


def _wants_symbols(ls: MacrohardServer) -> bool:
    given = ls.given_settings
    wanted = cast(dict[str, Any], given).get("symbols", "auto") if isinstance(given, dict) else "auto"
    return wanted == "on" or (wanted != "off" and not ls.abilities.symbols_from_elsewhere)
