"""Bytes come in as text only where they go out again byte for byte."""

import codecs
import tokenize
from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from macrohard_lsp.core.encoding import decode

TEXTS: dict[str, tuple[str, bytes, str, str]] = {
    "plain": ("a.py", b"x = 1\n", "utf-8", "x = 1\n"),
    "empty": ("a.py", b"", "utf-8", ""),
    "crlf": ("a.py", b"x = 1\r\ny\r\n", "utf-8", "x = 1\r\ny\r\n"),
    "lone carriage return": ("a.py", b"x = 1\ry = 2\r", "utf-8", "x = 1\ry = 2\r"),
    "mixed ends, form feed, tabs": ("a.py", b"\x0cif x:\r\n\ty\n\rz", "utf-8", "\x0cif x:\r\n\ty\n\rz"),
    "no final newline": ("a.txt", b"end", "utf-8", "end"),
    "wide characters": ("a.py", "名 = '🎉'\n".encode(), "utf-8", "名 = '🎉'\n"),
    "mark": ("a.py", codecs.BOM_UTF8 + b"x\n", "utf-8-sig", "x\n"),
    "latin-1": ("a.py", b"# coding: latin-1\ns = '\xe9'\n", "iso8859-1", "# coding: latin-1\ns = 'é'\n"),
    "second line": ("a.py", b"#!python\n# -*- coding: cp1252 -*-\n\x80", "cp1252", None),
    "after a carriage return": ("a.py", b"#!python\r# coding=koi8-r\r\xc1", "koi8-r", None),
    "editor's name": ("a.py", b"# -*- coding: utf-8-unix -*-\n\xc3\xa9", "utf-8", None),
    "latin-1 with line ends": ("a.pyi", b"# coding: Latin_1-dos\n\xe9", "iso8859-1", None),
    "third line doesn't count": ("a.py", b"\n\n# coding: latin-1\n", "utf-8", None),
    "code on the first line": ("a.py", b"x = 1\n# coding: latin-1\n", "utf-8", None),
    "only Python has coding lines": ("a.txt", b"# coding: koi8-r\n", "utf-8", None),
    "utf-16": ("a.txt", "hé\r\n".encode("utf-16"), "utf-16", "hé\r\n"),
}

NOT_TEXT: dict[str, tuple[str, bytes, str]] = {
    "binary": ("a.bin", b"\x7fELF\0\1", "binary"),
    "zero in Python": ("a.py", b"x\0", "binary"),
    "utf-16 is no encoding for Python": ("a.py", "x".encode("utf-16"), "binary"),
    "latin-1 without a coding line": ("a.py", b"x\ny\n\xe9", "line 3 is not valid UTF-8"),
    "bytes of a lone surrogate": ("a.py", b"'\xed\xa0\x80'", "line 1 is not valid UTF-8"),
    "mark before latin-1": ("a.txt", codecs.BOM_UTF8 + b"\xe9", "not valid UTF-8"),
    "unknown": ("a.py", b"# coding: klingon\n", "'klingon'"),
    "not for text": ("a.py", b"# coding: rot13\n", "rot-13"),
    "quadratic": ("a.py", b"# coding: punycode\n" + b"a" * 100_000, "not an encoding for files"),
    "named but not used": ("a.py", b"# coding: utf-16-le\n", "not written in it"),
    "wrong name": ("a.py", b"# coding: ascii\n\xe9", "not valid ascii"),
    "big-endian utf-16": ("a.txt", codecs.BOM_UTF16_BE + "x".encode("utf-16-be"), "byte for byte"),
    "does not come back": ("a.py", b"# coding: utf-7\n+AGEAYg-", "byte for byte"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_text_comes_back_byte_for_byte(case: str) -> None:
    path, data, encoding, text = TEXTS[case]
    found = decode(data, path)
    assert found.text is not None, found.not_text
    assert found.encoding == encoding
    assert found.text.encode(found.encoding) == data
    if text is not None:
        assert found.text == text


@pytest.mark.parametrize("case", NOT_TEXT)
def test_reason_is_given_where_there_is_no_text(case: str) -> None:
    path, data, reason = NOT_TEXT[case]
    found = decode(data, path)
    assert found.text is None
    assert reason in found.not_text


COOKIES = [
    "utf-8",
    "latin-1",
    "cp1251",
    "shift_jis",
    "utf-7",
    "utf-16",
    "iso2022_jp",
    "hz",
    "big5",
    "gb18030",
]


@given(
    st.sampled_from(["a.py", "a.txt"]),
    st.one_of(
        st.binary(max_size=200),
        st.builds(
            lambda cookie, body: f"# coding: {cookie}\n".encode() + body,
            st.sampled_from(COOKIES),
            st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")),
        ),
    ),
)
@example("a.py", b"# coding: unicode_escape\nx = '\\x41'")
@example("a.py", b"# coding: raw_unicode_escape\n")
@example("a.py", b"# coding: undefined\n")
@example("a.py", b"# coding: zlib\n")
def test_every_text_encodes_back(path: str, data: bytes) -> None:
    found = decode(data, path)
    if found.text is None:
        assert found.not_text
    else:
        assert found.text.encode(found.encoding) == data


@given(st.text(alphabet=" \t\f#x\ncoding:=-utf8latin1_.", max_size=60).map(str.encode))
def test_agrees_with_pythons_own_reading_of_the_coding_line(data: bytes) -> None:
    found = decode(data, "a.py")
    try:
        expected, _ = tokenize.detect_encoding(BytesIO(data).readline)
    except SyntaxError:
        return
    if found.text is not None:
        assert found.text == data.decode(expected)
