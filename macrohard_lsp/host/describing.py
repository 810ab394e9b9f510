"""What a document defines: its symbols, and its tests."""

from collections.abc import Iterator, Mapping

from macrohard_lsp.core.text import PositionEncoding
from macrohard_lsp.host.client.messages import (
    DocumentDescription,
    FoundSymbol,
    Span,
    Symbol,
    TestPlace,
)
from macrohard_lsp.host.placing import span_of
from macrohard_lsp.workspace.index import WorkspaceIndex
from macrohard_lsp.workspace.outline import Definition, is_test_file, outline
from macrohard_lsp.workspace.python_syntax import ParsedPython, parse

MOST_FOUND = 200


def describe(path: str, text: str, encoding: PositionEncoding) -> DocumentDescription:
    parsed = parse(text)
    definitions = outline(parsed).definitions
    symbols = _nested(list(definitions), parsed, encoding)
    if not is_test_file(path):
        return DocumentDescription(symbols, ())
    tests = (item for item in definitions if item.is_test)
    return DocumentDescription(
        symbols,
        tuple(TestPlace(id_of_test(path, item), _line(item.line, parsed, encoding)) for item in tests),
    )


def id_of_test(path: str, definition: Definition) -> str:
    """pytest's id of a test, or of the class around tests."""
    return "::".join([path, *definition.qualified_name.split(".")])


def find_symbols(
    query: str, folder: str, index: WorkspaceIndex, texts: Mapping[str, str], encoding: PositionEncoding
) -> Iterator[FoundSymbol]:
    """Definitions whose name holds the query, whole names first, then beginnings. At most 200."""
    wanted = query.casefold()
    found = [
        (path, definition)
        for path, summary in index.files.items()
        for definition in summary.definitions
        if wanted in definition.name.casefold()
    ]
    found.sort(key=lambda place: (_rank(wanted, place[1].name), place[1].name, place[0], place[1].start))
    parsed: dict[str, ParsedPython] = {}
    for path, definition in found[:MOST_FOUND]:
        if path not in texts:
            continue
        if path not in parsed:
            parsed[path] = parse(texts[path])
        container = definition.qualified_name.rpartition(".")[0]
        span = _line(definition.line, parsed[path], encoding)
        yield FoundSymbol(folder, path, definition.name, container, definition.kind.value, span)


def _rank(wanted: str, name: str) -> int:
    folded = name.casefold()
    return 0 if folded == wanted else 1 if folded.startswith(wanted) else 2


def _nested(
    definitions: list[Definition], parsed: ParsedPython, encoding: PositionEncoding
) -> tuple[Symbol, ...]:
    """Definitions come in the order of the text, so that those inside one follow it at once."""
    symbols: list[Symbol] = []
    while definitions:
        first = definitions.pop(0)
        inside: list[Definition] = []
        while definitions and definitions[0].start < first.end:
            inside.append(definitions.pop(0))
        symbols.append(
            Symbol(
                first.name,
                first.kind.value,
                span_of(parsed.lines, first.start, first.end, encoding),
                _name(first, parsed, encoding),
                _nested(inside, parsed, encoding),
            )
        )
    return tuple(symbols)


def _name(definition: Definition, parsed: ParsedPython, encoding: PositionEncoding) -> Span:
    start = parsed.lines.python_line_start(definition.line)
    at = parsed.text.find(definition.name, start, definition.end)
    at = at if at >= 0 else definition.start
    return span_of(parsed.lines, at, at + len(definition.name), encoding)


def _line(number: int, parsed: ParsedPython, encoding: PositionEncoding) -> Span:
    start, end = parsed.lines.line_span(number - 1)
    return span_of(parsed.lines, start, end, encoding)
