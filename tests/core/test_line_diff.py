"""The differences found are true, and as few as they can be."""

from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.apply import apply_edits
from macrohard_lsp.core.line_diff import MAX_DIFFERENCES, changed_regions, edits_between, lines_of

words = st.text("abc", max_size=14)
lines = st.lists(st.sampled_from(["a\n", "b\r\n", "\n", "c\rd\n", "x\f"]), max_size=12).map("".join)


def reference_distance(old: str, new: str) -> int:
    """Insertions and deletions between two words, by the table everybody knows."""
    row = list(range(len(new) + 1))
    for count, left in enumerate(old, 1):
        last, row[0] = row[0], count
        for place, right in enumerate(new, 1):
            last, row[place] = row[place], last if left == right else 1 + min(row[place], row[place - 1])
    return row[-1]


@given(words, words)
def test_regions_lead_from_old_to_new_with_the_fewest_changes(old: str, new: str) -> None:
    regions = changed_regions(old, new)
    built, here = "", 0
    for region in regions:
        assert region.old_start > here or region is regions[0]
        built += old[here : region.old_start] + new[region.new_start : region.new_end]
        here = region.old_end
    assert built + old[here:] == new
    changes = sum(each.old_end - each.old_start + each.new_end - each.new_start for each in regions)
    assert changes == reference_distance(old, new)


@given(lines, lines)
def test_edits_between_two_texts_turn_one_into_the_other(old: str, new: str) -> None:
    assert apply_edits(old, edits_between(old, new)) == new


@given(lines)
def test_lines_are_split_at_newlines_only(text: str) -> None:
    assert "".join(lines_of(text)) == text
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines_of(text)[:-1])


def test_too_many_differences_are_one_region() -> None:
    old = ["same", *(f"old {n}" for n in range(MAX_DIFFERENCES)), "kept", *("x" * n for n in range(9)), "end"]
    new = ["same", *(f"new {n}" for n in range(MAX_DIFFERENCES)), "kept", *("y" * n for n in range(9)), "end"]
    assert len(changed_regions(old, new)) == 1
