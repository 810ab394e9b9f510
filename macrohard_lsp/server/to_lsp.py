"""Our values as the protocol's."""

from collections.abc import Mapping, Sequence

from lsprotocol import types

from macrohard_lsp.core.finding import Severity
from macrohard_lsp.host.client.events import PlacedText
from macrohard_lsp.host.client.messages import (
    ChangedFile,
    ResolvedOffer,
    Span,
    SpanEdit,
    Symbol,
)
from macrohard_lsp.server.abilities import Abilities
from macrohard_lsp.server.documents import Document

SOURCE = "macrohard"
ANNOTATION = "macrohard"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}
_MESSAGES = {
    Severity.ERROR: types.MessageType.Error,
    Severity.WARNING: types.MessageType.Warning,
    Severity.INFORMATION: types.MessageType.Info,
    Severity.HINT: types.MessageType.Log,
}
_SYMBOLS = {
    "function": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "class": types.SymbolKind.Class,
}


def severity_of(severity: Severity) -> types.DiagnosticSeverity:
    return _SEVERITIES[severity]


def message_type_of(severity: Severity) -> types.MessageType:
    return _MESSAGES[severity]


def symbol_kind_of(kind: str) -> types.SymbolKind:
    return _SYMBOLS[kind]


def plain_range(span: Span) -> types.Range:
    return types.Range(
        types.Position(span.start_line, span.start_character),
        types.Position(span.end_line, span.end_character),
    )


def range_of(place: PlacedText, document: Document | None) -> types.Range:
    """Where a place is by now: it moves with the lines of an open document."""
    span = place.span
    if document is None:
        return plain_range(span)
    start = document.carry(span.start_line, place.version)
    end = start + span.end_line - span.start_line
    return types.Range(types.Position(start, span.start_character), types.Position(end, span.end_character))


def symbol_of(symbol: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=symbol.name,
        kind=symbol_kind_of(symbol.kind),
        range=plain_range(symbol.span),
        selection_range=plain_range(symbol.name_span),
        children=[symbol_of(child) for child in symbol.children],
    )


def workspace_edit_of(
    offer: ResolvedOffer, uris: Mapping[str, str], abilities: Abilities, *, confirm: bool
) -> types.WorkspaceEdit:
    """The edit in the form that the client understands. `uris` are those of all paths that it names."""
    if not abilities.document_changes:
        changes = {uris[file.path]: _edits(file.edits) for file in offer.files if file.path is not None}
        return types.WorkspaceEdit(changes=changes)
    annotation = ANNOTATION if abilities.annotations else None
    operations = [operation for file in offer.files for operation in _operations(file, uris, annotation)]
    annotations = None
    if annotation is not None:
        needed = confirm or bool(offer.note)
        words = offer.note or offer.rationale
        annotations = {annotation: types.ChangeAnnotation(offer.title, needed, words)}
    return types.WorkspaceEdit(document_changes=operations, change_annotations=annotations)


Operation = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


def _operations(file: ChangedFile, uris: Mapping[str, str], annotation: str | None) -> Sequence[Operation]:
    operations: list[Operation] = []
    if file.new_path is None:
        assert file.path is not None
        return [types.DeleteFile(uris[file.path], annotation_id=annotation)]
    uri = uris[file.new_path]
    version = file.version
    if file.path is None:
        operations.append(types.CreateFile(uri, annotation_id=annotation))
    elif file.path != file.new_path:
        operations.append(types.RenameFile(uris[file.path], uri, annotation_id=annotation))
        version = None
    if file.edits:
        document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
        edits = (
            _edits(file.edits)
            if annotation is None
            else [
                types.AnnotatedTextEdit(annotation, plain_range(edit.span), edit.new_text)
                for edit in file.edits
            ]
        )
        operations.append(types.TextDocumentEdit(document, edits))
    return operations


def _edits(edits: Sequence[SpanEdit]) -> list[types.TextEdit]:
    return [types.TextEdit(plain_range(edit.span), edit.new_text) for edit in edits]
