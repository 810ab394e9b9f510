"""Changes applied all or nothing, and undone."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.apply import ChangeConflict, apply_changes, apply_edits, inverse, inverse_edits
from macrohard_lsp.core.changeset import (
    ChangeSet,
    CreateFile,
    DeleteFile,
    FileChange,
    ModifyFile,
    RenameFile,
    TextEdit,
)
from macrohard_lsp.core.files import digest_of
from macrohard_lsp.core.snapshot import Snapshot

SnapshotOf = Callable[..., Snapshot]


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[str, list[TextEdit]]:
    text = draw(st.text("ab\r\n😀", max_size=20))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = zip(cuts[::2], cuts[1::2], strict=False)
    return text, [TextEdit(start, end, draw(st.text("xy\n日", max_size=4))) for start, end in spans]


@given(edited_texts())
def test_edits_are_made_as_from_the_last_to_the_first(case: tuple[str, list[TextEdit]]) -> None:
    text, edits = case
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.new_text + expected[edit.end :]
    assert apply_edits(text, edits) == expected


@given(edited_texts())
def test_inverse_edits_lead_back(case: tuple[str, list[TextEdit]]) -> None:
    text, edits = case
    assert apply_edits(apply_edits(text, edits), inverse_edits(text, edits)) == text


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([TextEdit(0, 2, ""), TextEdit(1, 3, "")], "overlaps"),
        ([TextEdit(2, 3, ""), TextEdit(0, 1, "")], "precedes"),
        ([TextEdit(1, 3, ""), TextEdit(1, 1, "x")], "overlaps"),
        ([TextEdit(0, 5, "")], "outside"),
        ([TextEdit(5, 5, "x")], "outside"),
    ],
)
def test_edits_that_make_no_sense_are_refused(edits: list[TextEdit], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply_edits("abcd", edits)


A = digest_of(b"a\n")
B = digest_of(b"b\n")
X = digest_of(b"x\0")


def edit(path: str, digest: str = A, new: str = "z") -> ModifyFile:
    return ModifyFile(path, digest, (TextEdit(0, 1, new),))


FILES = {
    "a": "a\n",
    "b": "b\n",
    "d/e": "a\n",
    "x.bin": b"x\0",
    "l.py": "# coding: latin-1\né\n".encode("latin-1"),
}

# Each case: the changes, and the sentence.
CONFLICTS: dict[str, tuple[list[FileChange], str]] = {
    "moved underneath": ([edit("a", B)], "a: the file has changed since this edit was made"),
    "missing": ([edit("c")], "c: the file is missing"),
    "missing, to delete": ([DeleteFile("c", A)], "c: the file is missing"),
    "missing, to rename": ([RenameFile("c", "f", A)], "c: the file is missing"),
    "already exists": ([CreateFile("a", b"")], "a: a file of that name already exists"),
    "rename onto a file": ([RenameFile("a", "b", A)], "b: a file of that name already exists"),
    "binary": ([edit("x.bin", X)], "x.bin: it can't be edited"),
    "outside": ([ModifyFile("a", A, (TextEdit(3, 3, "x"),))], "a: the edits don't fit the file"),
    "no place in the encoding": (
        [edit("l.py", digest_of(FILES["l.py"]), "日")],  # type: ignore[arg-type]
        "l.py: the edit can't be written",
    ),
    "lone surrogate": ([edit("a", A, "\ud800")], "a: the edit can't be written"),
    "modified twice": ([edit("a"), edit("a", digest_of(b"z\n"))], "a: it is changed twice"),
    "created and modified": ([CreateFile("n", b"a\n"), edit("n")], "n: it is changed twice"),
    "deleted and created": ([DeleteFile("a", A), CreateFile("a", b"")], "a: it is changed twice"),
    "renamed, modified twice": ([RenameFile("a", "n", A), edit("n"), edit("n")], "n: it is changed twice"),
    "below a file": ([CreateFile("a/b", b"")], "a/b: a is a file"),
    "below a new file": ([CreateFile("n/m", b""), CreateFile("n", b"")], "n/m: n is a file"),
    "in place of a directory": ([RenameFile("a", "d", A)], "d: there is a directory of that name"),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_conflict_is_a_sentence(name: str, snapshot_of: SnapshotOf) -> None:
    changes, message = CONFLICTS[name]
    with pytest.raises(ChangeConflict, match=re.escape(message)) as caught:
        apply_changes(snapshot_of(FILES), ChangeSet((CreateFile("first", b""), *changes)))
    assert str(caught.value).endswith(".")


def test_the_difference_to_the_disk_is_kept(snapshot_of: SnapshotOf) -> None:
    snapshot = replace(
        snapshot_of(FILES, sequence=7),
        overlaid=frozenset({"a", "d/e"}),
        deleted=frozenset({"old"}),
        notes=("n",),
    )
    changes = (
        RenameFile("a", "c", A),
        edit("c"),
        edit("b", B),
        DeleteFile("d/e", A),
        CreateFile("old", b"#!", executable=True),
        CreateFile("d", b""),
    )
    after = apply_changes(snapshot, ChangeSet(changes))
    assert (after.sequence, after.notes) == (7, ("n",))
    assert after.overlaid == {"c", "b", "old", "d"}
    assert after.deleted == {"a", "d/e"}
    assert after.files["c"].path == "c"
    assert after.files["old"].executable
    assert {path: file.encode() for path, file in after.files.items()} == {
        "c": b"z\n",
        "b": b"z\n",
        "old": b"#!",
        "d": b"",
        "x.bin": FILES["x.bin"],
        "l.py": FILES["l.py"],
    }
    assert snapshot.files.keys() == FILES.keys()


@st.composite
def change_sets(draw: st.DrawFn) -> tuple[dict[str, bytes], list[str]]:
    """A workspace and for each file what happens to it."""
    contents = st.sampled_from([b"", b"a\nb", b"a\r\nb\r\n", "é\n😀\n".encode(), b"\xef\xbb\xbfx\n", b"x\0y"])
    files = {f"f{n}.py": draw(contents) for n in range(4)}
    return files, [draw(st.sampled_from(["keep", "edit", "move", "move+edit", "drop"])) for _ in files]


@given(case=change_sets(), start=st.integers(0, 2), new=st.text("xy\n", max_size=3))
def test_what_is_undone_is_as_before(
    snapshot_of: SnapshotOf, case: tuple[dict[str, bytes], list[str]], start: int, new: str
) -> None:
    snapshot = snapshot_of(
        {("+" if n % 2 else "") + path: data for n, (path, data) in enumerate(case[0].items())}
    )
    changes: list[FileChange] = [CreateFile("made/new", b"n\0", executable=True)]
    for file, what in zip(snapshot.files.values(), case[1], strict=True):
        path = file.path
        if what == "drop":
            changes.append(DeleteFile(path, file.digest))
        if "move" in what:
            changes.append(RenameFile(path, path := "moved/" + path, file.digest))
        if "edit" in what and file.text is not None:
            changes.append(
                ModifyFile(path, file.digest, (TextEdit(min(start, len(file.text)), len(file.text), new),))
            )
    change_set = ChangeSet(tuple(changes))
    after = apply_changes(snapshot, change_set)
    back = apply_changes(after, inverse(snapshot, change_set))
    assert back.files == snapshot.files
    assert apply_changes(back, inverse(after, inverse(snapshot, change_set))).files == after.files


def test_deleting_what_is_only_on_the_disk_can_not_be_undone(snapshot_of: SnapshotOf) -> None:
    snapshot = snapshot_of({"x.bin": b"x\0"})
    bare = replace(snapshot, files={"x.bin": replace(snapshot.files["x.bin"], data=None)})
    assert apply_changes(bare, ChangeSet((DeleteFile("x.bin", X),))).deleted == {"x.bin"}
    with pytest.raises(ChangeConflict, match="not held here"):
        inverse(bare, ChangeSet((DeleteFile("x.bin", X),)))
    with pytest.raises(ChangeConflict, match="not held here"):
        apply_changes(bare, ChangeSet((RenameFile("x.bin", "y.bin", X),)))
