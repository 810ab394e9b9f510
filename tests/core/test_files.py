"""What bytes become when a ChangeSet brings them, and that text goes back to the same bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.files import FileNotEditable, digest_of, source_file

TEXTS = {
    "utf-8": ("a.txt", "é 日本 😀\r\n\f\n".encode(), "utf-8"),
    "empty": ("a.py", b"", "utf-8"),
    "byte order mark": ("a.py", b"\xef\xbb\xbfx = 1\n", "utf-8-sig"),
    "byte order mark, no Python": ("a.txt", b"\xef\xbb\xbfx\n", "utf-8-sig"),
    "latin-1": ("a.py", b"# -*- coding: latin-1 -*-\n'\xe9'\n", "iso8859-1"),
    "second line": ("a.py", b"#!/x\n# vim: set fileencoding=cp1252 :\n'\x80'", "cp1252"),
    "coding line, no Python": ("a.txt", "# coding: latin-1\né".encode(), "utf-8"),
}
BYTES = {
    "binary": ("a.png", b"\x89PNG\0", "binary"),
    "not utf-8": ("a.txt", b"\xe9", "not valid UTF-8"),
    "unknown encoding": ("a.py", b"# coding: klingon\n", "klingon"),
    "no text encoding": ("a.py", b"# coding: rot13\n", "rot-13"),
    "two ways to write it": ("a.py", b"# coding: utf-7\n+AGE-\n", "byte for byte"),
    "slow": ("a.py", b"# coding: punycode\n", "not an encoding for files"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_read_and_written_back(name: str) -> None:
    path, data, encoding = TEXTS[name]
    file = source_file(path, data, executable=True)
    assert (file.encoding, file.data, file.size, file.digest) == (encoding, None, len(data), digest_of(data))
    assert file.executable
    assert file.encode() == data
    assert file.text is not None
    changed = file.with_text(file.text + "x")
    assert changed == source_file(path, data + b"x", executable=True)


@pytest.mark.parametrize("name", BYTES)
def test_what_is_not_text_is_kept_as_bytes(name: str) -> None:
    path, data, reason = BYTES[name]
    file = source_file(path, data)
    assert (file.text, file.data, file.encode()) == (None, data, data)
    assert reason in file.not_text
    with pytest.raises(FileNotEditable, match=reason):
        file.with_text("x")


@given(st.binary(max_size=60), st.sampled_from(["a.py", "a.txt"]))
def test_any_bytes_come_back(data: bytes, path: str) -> None:
    assert source_file(path, data).encode() == data
