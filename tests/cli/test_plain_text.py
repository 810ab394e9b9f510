"""Whatever a repository says, a terminal isn't commanded by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.cli.plain_text import one_line, seconds_text, visible

ANYTHING = st.text(alphabet=st.characters(codec=None))  # Surrogates, too.


@given(ANYTHING)
def test_nothing_that_moves_a_cursor_is_left(text: str) -> None:
    shown = visible(text)
    assert all(character in "\t\n" or character.isprintable() or ord(character) > 0x9F for character in shown)
    assert not set(shown) & set("\x1b\x9b\r\u202e\u2066")
    shown.encode("utf-8")


@given(ANYTHING, st.integers(1, 40))
def test_one_line_is_one_line(text: str, width: int) -> None:
    assert len(one_line(text, width)) <= width
    assert len(one_line(text, width).splitlines()) <= 1


def test_what_is_harmless_stays() -> None:
    assert visible("naïve 日本語 🎉\tx\r\ny") == "naïve 日本語 🎉\tx\ny"
    assert visible("\x1b[31mred\x07") == "\\x1b[31mred\\x07"
    assert visible("a\u202eb") == "a\\u202eb"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (12.3, "12 s"),
        (119.4, "119 s"),
        (119.6, "2 min 0 s"),
        (185, "3 min 5 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
