"""The one place where text positions are converted.

A position inside the program is an offset: the number of code points before it. Editors count lines and
UTF-8, UTF-16 or UTF-32 units, Python counts lines from 1, tree-sitter counts bytes of UTF-8. Lines here are
the language server protocol's, which are Python's too: `\\n`, `\\r\\n` and a lone `\\r` end a line, and
nothing else does. tree-sitter's rows end at `\\n` only: its byte offsets are converted, its rows never used.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from enum import StrEnum
from functools import cached_property

_LINE_END = re.compile(r"\r\n?|\n")

# A table of units has one entry per block, so that a conversion looks at one block however long the line is.
_BLOCK = 128


class PositionEncoding(StrEnum):
    """What an editor counts as one character of a line. The values are the protocol's."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def _utf8_width(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _utf16_width(character: str) -> int:
    return 1 if ord(character) < 0x10000 else 2


def _utf8_length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class _Units:
    """How many code units of one encoding stand before each offset of a text."""

    __slots__ = ("_length_of", "_starts", "_text", "_width_of")

    def __init__(self, text: str, length_of: Callable[[str], int], width_of: Callable[[str], int]) -> None:
        self._text = text
        self._length_of = length_of
        self._width_of = width_of
        self._starts = [0]
        for start in range(0, len(text), _BLOCK):
            self._starts.append(self._starts[-1] + length_of(text[start : start + _BLOCK]))

    def before(self, offset: int) -> int:
        block = offset // _BLOCK
        return self._starts[block] + self._length_of(self._text[block * _BLOCK : offset])

    def offset(self, units: int) -> int:
        """The offset of the character that holds unit number `units`; the text's end for anything beyond."""
        if units >= self._starts[-1]:
            return len(self._text)
        block = bisect_right(self._starts, units) - 1
        left = units - self._starts[block]
        offset = block * _BLOCK
        while left >= (width := self._width_of(self._text[offset])):
            left -= width
            offset += 1
        return offset


class LineIndex:
    """Converts positions of one text. Build it once per text; what it needs is computed when first asked for.

    Nothing here raises for a position outside the text: lines and offsets before the start mean the start,
    beyond the end mean the end, and a character beyond its line's end means the line's end, before the
    terminator. A position inside a character (between surrogates or bytes) means that character's start.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._ascii = text.isascii()

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    @cached_property
    def _utf8(self) -> _Units:
        return _Units(self.text, _utf8_length, _utf8_width)

    @cached_property
    def _utf16(self) -> _Units:
        return _Units(self.text, _utf16_length, _utf16_width)

    @property
    def line_count(self) -> int:
        """At least 1. A text that ends with a line terminator has an empty last line."""
        return len(self._starts)

    def line_of(self, offset: int) -> int:
        """The line, from 0, that the offset is on; a terminator belongs to the line it ends."""
        return bisect_right(self._starts, self._clamp(offset)) - 1

    def line_start(self, line: int) -> int:
        if line < 0:
            return 0
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def line_span(self, line: int) -> tuple[int, int]:
        """Offsets of the start and the end of line `line`, from 0, its terminator left out."""
        start, end = self.line_start(line), self.line_start(line + 1)
        if start < end and self.text[end - 1] == "\n":
            end -= 1
        if start < end and self.text[end - 1] == "\r":
            end -= 1
        return start, end

    def python_line_start(self, number: int) -> int:
        """The offset at which the line that Python calls `number`, counting from 1, starts."""
        return self.line_start(number - 1)

    def position(self, offset: int, encoding: PositionEncoding) -> tuple[int, int]:
        """Line and character, both from 0, of an offset; inside a terminator this is the end of the line."""
        line = self.line_of(offset)
        start, end = self.line_span(line)
        here = max(start, min(offset, end))
        units = self._units(encoding)
        return line, here - start if units is None else units.before(here) - units.before(start)

    def offset(self, line: int, character: int, encoding: PositionEncoding) -> int:
        """The offset of a line and character, both from 0."""
        if line < 0:
            return 0
        start, end = self.line_span(line)
        units = self._units(encoding)
        wanted = max(0, character)
        found = start + wanted if units is None else units.offset(units.before(start) + wanted)
        return min(found, end)

    def byte_of(self, offset: int) -> int:
        """How many bytes of UTF-8 stand before the offset."""
        here = self._clamp(offset)
        return here if self._ascii else self._utf8.before(here)

    def offset_of_byte(self, byte: int) -> int:
        """The offset of the character that holds byte number `byte` of the text in UTF-8."""
        here = max(0, byte)
        return min(here, len(self.text)) if self._ascii else self._utf8.offset(here)

    def _units(self, encoding: PositionEncoding) -> _Units | None:
        """The table for an encoding; None where one unit is one code point."""
        if self._ascii or encoding is PositionEncoding.UTF32:
            return None
        return self._utf8 if encoding is PositionEncoding.UTF8 else self._utf16

    def _clamp(self, offset: int) -> int:
        return max(0, min(offset, len(self.text)))
