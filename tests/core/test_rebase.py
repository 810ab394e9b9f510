"""Edits carried over what the user changed meanwhile."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.apply import ChangeConflict, apply_changes, apply_edits
from macrohard_lsp.core.changeset import (
    ChangeSet,
    CreateFile,
    DeleteFile,
    FileChange,
    ModifyFile,
    RenameFile,
    TextEdit,
)
from macrohard_lsp.core.rebase import rebase
from macrohard_lsp.core.snapshot import Snapshot

SnapshotOf = Callable[..., Snapshot]

LINES = 30
END = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}

# What may happen to a line: by whom, and how. Two untouched lines lie between two of them.
how = st.sampled_from(["inside", "whole", "delete", "before", "after"])
events = st.lists(st.none() | st.tuples(st.booleans(), how), min_size=LINES // 3, max_size=LINES // 3)


def base(end: str) -> list[str]:
    return [f"line {number} 日😀{end}" for number in range(LINES)]


def edit_of(lines: list[str], number: int, kind: str, who: str, end: str) -> TextEdit:
    start = len("".join(lines[:number]))
    after = start + len(lines[number])
    return {
        "inside": TextEdit(start + 2, start + 6, f"<{who}{number}>"),
        "whole": TextEdit(start, after, f"{who} {number}{end}and more{number}{who}{end}"),
        "delete": TextEdit(start, after, ""),
        "before": TextEdit(start, start, f"{who} {number}{end}"),
        "after": TextEdit(after, after, f"{who} {number}{end}"),
    }[kind]


def modify(snapshot: Snapshot, path: str, *edits: TextEdit) -> ChangeSet:
    return ChangeSet((ModifyFile(path, snapshot.files[path].digest, edits),))


@given(events=events, end=st.sampled_from(list(END.values())))
def test_edits_commute_with_changes_elsewhere(
    snapshot_of: SnapshotOf, events: list[tuple[bool, str] | None], end: str
) -> None:
    lines = base(end)
    ours, theirs = [], []
    for place, event in enumerate(events):
        if event is not None:
            by_user, kind = event
            edit = edit_of(lines, place * 3 + 1, kind, "user" if by_user else "team", end)
            (theirs if by_user else ours).append(edit)
    text = "".join(lines)
    old, new = snapshot_of({"a.py": text}), snapshot_of({"a.py": apply_edits(text, theirs)})
    merged = apply_changes(new, rebase(modify(old, "a.py", *ours), old, new))
    both = sorted([*ours, *theirs], key=lambda edit: edit.start)
    assert merged.files["a.py"].text == apply_edits(text, both)


@given(ours=how, theirs=how, distance=st.integers(-1, 1))
def test_edits_that_meet_the_user_s_conflict(
    snapshot_of: SnapshotOf, ours: str, theirs: str, distance: int
) -> None:
    lines = base("\n")
    text = "".join(lines)
    old = snapshot_of({"a.py": text})
    place = {"before": (10, 10), "after": (11, 11)}
    ours_from, ours_to = place.get(ours, (10, 11))
    theirs_from, theirs_to = (each + distance for each in place.get(theirs, (10, 11)))
    new = snapshot_of({"a.py": apply_edits(text, [edit_of(lines, 10 + distance, theirs, "user", "\n")])})
    change_set = modify(old, "a.py", edit_of(lines, 10, ours, "team", "\n"))
    if ours_from <= theirs_to and theirs_from <= ours_to:
        with pytest.raises(ChangeConflict, match=r"a\.py: line \d+ has changed"):
            rebase(change_set, old, new)
    else:
        apply_changes(new, rebase(change_set, old, new))


def test_the_same_content_needs_no_rebase(snapshot_of: SnapshotOf) -> None:
    old, new = snapshot_of({"a.py": "a\n"}), snapshot_of({"a.py": "a\n", "b.py": ""}, sequence=1)
    change_set = modify(old, "a.py", TextEdit(0, 1, "b"))
    assert rebase(change_set, old, new) == change_set


def test_a_renamed_file_carries_what_the_user_wrote(snapshot_of: SnapshotOf) -> None:
    old, new = snapshot_of({"a.py": "1\n2\n3\n"}), snapshot_of({"a.py": "one\n2\n3\n"})
    digest = old.files["a.py"].digest
    renamed = RenameFile("a.py", "b.py", digest)
    change_set = ChangeSet((renamed, ModifyFile("b.py", digest, (TextEdit(4, 5, "three"),))))
    after = apply_changes(new, rebase(change_set, old, new))
    assert {path: file.text for path, file in after.files.items()} == {"b.py": "one\n2\nthree\n"}


def drop(snapshot: Snapshot) -> FileChange:
    return DeleteFile("a.py", snapshot.files["a.py"].digest)


def move(snapshot: Snapshot) -> FileChange:
    return RenameFile("a.py", "b.py", snapshot.files["a.py"].digest)


def write(snapshot: Snapshot) -> FileChange:
    return ModifyFile("a.py", snapshot.files["a.py"].digest, (TextEdit(0, 1, "x"),))


def create(snapshot: Snapshot) -> FileChange:
    return CreateFile("b.py", b"b")


CONFLICTS = {
    "deleted by both": (drop, {}, "a.py: the file is gone"),
    "changed, to be deleted": (
        drop,
        {"a.py": "a\nb\n"},
        "a.py: the file has changed since it was to be deleted",
    ),
    "gone, to be changed": (write, {"b.py": ""}, "a.py: the file is gone"),
    "gone, to be renamed": (move, {}, "a.py: the file is gone"),
    "rename's name taken": (move, {"a.py": "a\n", "b.py": ""}, "b.py: a file of that name already exists"),
    "created by both": (create, {"a.py": "a\n", "b.py": "b"}, "b.py: a file of that name already exists"),
    "no text any more": (write, {"a.py": b"a\0"}, "a.py: it can't be edited"),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_conflict_is_a_sentence(name: str, snapshot_of: SnapshotOf) -> None:
    change, now, message = CONFLICTS[name]
    old = snapshot_of({"a.py": "a\n"})
    with pytest.raises(ChangeConflict, match=re.escape(message)):
        rebase(ChangeSet((change(old),)), old, snapshot_of(now))


def test_an_edit_that_does_not_fit_the_new_encoding_conflicts(snapshot_of: SnapshotOf) -> None:
    old = snapshot_of({"a.py": "a\nb\nc\n"})
    new = snapshot_of({"a.py": "# coding: latin-1\né\nb\na\nb\nc\n".encode("latin-1")})
    with pytest.raises(ChangeConflict, match="no place in the file's encoding"):
        rebase(modify(old, "a.py", TextEdit(4, 5, "日")), old, new)


def test_a_change_set_for_other_content_is_refused(snapshot_of: SnapshotOf) -> None:
    old, new = snapshot_of({"a.py": "a\n"}), snapshot_of({"a.py": "b\n"})
    with pytest.raises(ChangeConflict, match="has changed since this edit was made"):
        rebase(modify(new, "a.py", TextEdit(0, 0, "x")), old, new)
