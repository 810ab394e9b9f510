"""pygls' protocol without its document store, whose lines aren't the protocol's, and with our choice of encoding."""

import inspect
from collections.abc import Generator
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol, lsp_method

from macrohard_lsp.core.text import PositionEncoding

Steps = Generator[Any, Any, Any]


class Protocol(LanguageServerProtocol):
    """The document notifications go straight to our handlers."""

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Steps:
        _prefer_utf8(params)
        return (yield from super().lsp_initialize(params))

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Steps:
        yield from self._to_handler(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Steps:
        yield from self._to_handler(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Steps:
        yield from self._to_handler(types.TEXT_DOCUMENT_DID_CLOSE, params)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A coroutine, because cancelling the request then cancels the command; pygls' own way leaves it running."""
        commands = cast(dict[str, Any], self.fm.commands)  # pyright: ignore[reportUnknownMemberType]
        command = commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command!r} here.")
        answer = command(*(params.arguments or ()))
        return await answer if inspect.isawaitable(answer) else answer

    def _to_handler(self, method: str, params: object) -> Steps:
        features = cast(dict[str, Any], self.fm.features)  # pyright: ignore[reportUnknownMemberType]
        yield features[method], (params,), None


def _prefer_utf8(params: types.InitializeParams) -> None:
    """pygls takes the client's first choice; ours is the one that costs nothing, wherever the client has it."""
    general = params.capabilities.general
    if general is not None and general.position_encodings:
        utf8 = types.PositionEncodingKind.Utf8
        encodings = list(general.position_encodings)
        general.position_encodings = sorted(encodings, key=lambda encoding: encoding != utf8)


def encoding_of(result: types.ServerCapabilities) -> PositionEncoding:
    """What was agreed on."""
    agreed = result.position_encoding
    return PositionEncoding(str(agreed.value if isinstance(agreed, types.PositionEncodingKind) else agreed))
