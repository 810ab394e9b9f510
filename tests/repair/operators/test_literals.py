"""String constants character by character, and that what is edited in them is written as it has to be."""

import ast
import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.repair.operators import candidates_for, pattern_edits
from macrohard_lsp.repair.operators.literals import literal_of
from macrohard_lsp.repair.scope import SourceContext

CHARACTERS = st.text("ab'\"\\ \n\t.[é0x", max_size=8)
PIECES = st.sampled_from(["a", "\\\\", "\\n", "\\'", '\\"', "\\x41", "\\101", "\\u00e9", "\\d", "é", " "])
QUOTES = st.sampled_from(["'", '"', "'''", '"""'])
PREFIXES = st.sampled_from(["", "r", "R", "u"])


@st.composite
def strings(draw):
    """The source of a string constant and what it stands for."""
    quote = draw(QUOTES)
    parts = [f"{draw(PREFIXES)}{quote}{''.join(draw(st.lists(PIECES, max_size=5)))}{quote}" for _ in range(2)]
    return " ".join(parts[: draw(st.integers(1, 2))])


def evaluated(source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.literal_eval(source)
        except SyntaxError:
            return None


def literal_in(text):
    source = SourceContext("code.py", text)
    node = next(node for node in source.nodes if node.kind in {"string", "concatenated_string"})
    return literal_of(node)


@given(strings(), CHARACTERS, st.data())
def test_an_edited_constant_stands_for_the_edited_value(written, new, data):
    value = evaluated(written)
    if value is None:
        return
    literal = literal_in(f"x = {written}\n")
    assert literal is not None and literal.value == value
    start = data.draw(st.integers(0, len(value)))
    end = data.draw(st.integers(start, len(value)))
    span = literal.edit(start, end, new)
    if span is None:
        return
    text = f"x = {written}\n"
    changed = text[: span[0]] + span[2] + text[span[1] :]
    assert evaluated(changed[4:].strip()) == value[:start] + new + value[end:]


def test_no_edit_leaves_half_an_escape():
    literal = literal_in(r"x = '\d'" + "\n")
    assert literal is not None and literal.value == r"\d"
    assert literal.edit(1, 1, "x") is None
    assert literal.edit(1, 1, "s") == (6, 6, "s")


@pytest.mark.parametrize("written", ['f"{a}"', r'"\N{BULLET}"', '"a" f"{b}"', '"a\\\nb"'])
def test_what_has_no_fixed_characters_is_left_alone(written):
    assert literal_in(f"x = {written}\n") is None


PATTERNS = (
    r"^(?P<name>\w+)\s*=\s*(?:'([^']*)'|\"([^\"]*)\")$", r"[^\]\[]+?(?<!a)b{2,3}", r"(?i)\bab?c*\Z", r"a|b|(c|d)(?=e)",
    r"\d{4}-\d{1,2}(?:T[\d:.]+)?", r"(a)(?(1)b|c)", r"[]a-z-]+[\w.-]",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_changed_patterns_are_valid_and_make_no_noise(pattern):
    source = SourceContext("code.py", f"import re\n\nA = re.compile(r'''{pattern}''')\n")
    families = {"pattern-quantifier", "pattern-class", "pattern-anchor", "pattern-insert", "pattern-group"}
    found = [item for item in candidates_for(source, None) if item.family in families]
    assert len(found) > 10
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for candidate in found:
            changed = candidate.apply(source.text).split("r'''")[1].split("'''")[0]
            re.purge()
            re.compile(changed)
            assert changed != pattern


def test_tokens_cover_the_pattern():
    for pattern in PATTERNS:
        assert "".join(token.text for token in pattern_edits.tokens_of(pattern)) == pattern


def test_no_pattern_is_changed_that_is_none():
    source = SourceContext("code.py", "A = r'plain'\nB = r'(broken'\nC = 'a+b'\n")
    assert not [item for item in candidates_for(source, None) if item.family.startswith("pattern-")]
