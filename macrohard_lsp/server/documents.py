"""The editor's open documents, kept by the protocol's own rules for lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lsprotocol import types

from macrohard_lsp.core.text import LineIndex, PositionEncoding

MOST_EDITS = 5000
"""Of one document, remembered to carry positions over; what is older than that is taken as it is."""


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Lines `start` to `end` became `start` to `new_end` in `version`; with `whole`, line `end` itself is untouched."""

    version: int
    start: int
    end: int
    new_end: int
    whole: bool

    def carry(self, line: int) -> int:
        """Where a line is after the edit."""
        if line > self.end or (line == self.end and self.whole):
            return line + self.new_end - self.end
        return min(line, self.new_end)


@dataclass(slots=True)
class Document:
    """One open document. `uri` is spelled as the client spells it."""

    uri: str
    version: int
    text: str
    edits: list[LineEdit] = field(default_factory=list[LineEdit])
    _index: LineIndex | None = None

    @property
    def index(self) -> LineIndex:
        if self._index is None:
            self._index = LineIndex(self.text)
        return self._index

    def carry(self, line: int, version: int | None) -> int:
        """Where a line of `version` is now; None is the text that was opened."""
        for edit in self.edits:
            if version is None or edit.version > version:
                line = edit.carry(line)
        return line

    def change(
        self,
        version: int,
        changes: Sequence[types.TextDocumentContentChangeEvent],
        encoding: PositionEncoding,
    ) -> None:
        """Take the changes of one notification, each to the text that the one before left."""
        self.version = version
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                self._replace(change, encoding)
            else:
                self.edits.append(_whole_text(version, self.text, change.text))
                self.text, self._index = change.text, None
        del self.edits[:-MOST_EDITS]

    def _replace(self, change: types.TextDocumentContentChangePartial, encoding: PositionEncoding) -> None:
        index, begin, end = self.index, change.range.start, change.range.end
        start = index.offset(begin.line, begin.character, encoding)
        stop = max(start, index.offset(end.line, end.character, encoding))
        first, last = index.line_of(start), index.line_of(stop)
        whole = stop == index.line_start(last) and start == index.line_start(first)
        self.text = self.text[:start] + change.text + self.text[stop:]
        self._index = None
        after = self.index.line_of(start + len(change.text))
        self.edits.append(LineEdit(self.version, first, last, after, whole))


def _whole_text(version: int, before: str, after: str) -> LineEdit:
    """A client that sends whole texts changed, as far as one can tell, what lies between the parts that are alike."""
    old, new = LineIndex(before), LineIndex(after)
    lines_before = [before[old.line_start(n) : old.line_start(n + 1)] for n in range(old.line_count)]
    lines_after = [after[new.line_start(n) : new.line_start(n + 1)] for n in range(new.line_count)]
    shortest = min(len(lines_before), len(lines_after))
    head = 0
    while head < shortest and lines_before[head] == lines_after[head]:
        head += 1
    tail = 0
    while tail < shortest - head and lines_before[-1 - tail] == lines_after[-1 - tail]:
        tail += 1
    return LineEdit(version, head, len(lines_before) - tail, len(lines_after) - tail, whole=True)


class DocumentStore:
    """The open documents by URI. Changed by notifications only, on the event loop."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}

    def open(self, item: types.TextDocumentItem) -> Document:
        document = Document(item.uri, item.version, item.text)
        self._documents[item.uri] = document
        return document

    def close(self, uri: str) -> Document | None:
        return self._documents.pop(uri, None)

    def get(self, uri: str) -> Document | None:
        return self._documents.get(uri)

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._documents.values()))
