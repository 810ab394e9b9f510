"""Every conversion against a reference that walks the text character by character."""

import ast
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from macrohard_lsp.core.text import LineIndex, PositionEncoding

PIECES = [
    "a",
    "b",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\f",
    "\v",
    "\x85",
    "\u2028",
    "é",
    "日",
    "本",
    "😀",
    "e\u0301",
    "\ud800",
]
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
long_texts = st.tuples(texts, st.sampled_from(PIECES), st.integers(0, 400), texts).map(
    lambda parts: parts[0] + parts[1] * parts[2] + parts[3]
)
encodings = st.sampled_from(PositionEncoding)
numbers = st.integers(-3, 60)


@dataclass(frozen=True)
class Line:
    start: int
    end: int
    after: int


def reference_lines(text: str) -> list[Line]:
    lines: list[Line] = []
    start = here = 0
    while here < len(text):
        width = 2 if text[here : here + 2] == "\r\n" else 1
        if text[here] in "\r\n":
            lines.append(Line(start, here, here + width))
            start = here + width
        here += width
    return [*lines, Line(start, len(text), len(text))]


def units_of(character: str, encoding: PositionEncoding) -> int:
    if encoding is PositionEncoding.UTF32:
        return 1
    if encoding is PositionEncoding.UTF16:
        return 2 if ord(character) > 0xFFFF else 1
    return len(character.encode("utf-8", "surrogatepass"))


def reference_offset(text: str, line: int, character: int, encoding: PositionEncoding) -> int:
    lines = reference_lines(text)
    if line < 0:
        return 0
    if line >= len(lines):
        return len(text)
    units = 0
    for offset in range(lines[line].start, lines[line].end):
        units += units_of(text[offset], encoding)
        if units > character:
            return offset
    return lines[line].end


@given(long_texts)
def test_lines_are_the_reference_s(text: str) -> None:
    index = LineIndex(text)
    lines = reference_lines(text)
    assert index.line_count == len(lines)
    assert [index.line_span(number) for number in range(len(lines))] == [
        (line.start, line.end) for line in lines
    ]
    for number, line in enumerate(lines):
        assert index.python_line_start(number + 1) == index.line_start(number) == line.start
        last = line.after if number + 1 < len(lines) else len(text) + 1
        assert all(index.line_of(offset) == number for offset in range(line.start, last))


@given(long_texts, encodings)
def test_an_offset_becomes_the_reference_s_position_and_comes_back(
    text: str, encoding: PositionEncoding
) -> None:
    index = LineIndex(text)
    lines = reference_lines(text)
    for offset in range(len(text) + 1):
        number = index.line_of(offset)
        shown = min(offset, lines[number].end)
        character = sum(units_of(each, encoding) for each in text[lines[number].start : shown])
        assert index.position(offset, encoding) == (number, character)
        assert index.offset(number, character, encoding) == shown


@given(long_texts, numbers, st.integers(-3, 900), encodings)
@example("a😀b", 0, 2, PositionEncoding.UTF16)
@example("a日b", 0, 3, PositionEncoding.UTF8)
@example("a\r", 1, 5, PositionEncoding.UTF16)
@example("", 0, 1, PositionEncoding.UTF8)
def test_any_position_is_clamped_as_the_reference_does(
    text: str, line: int, character: int, encoding: PositionEncoding
) -> None:
    assert LineIndex(text).offset(line, character, encoding) == reference_offset(
        text, line, character, encoding
    )


@given(long_texts)
def test_bytes_and_offsets_match(text: str) -> None:
    index = LineIndex(text)
    byte = 0
    for offset, character in enumerate(text):
        assert index.byte_of(offset) == byte
        width = units_of(character, PositionEncoding.UTF8)
        assert [index.offset_of_byte(byte + inside) for inside in range(width)] == [offset] * width
        byte += width
    assert index.byte_of(len(text)) == byte
    assert index.offset_of_byte(byte) == len(text)


@given(texts)
def test_positions_outside_the_text_mean_its_ends(text: str) -> None:
    index = LineIndex(text)
    end = len(text)
    assert (index.line_of(-1), index.byte_of(-1), index.offset_of_byte(-1), index.line_start(-1)) == (
        0,
        0,
        0,
        0,
    )
    assert index.line_of(end + 9) == index.line_count - 1
    assert index.byte_of(end + 9) == len(text.encode("utf-8", "surrogatepass"))
    assert index.offset_of_byte(4 * end + 9) == index.line_start(index.line_count) == end
    assert index.line_span(index.line_count) == (end, end)


@pytest.mark.parametrize(
    "source", ["x = 1\ry = 2\r\nz = 3\nw = 4", "x = 1\n\fy = 2\nz = '\v\x85\u2028'\nw = 4\n"]
)
def test_python_counts_the_same_lines(source: str) -> None:
    index = LineIndex(source)
    names = [
        source[index.python_line_start(node.lineno) + node.col_offset] for node in ast.parse(source).body
    ]
    assert names == ["x", "y", "z", "w"]
