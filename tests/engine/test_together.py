"""What `--apply` takes: Fixes for every test that has one, joined where they keep apart and hold together."""

from pathlib import Path

import pytest

from macrohard_lsp.core.apply import ChangeConflict, apply_changes
from macrohard_lsp.core.changeset import ChangeSet, CreateFile, DeleteFile, ModifyFile, RenameFile, TextEdit
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.proof import Proof, Rung, RungProof, RungResult
from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.engine.together import joined, ranked, select

LINES = "".join(f"line {number}\n" for number in range(10))
A, B = source_file("a.py", LINES.encode()), source_file("b.py", LINES.encode())
SNAPSHOT = Snapshot(Path("/w"), {"a.py": A, "b.py": B})
PROOF = Proof(tuple(RungProof(rung, RungResult.PASSED) for rung in Rung))


def line(number: int, text: str, path: str = "a.py") -> ChangeSet:
    """An edit that puts `text` in place of one line's words."""
    start = number * len("line 0\n")
    base = SNAPSHOT.files[path]
    return ChangeSet((ModifyFile(path, base.digest, (TextEdit(start, start + 6, text),)),))


def fix(title: str, change_set: ChangeSet, *tests: str, kind: ProposalKind = ProposalKind.FIX) -> Proposal:
    return Proposal(change_set, kind, title, "repair", "", PROOF, tests)


def anything(change_set: ChangeSet, tests: tuple[str, ...]) -> Proof | None:
    return PROOF


def after(change_set: ChangeSet, path: str = "a.py") -> list[str]:
    text = apply_changes(SNAPSHOT, change_set).files[path].text
    assert text is not None
    return text.split("\n")


def test_one_fix_for_each_test_the_better_ranked_one() -> None:
    chosen = select(
        SNAPSHOT,
        [
            fix("a test change", line(0, "t"), "one", kind=ProposalKind.TEST_CHANGE),
            fix("first", line(1, "first"), "one"),
            fix("rival", line(5, "rival"), "one"),
            fix("change", line(9, "change"), "two", kind=ProposalKind.CHANGE),
            fix("second", line(9, "second"), "two", "one"),
            fix("rival", line(7, "rival"), "two"),
            fix("elsewhere", line(3, "elsewhere", "b.py"), "three"),
        ],
        anything,
    )
    assert [proposal.title for proposal in chosen.taken] == ["first", "second", "elsewhere"]
    assert chosen.notes == ()
    lines = after(chosen.change_set)
    assert (lines[1], lines[5], lines[9]) == ("first", "line 5", "second")
    assert after(chosen.change_set, "b.py")[3] == "elsewhere"


def test_the_order_of_the_fixes_is_not_the_order_of_the_lines() -> None:
    assert after(joined(SNAPSHOT, line(8, "late"), line(2, "early")))[2:9:6] == ["early", "late"]


@pytest.mark.parametrize("number", [4, 6])
def test_neighbours_are_joined(number: int) -> None:
    assert after(joined(SNAPSHOT, line(5, "x"), line(number, "y")))[number] == "y"


def test_fixes_that_meet_are_not_joined_and_it_is_said() -> None:
    chosen = select(
        SNAPSHOT, [fix("first", line(5, "x"), "one"), fix("second", line(5, "y"), "two")], anything
    )
    assert [proposal.title for proposal in chosen.taken] == ["first"]
    (note,) = chosen.notes
    assert "“second” is left out" in note
    assert after(chosen.change_set)[5] == "x"


OTHER_KINDS = {
    "the same file created twice": (CreateFile("c.py", b"1\n"), CreateFile("c.py", b"2\n")),
    "modified and deleted": (line(1, "x").changes[0], DeleteFile("a.py", A.digest)),
    "deleted and modified": (DeleteFile("a.py", A.digest), line(1, "x").changes[0]),
    "modified and renamed": (line(1, "x").changes[0], RenameFile("a.py", "c.py", A.digest)),
    "renamed and modified": (RenameFile("a.py", "c.py", A.digest), line(1, "x").changes[0]),
}


@pytest.mark.parametrize("first_and_second", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_kinds_that_do_not_go_together(first_and_second: tuple) -> None:
    first, second = first_and_second
    with pytest.raises(ChangeConflict):
        joined(SNAPSHOT, ChangeSet((first,)), ChangeSet((second,)))


def test_nothing_proven_is_nothing_to_write() -> None:
    assert select(SNAPSHOT, [], anything).change_set.changes == ()
    change = fix("c", line(1, "x"), "one", kind=ProposalKind.CHANGE)
    assert select(SNAPSHOT, [change], anything).taken == ()


def test_what_repairs_more_comes_first() -> None:
    narrow, wide, other = (
        fix("n", line(1, "n"), "one"),
        fix("w", line(2, "w"), "one", "two"),
        fix("o", line(3, "o"), "z"),
    )
    assert [proposal.title for proposal in ranked([narrow, wide, other])] == ["w", "n", "o"]
    assert [
        proposal.title for proposal in select(SNAPSHOT, ranked([narrow, wide, other]), anything).taken
    ] == ["w", "o"]


def test_what_does_not_hold_together_is_left_out() -> None:
    """The second and the third are each right alone; together with the second, nothing holds."""
    fixes = [fix(name, line(number, name), name) for number, name in enumerate(("one", "two", "three"))]
    asked: list[tuple[str, ...]] = []

    def judge(change_set: ChangeSet, tests: tuple[str, ...]) -> Proof | None:
        asked.append(tests)
        return None if "two" in tests else PROOF

    chosen = select(SNAPSHOT, fixes, judge)
    assert chosen.fixed == {"one", "three"}
    assert asked == [("one", "two", "three"), ("one", "two"), ("one", "three")]
    (note,) = chosen.notes
    assert "“two” is left out: it was proven alone, but not together" in note
    assert after(chosen.change_set)[:3] == ["one", "line 1", "three"]


def test_one_fix_alone_needs_no_second_proof() -> None:
    assert select(SNAPSHOT, [fix("only", line(1, "x"), "one")], lambda change_set, tests: False).fixed == {
        "one"
    }
