"""Edits made one after the other are what they would be at once."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.apply import apply_changes
from macrohard_lsp.core.changeset import ChangeSet, ModifyFile, RenameFile, TextEdit
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.repair.causes.steps import one_after_the_other

TEXT = "abcdefghij"
SPANS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10), st.text("XYZ", max_size=3)), max_size=3)
START = Snapshot(Path("/w"), {"a.py": source_file("a.py", TEXT.encode())})


def edits_in(text: str, spans: list[tuple[int, int, str]]) -> tuple[TextEdit, ...]:
    """Those of the spans that lie in the text and don't touch one another."""
    kept: list[TextEdit] = []
    for one, other, new in sorted((min(span[:2]), max(span[:2]), span[2]) for span in spans):
        if other <= len(text) and (not kept or one > kept[-1].end):
            kept.append(TextEdit(one, other, new))
    return tuple(kept)


@given(SPANS, SPANS)
def test_both_at_once(one: list[tuple[int, int, str]], other: list[tuple[int, int, str]]):
    first = ChangeSet((ModifyFile("a.py", START.files["a.py"].digest, edits_in(TEXT, one)),))
    middle = apply_changes(START, first).files["a.py"]
    second = ChangeSet((ModifyFile("a.py", middle.digest, edits_in(middle.text or "", other)),))
    expected = apply_changes(apply_changes(START, first), second).files["a.py"].text
    together = one_after_the_other(START, first, second)
    if together is not None:
        assert apply_changes(START, together).files["a.py"].text == expected


def test_far_apart_they_can_be_joined_and_on_the_same_place_not():
    digest = START.files["a.py"].digest
    first = ChangeSet((ModifyFile("a.py", digest, (TextEdit(1, 2, "XXX"),)),))
    far = ChangeSet((ModifyFile("a.py", "", (TextEdit(8, 9, "Y"),)),))
    together = one_after_the_other(START, first, far)
    assert together is not None
    assert apply_changes(START, together).files["a.py"].text == "aXXXcdefYhij"
    near = ChangeSet((ModifyFile("a.py", "", (TextEdit(2, 3, "Y"),)),))
    assert one_after_the_other(START, first, near) is None
    renamed = ChangeSet((RenameFile("a.py", "b.py", digest),))
    assert one_after_the_other(START, renamed, far) is None
    assert one_after_the_other(START, first, renamed) is None
