"""`textDocument/codeLens`: Run and Fix above tests."""

from lsprotocol import types

from macrohard_lsp.host.client.connection import HostRefused
from macrohard_lsp.host.client.messages import DescribeDocument, DocumentDescription, TestPlace
from macrohard_lsp.server.places import Place
from macrohard_lsp.server.server import MacrohardServer
from macrohard_lsp.server.to_lsp import plain_range

RUN, FIX = "macrohard.runTests", "macrohard.fix"


async def handle(ls: MacrohardServer, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    uri = params.text_document.uri
    place = ls.folders.place(uri)
    if place is None or not ls.lenses.get(place.folder, True):
        return None
    try:
        described = await description(ls, uri, place)
    except HostRefused:
        return None
    failing = ls.board.failing(place.folder)
    lenses: list[types.CodeLens] = []
    for test in described.tests:
        lenses.append(_lens(test, "Run", RUN, uri))
        if any(name == test.id or name.startswith((f"{test.id}::", f"{test.id}[")) for name in failing):
            lenses.append(_lens(test, "Fix", FIX, uri))
    return lenses


async def description(ls: MacrohardServer, uri: str, place: Place) -> DocumentDescription:
    """What a document defines; asked once for each of its versions. Raises HostRefused."""
    document = ls.documents.get(uri)
    known = ls.descriptions.get(uri)
    if document is not None and known is not None and known[0] == document.version:
        return known[1]
    version = document.version if document is not None else None
    answer: DocumentDescription = await ls.bridge.ask(DescribeDocument(place.folder, place.path))
    if document is not None and version is not None and document.version == version:
        ls.descriptions[uri] = (version, answer)
    return answer


def _lens(test: TestPlace, title: str, command: str, uri: str) -> types.CodeLens:
    argument = {"uri": uri, "tests": [test.id]}
    return types.CodeLens(plain_range(test.span), types.Command(title, command, arguments=[argument]))
