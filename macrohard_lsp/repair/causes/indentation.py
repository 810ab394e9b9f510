"""Lines that stand too far in or out: other levels of indentation for them, nearest first."""

import re
from collections.abc import Iterator

from macrohard_lsp.core.text import LineIndex

Edits = list[tuple[int, int, str]]
Draft = tuple[Edits, str]

_LEADING = re.compile(r"[ \t\f]*")
_TAB_WIDTHS = (4, 8)
_UNIT = "    "
# Of a run of lines that may belong to the block, so many beginnings are tried.
MOST_RUNS = 8


class Lines:
    """A text by its lines, counted from 0, terminators left out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = LineIndex(text)
        spans = (self.index.line_span(number) for number in range(self.index.line_count))
        self.rows = [text[start:end] for start, end in spans]

    def indent(self, number: int) -> str:
        match = _LEADING.match(self.rows[number])
        return match.group() if match is not None else ""

    def is_code(self, number: int) -> bool:
        bare = self.rows[number].strip()
        return bool(bare) and not bare.startswith("#")

    def width(self, number: int) -> int:
        return len(self.indent(number).expandtabs(8))

    def before(self, number: int) -> int | None:
        """The nearest line of code above."""
        return next((above for above in range(number - 1, -1, -1) if self.is_code(above)), None)


def drafts(text: str, line: int, message: str) -> Iterator[Draft]:
    """Edits for an IndentationError or a TabError that was raised at a line, counted from 1."""
    lines = Lines(text)
    number = min(line, len(lines.rows)) - 1
    if "tabs" in message:
        yield from _one_kind(lines, number)
    elif "expected an indented block" in message:
        yield from _further_in(lines, number)
        yield from _with_pass(lines, number)
    else:
        yield from _other_levels(lines, number)


def _one_kind(lines: Lines, number: int) -> Iterator[Draft]:
    first = number
    while first > 0 and lines.width(first):
        first -= 1
    last = number
    while last + 1 < len(lines.rows) and (lines.width(last + 1) or not lines.is_code(last + 1)):
        last += 1
    for width in _TAB_WIDTHS:
        spaces = {at: lines.indent(at).expandtabs(width) for at in range(first, last + 1)}
        yield _with_indents(lines, spaces), "indent with spaces only"
    tabs = {at: lines.indent(at).replace(_UNIT, "\t") for at in range(first, last + 1)}
    yield _with_indents(lines, tabs), "indent with tabs only"


def _further_in(lines: Lines, number: int) -> Iterator[Draft]:
    """The lines from here on are the block: as many as stand in one row, or fewer."""
    above = lines.before(number)
    if above is None:
        return
    inner = lines.indent(above) + _unit(lines)
    row = _row(lines, number)
    for length in dict.fromkeys((len(row), *range(1, min(len(row), MOST_RUNS)))):
        moved = {at: inner + lines.indent(at)[len(lines.indent(number)) :] for at in row[:length]}
        yield _with_indents(lines, moved), _words(row[:length], "indent")


def _with_pass(lines: Lines, number: int) -> Iterator[Draft]:
    above = lines.before(number)
    if above is None:
        return
    _, end = lines.index.line_span(above)
    newline = "\r\n" if "\r\n" in lines.text else "\n"
    text = f"{newline}{lines.indent(above)}{_unit(lines)}pass"
    yield [(end, end, text)], f"put `pass` into the empty block of line {above + 1}"


def _other_levels(lines: Lines, number: int) -> Iterator[Draft]:
    """This line, or all that stand at least as far in below it, at a level that is open above."""
    here = lines.width(number)
    levels = dict.fromkeys(
        lines.indent(above) for above in range(number - 1, max(-1, number - 200), -1) if lines.is_code(above)
    )
    above = lines.before(number)
    if above is not None and lines.rows[above].rstrip().endswith(":"):
        levels[lines.indent(above) + _unit(lines)] = None
    nearest = sorted(levels, key=lambda level: abs(len(level.expandtabs(8)) - here))
    row = _row(lines, number)
    for level in nearest:
        for chosen in (row, row[:1]) if len(row) > 1 else (row,):
            moved = {at: level + lines.indent(at)[len(lines.indent(number)) :] for at in chosen}
            yield _with_indents(lines, moved), _words(chosen, "move", level)


def _row(lines: Lines, number: int) -> list[int]:
    """The line and those below it that stand at least as far in, up to an empty line or one farther out."""
    row = [number]
    for at in range(number + 1, len(lines.rows)):
        if not lines.rows[at].strip() or lines.width(at) < lines.width(number):
            break
        row.append(at)
    return row


def _unit(lines: Lines) -> str:
    """By how much this file indents."""
    for at in range(1, len(lines.rows)):
        above = lines.before(at)
        if lines.is_code(at) and above is not None and lines.rows[above].rstrip().endswith(":"):
            outer, inner = lines.indent(above), lines.indent(at)
            if inner.startswith(outer) and inner != outer:
                return inner[len(outer) :]
    return _UNIT


def _with_indents(lines: Lines, indents: dict[int, str]) -> Edits:
    edits: Edits = []
    for at, indent in indents.items():
        start = lines.index.line_start(at)
        if lines.indent(at) != indent:
            edits.append((start, start + len(lines.indent(at)), indent))
    return edits


def _words(row: list[int], verb: str, level: str | None = None) -> str:
    where = f"line {row[0] + 1}" if len(row) == 1 else f"lines {row[0] + 1} to {row[-1] + 1}"
    to = f" to column {len(level.expandtabs(8)) + 1}" if level is not None else ""
    return f"{verb} {where}{to}"
