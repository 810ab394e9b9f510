"""Two edits made one: what comes out is what one after the other gives."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.combining import Places, beside, compose

TEXTS = st.text("ab\n", min_size=0, max_size=12)


def candidate(*edits):
    return Candidate("a.py", tuple(TextEdit(*edit) for edit in edits), "kind", 1.0, 1, "f", "say so")


def applied(text, edits):
    return candidate(*((edit.start, edit.end, edit.new_text) for edit in edits)).apply(text)


@st.composite
def edits_of(draw, text):
    """Sorted edits of `text` that don't overlap."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4, unique=True)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    return tuple(TextEdit(start, end, draw(st.text("xy\n", max_size=3))) for start, end in spans)


@st.composite
def two_steps(draw):
    text = draw(TEXTS)
    first = draw(edits_of(text))
    return text, first, draw(edits_of(applied(text, first)))


@given(two_steps())
def test_composed_edits_do_what_both_do_in_turn(steps):
    text, first, second = steps
    made = compose(text, first, second)
    assert applied(text, made) == applied(applied(text, first), second)
    assert all(before.end < after.start for before, after in pairwise(made))
    assert all(text[edit.start : edit.end] != edit.new_text for edit in made)


def test_what_undoes_the_first_edit_leaves_nothing():
    assert compose("a < b", (TextEdit(2, 3, "<="),), (TextEdit(2, 4, "<"),)) == ()


def test_what_changes_what_the_first_wrote_is_one_edit_with_it():
    text = "return n >= 2"
    made = compose(text, (TextEdit(9, 11, "!="),), (TextEdit(12, 13, "1"),))
    assert made == (TextEdit(9, 10, "!"), TextEdit(12, 13, "1"))
    assert compose("x = n", (TextEdit(4, 5, "n + 1"),), (TextEdit(8, 9, "2"),)) == (TextEdit(5, 5, " + 2"),)


def test_the_way_back_leads_to_the_edit_for_what_it_wrote():
    places = Places((TextEdit(2, 4, "12345"), TextEdit(6, 6, "\n")))
    assert [places.before(offset) for offset in (1, 2, 4, 7, 8, 9, 11)] == [1, 2, 2, 2, 5, 6, 7]
    assert [places.after(offset) for offset in (1, 2, 4, 7)] == [1, 4, 4, 4]


def test_edits_that_meet_are_not_put_side_by_side():
    apart = beside(candidate((4, 5, "x")), candidate((0, 1, "y")))
    assert apart == (TextEdit(0, 1, "y"), TextEdit(4, 5, "x"))
    assert beside(candidate((0, 3, "x")), candidate((2, 4, "y"))) == ()
    assert beside(candidate((2, 2, "x")), candidate((2, 2, "y"))) == ()
