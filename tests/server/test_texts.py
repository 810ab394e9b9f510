"""What an accepted fix leaves of a file, byte for byte, in all three ways in which editors count characters."""

from pathlib import Path

import pytest
from lsprotocol import types

from .profiles import neovim, vs_code
from .test_work import shows_nothing

pytestmark = [pytest.mark.usefixtures("sandbox"), pytest.mark.slow]

# CRLF, a form feed, tabs, emoji and CJK before the edit on its own line, and no end of line at the end.
MIXED = (
    '\ufeff"""漢"""\r\n\f\r\ndef at_most(値, limit):\r\n\tif True:\r\n'
    '\t\t"🎉🎉é"; 漢 = "𝔘"; return 値 < limit\t# 🎉'
)
LATIN = (
    "# -*- coding: latin-1 -*-\n# caf\xe9\n"
    "def at_least(value, limit):\n    '\xfc\xff'; return value > limit  # na\xefve\n"
)
TESTS = """
from latin import at_least
from mixed import at_most


def test_most():
    assert at_most(3, 3) and not at_most(4, 3)


def test_least():
    assert at_least(3, 3) and not at_least(2, 3)
"""


@pytest.mark.parametrize("encoding", types.PositionEncodingKind)
async def test_byte_for_byte(new_editor, files, encoding: types.PositionEncodingKind) -> None:
    folder: Path = files(f"--- test_both.py\n{TESTS}")
    mixed, latin, tests = folder / "mixed.py", folder / "latin.py", folder / "test_both.py"
    mixed.write_bytes(MIXED.encode())
    latin.write_bytes(LATIN.encode("latin-1"))
    capabilities = vs_code() if encoding is types.PositionEncodingKind.Utf16 else neovim()
    assert capabilities.general is not None
    capabilities.general.position_encodings = [encoding]
    editor = new_editor(capabilities)
    result = await editor.start(folder)
    assert result.capabilities.position_encoding == encoding
    editor.open(mixed)
    editor.open(latin, encoding="latin-1")
    editor.open(tests)
    fix = await editor.until_offered(tests, editor.line_of(tests, "assert at_most"), "Fix: all 2")
    await editor.accept(fix)
    editor.save(mixed)
    editor.save(latin)
    assert mixed.read_bytes() == MIXED.replace("値 < limit", "値 <= limit").encode()
    assert latin.read_bytes() == LATIN.replace("value > limit", "value >= limit").encode("latin-1")
    await editor.until(lambda: shows_nothing(editor, tests), "a clear file")


async def test_utf8_is_taken_where_it_can_be_had(new_editor, files) -> None:
    capabilities = neovim()
    assert capabilities.general is not None
    kinds = types.PositionEncodingKind
    capabilities.general.position_encodings = [kinds.Utf32, kinds.Utf16, kinds.Utf8]
    editor = new_editor(capabilities)
    result = await editor.start(files("--- a.py\n"))
    assert result.capabilities.position_encoding == kinds.Utf8
