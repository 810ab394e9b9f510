"""What a string constant stands for, character by character, with where each character is written."""

import re
from dataclasses import dataclass

from macrohard_lsp.repair.operators.family import Span
from macrohard_lsp.repair.tree import Node

_HEAD = re.compile(r"""([A-Za-z]*)('''|\"""|'|")""")
_UNIT = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[\s\S])|[\s\S]",
)
_ESCAPES = {
    "\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
}  # fmt: skip
_UNFINISHED = frozenset({"\\x", "\\u", "\\U", "\\N"})
"""Escapes that Python refuses without the digits or the name that belong to them."""
_WRITTEN = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class _Piece:
    raw: bool
    quote: str
    start: int
    end: int
    content: str


@dataclass(frozen=True, slots=True)
class Literal:
    """`value[i]` is written at `spans[i]` of the file, in the piece `owners[i]` of an implicit concatenation."""

    value: str
    spans: tuple[tuple[int, int], ...]
    owners: tuple[int, ...]
    pieces: tuple[_Piece, ...]

    @property
    def is_raw(self) -> bool:
        return all(piece.raw for piece in self.pieces)

    def edit(self, start: int, end: int, new: str) -> Span | None:
        """The span that makes `value[start:end]` read `new`; None where that can't be written in place."""
        if start == end:
            owner = self.owners[start] if start < len(self.owners) else len(self.pieces) - 1
            at = self.spans[start][0] if start < len(self.spans) else self.pieces[-1].end
            place = (at, at)
        else:
            owner = self.owners[start]
            place = (self.spans[start][0], self.spans[end - 1][1])
            if owner != self.owners[end - 1]:
                return None
        written = _written(new, self.pieces[owner])
        if written is None or not _stays(self.pieces[owner], *place, written, new):
            return None
        return (*place, written)


def literal_of(node: Node) -> Literal | None:
    """The characters of a string without interpolation, or of several side by side; None for anything else."""
    nodes = node.parts if node.kind == "concatenated_string" else [node]
    value: list[str] = []
    spans: list[tuple[int, int]] = []
    owners: list[int] = []
    pieces: list[_Piece] = []
    for number, part in enumerate(nodes):
        piece = _piece(part)
        if piece is None:
            return None
        for start, end, character in _characters(piece.content, piece):
            value.append(character)
            spans.append((start, end))
            owners.append(number)
        pieces.append(piece)
    return Literal("".join(value), tuple(spans), tuple(owners), tuple(pieces)) if pieces else None


def _piece(node: Node) -> _Piece | None:
    head = _HEAD.match(node.text) if node.kind == "string" else None
    if head is None or "f" in head[1].lower() or "t" in head[1].lower() or "\\N{" in node.text:
        return None
    quote = head[2]
    if "\\\n" in node.text or "\\\r" in node.text:
        return None
    start, end = node.start + head.end(), node.end - len(quote)
    return _Piece(
        "r" in head[1].lower(), quote, start, end, node.text[head.end() : len(node.text) - len(quote)]
    )


def _characters(content: str, piece: _Piece) -> list[tuple[int, int, str]]:
    if piece.raw or "\\" not in content:
        return [(piece.start + at, piece.start + at + 1, one) for at, one in enumerate(content)]
    found: list[tuple[int, int, str]] = []
    for match in _UNIT.finditer(content):
        start, end = piece.start + match.start(), piece.start + match.end()
        unit = match[0]
        if len(unit) == 1:
            found.append((start, end, unit))
        elif len(unit) == 2 and unit[1] in _ESCAPES:
            found.append((start, end, _ESCAPES[unit[1]]))
        elif unit[1] in "01234567":
            found.append((start, end, chr(int(unit[1:], 8))))
        elif len(unit) > 2:
            found.append((start, end, chr(int(unit[2:], 16))))
        else:
            # An escape that means nothing stands for both of its characters.
            found += [(start, start + 1, unit[0]), (start + 1, end, unit[1])]
    return found


def _written(text: str, piece: _Piece) -> str | None:
    if piece.raw:
        return None if piece.quote[0] in text or "\n" in text or "\r" in text else text
    pieces = (_WRITTEN.get(one, "\\" + one if one == piece.quote[0] else one) for one in text)
    return "".join(pieces)


def _stays(piece: _Piece, start: int, end: int, written: str, new: str) -> bool:
    """Whether the piece, so edited, still ends where it should and means what it did everywhere else.

    A backslash may come to stand before something else, or a quote lose the one before it.
    """
    content = piece.content[: start - piece.start] + written + piece.content[end - piece.start :]
    if "\\" not in content and piece.quote[0] not in content:
        return True
    inside = rf"(?:\\[\s\S]|(?!{piece.quote})[^\\])*"
    if not re.fullmatch(inside, content) or (len(piece.quote) > 1 and content.endswith(piece.quote[0])):
        return False
    if not piece.raw and any(match[0] in _UNFINISHED for match in _UNIT.finditer(content)):
        return False
    before = [one for _, stop, one in _characters(piece.content, piece) if stop <= start]
    after = [one for begin, _, one in _characters(piece.content, piece) if begin >= end]
    return [one for _, _, one in _characters(content, piece)] == [*before, *new, *after]
