"""The document store: every edit an editor can send, against the plainest reading of the protocol."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from macrohard_lsp.core.text import LineIndex, PositionEncoding
from macrohard_lsp.server.documents import MOST_EDITS, Document

TEXTS = st.text(st.sampled_from("ab \t\n\r\f\u2028\x85é漢🎉"), max_size=30)
UNITS = {
    PositionEncoding.UTF8: lambda text: len(text.encode()),
    PositionEncoding.UTF16: lambda text: len(text.encode("utf-16-le")) // 2,
    PositionEncoding.UTF32: len,
}


def place(text: str, offset: int, encoding: PositionEncoding) -> types.Position:
    """By counting: only LF, CRLF and CR end a line."""
    before = text[:offset]
    ends = [end.end() for end in re.finditer(r"\r\n|\r|\n", text) if end.end() <= offset]
    return types.Position(len(ends), UNITS[encoding](before[ends[-1] if ends else 0 :]))


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]]]:
    text = now = draw(TEXTS)
    made: list[tuple[int, int, str]] = []
    for _ in range(draw(st.integers(1, 4))):
        # No editor's cursor can stand between a CR and its LF.
        places = [at for at in range(len(now) + 1) if now[at - 1 : at + 1] != "\r\n" or at == 0]
        start, end = sorted((draw(st.sampled_from(places)), draw(st.sampled_from(places))))
        new = draw(TEXTS)
        made.append((start, end, new))
        now = now[:start] + new + now[end:]
    return text, made


@pytest.mark.parametrize("encoding", PositionEncoding)
@given(edits())
@settings(max_examples=300, deadline=None)
def test_the_mirror_never_diverges(encoding: PositionEncoding, made: tuple[str, list[tuple[int, int, str]]]):
    text, changes = made
    document = Document("file:///x.py", 1, text)
    for version, (start, end, new) in enumerate(changes, 2):
        where = types.Range(place(text, start, encoding), place(text, end, encoding))
        change = types.TextDocumentContentChangePartial(range=where, text=new)
        document.change(version, [change], encoding)
        text = text[:start] + new + text[end:]
        assert document.text == text
        assert document.version == version


# A line marked `*` before, the edit as (old, new), and the text after, in which the mark is where it should be.
CARRIED = {
    "above": ("a\nb\n*c\nd", ("a\n", "a\nx\ny\n"), "a\nx\ny\nb\n*c\nd"),
    "above, fewer": ("a\nb\n*c\nd", ("a\nb\n", ""), "*c\nd"),
    "below": ("a\n*b\nc", ("c", "x\ny"), "a\n*b\nx\ny"),
    "whole lines right before": ("a\n*b", ("a\n", "a\nx\n"), "a\nx\n*b"),
    "a line put in front": ("*b\nc", ("", "x\n"), "x\n*b\nc"),
    "in the line": ("a\n*b = 1\nc", ("b = 1", "b = 2"), "a\n*b = 2\nc"),
    "split": ("*ab\nc", ("ab", "a\nb"), "*a\nb\nc"),
    "carriage returns": ("a\r\n*b\rc", ("a\r\n", "a\rx\r\n"), "a\rx\r\n*b\rc"),
    "a form feed is no line": ("a\n*b", ("a\n", "\fa\n"), "\fa\n*b"),
}


@pytest.mark.parametrize("name", CARRIED)
@pytest.mark.parametrize("whole", [False, True])
def test_a_place_moves_with_its_line(name: str, whole: bool):
    """Also where the client sends the whole text each time."""
    marked, (old, new), expected = CARRIED[name]
    text, after = marked.replace("*", ""), expected.replace("*", "")
    line = LineIndex(text).line_of(marked.index("*"))
    document = Document("file:///x.py", 1, text)
    if whole:
        change: types.TextDocumentContentChangeEvent = types.TextDocumentContentChangeWholeDocument(after)
    else:
        start = text.index(old)
        spot = types.Range(
            place(text, start, PositionEncoding.UTF16), place(text, start + len(old), PositionEncoding.UTF16)
        )
        change = types.TextDocumentContentChangePartial(range=spot, text=new)
    document.change(2, [change], PositionEncoding.UTF16)
    assert document.text == after
    assert document.carry(line, 1) == LineIndex(after).line_of(expected.index("*"))
    assert document.carry(line, None) == document.carry(line, 1)
    assert document.carry(line, 2) == line, "a place of the newest version stays"


def test_edits_are_forgotten_in_the_end():
    document = Document("file:///x.py", 1, "a\n")
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    for version in range(2, MOST_EDITS + 50):
        change = types.TextDocumentContentChangePartial(range=start, text="" if version % 2 else "\n")
        document.change(version, [change], PositionEncoding.UTF8)
    assert len(document.edits) == MOST_EDITS


def test_positions_outside_mean_the_nearest_inside():
    document = Document("file:///x.py", 1, "ab\ncd")
    far = types.Range(types.Position(0, 99), types.Position(99, 99))
    document.change(2, [types.TextDocumentContentChangePartial(range=far, text="!")], PositionEncoding.UTF16)
    assert document.text == "ab!"
