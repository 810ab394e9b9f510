"""Patches that git and patch take, and that come back as the same change."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.apply import ChangeConflict, apply_changes, inverse
from macrohard_lsp.core.changeset import (
    ChangeSet,
    CreateFile,
    DeleteFile,
    FileChange,
    ModifyFile,
    RenameFile,
    TextEdit,
)
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.unified_diff import (
    PatchRefused,
    from_unified_diff,
    to_unified_diff,
    to_unified_diff_bytes,
)

SnapshotOf = Callable[..., Snapshot]

LONG = "".join(f"line {number}\n" for number in range(40))
LATIN = "# coding: latin-1\nname = 'é'\nage = 3\n".encode("latin-1")
BINARY = bytes(range(256)) * 3


def put(path: str, old: str, new: str) -> Callable[[Snapshot], FileChange]:
    """Replace the only `old` in a file."""

    def change(snapshot: Snapshot) -> FileChange:
        file = snapshot.files[path]
        assert file.text is not None and file.text.count(old) == 1
        start = file.text.index(old)
        return ModifyFile(path, file.digest, (TextEdit(start, start + len(old), new),))

    return change


def move(path: str, new_path: str, old: str = "", new: str = "") -> Callable[[Snapshot], list[FileChange]]:
    def change(snapshot: Snapshot) -> list[FileChange]:
        renamed = RenameFile(path, new_path, snapshot.files[path].digest)
        if not old:
            return [renamed]
        edit = put(path, old, new)(snapshot)
        assert isinstance(edit, ModifyFile)
        return [renamed, ModifyFile(new_path, edit.base_digest, edit.edits)]

    return change


def drop(path: str) -> Callable[[Snapshot], FileChange]:
    return lambda snapshot: DeleteFile(path, snapshot.files[path].digest)


def make(path: str, data: bytes, executable: bool = False) -> Callable[[Snapshot], FileChange]:
    return lambda snapshot: CreateFile(path, data, executable)


# Each case: the workspace, what changes, and whether `patch` can carry it, too (it takes no binary form, and
# needs a file to have content before it says that it is gone).
CASES: dict[str, tuple[Mapping[str, str | bytes], list[Callable[[Snapshot], object]], bool]] = {
    "one line": ({"a.py": LONG}, [put("a.py", "line 7\n", "line seven\n")], True),
    "two hunks": ({"a.py": LONG}, [put("a.py", "line 5\nline 6", "x"), put("b.py", "q", "r")][:1], True),
    "near and far": (
        {"a.py": LONG},
        [
            lambda snapshot: ModifyFile(
                "a.py",
                snapshot.files["a.py"].digest,
                (
                    TextEdit(0, 0, "new\n"),
                    TextEdit(14, 21, ""),
                    TextEdit(200, 203, "?\n?"),
                    TextEdit(310, 310, "end"),
                ),
            )
        ],
        True,
    ),
    "insert at the top": ({"a.py": LONG}, [put("a.py", "line 0\n", "first\nline 0\n")], True),
    "crlf": ({"a.py": "a = 1\r\nb = 2\r\n\r\nc = 3\r\n"}, [put("a.py", "2", "22")], True),
    "mixed line ends": ({"a.py": "a\r\nb\nc\rd\ne\r\n"}, [put("a.py", "c\rd", "c\rD\r")], True),
    "no final newline": ({"a.py": "a = 1\nb = 2"}, [put("a.py", "2", "3")], True),
    "gains a final newline": ({"a.py": "a = 1\nb = 2"}, [put("a.py", "2", "2\n")], True),
    "loses its final newline": ({"a.py": "a = 1\nb = 2\n"}, [put("a.py", "2\n", "2")], True),
    "far above an open end": ({"a.py": LONG + "end"}, [put("a.py", "line 1\n", "")], True),
    "form feed and odd spaces": ({"a.py": "a = 1\n\fb = 2\v\x85\u2028x\nc\n"}, [put("a.py", "b", "β")], True),
    "becomes empty": ({"a.py": "a\n"}, [put("a.py", "a\n", "")], True),
    "was empty": (
        {"a.py": ""},
        [lambda s: ModifyFile("a.py", s.files["a.py"].digest, (TextEdit(0, 0, "x"),))],
        True,
    ),
    "byte order mark": ({"a.py": b"\xef\xbb\xbfa = 1\nb = 2\n"}, [put("a.py", "1", "9")], True),
    "latin-1": ({"a.py": LATIN}, [put("a.py", "3", "4"), make("b.py", LATIN)], True),
    "emoji path and text": ({"d/😀 日本.py": "x = '😀'\n"}, [put("d/😀 日本.py", "'😀'", "'🎉'")], True),
    "odd names": (
        {'a "b"\\c\td.py': "x\n", "with space.txt": "y\n", "ü": "z\n"},
        [put('a "b"\\c\td.py', "x", "xx"), put("with space.txt", "y", "yy"), move("ü", "ö ö", "z", "zz")],
        True,
    ),
    "a name that is not UTF-8": ({"a\udcff.py": "x\n"}, [put("a\udcff.py", "x", "y")], True),
    "new files": ({"a": "a\n"}, [make("deep/er/b.py", b"b = 1\n"), make("run", b"#!/bin/sh", True)], True),
    "new empty file": ({"a": "a\n"}, [make("pkg/__init__.py", b"")], True),
    "deleted": ({"a.py": "a\nb", "+b.sh": "x\n"}, [drop("a.py"), drop("b.sh")], True),
    "deleted empty": ({"a.py": "", "b": ""}, [drop("a.py")], False),
    "renamed": ({"a.py": LONG, "b.py": "b"}, [move("a.py", "new dir/a.py")], True),
    "renamed and changed": ({"+a.py": LONG}, [move("a.py", "b.py", "line 3\n", "line three\n")], True),
    "binary made and dropped": (
        {"a.bin": BINARY, "e": "e"},
        [make("b.bin", BINARY[::-1]), drop("a.bin")],
        False,
    ),
    "executable keeps its bit": ({"+a.sh": "#!/bin/sh\necho 1\n"}, [put("a.sh", "1", "2")], True),
    "all at once": (
        {"a.py": LONG, "b.py": "b\n", "c.py": "c\r\n", "+d.py": LATIN},
        [
            put("a.py", "line 9\n", "line nine\n"),
            drop("b.py"),
            move("c.py", "e.py", "c", "e"),
            put("d.py", "é", "è"),
            make("f/g.py", "ß = '日本'\n".encode()),
        ],
        True,
    ),
}


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, snapshot_of: SnapshotOf) -> tuple[Snapshot, ChangeSet, bool]:
    files, changes, for_patch = CASES[request.param]
    snapshot = snapshot_of(files)
    return snapshot, change_set_of(snapshot, changes), for_patch


def change_set_of(snapshot: Snapshot, changes: list[Callable[[Snapshot], object]]) -> ChangeSet:
    made: list[FileChange] = []
    for change in changes:
        result = change(snapshot)
        made += result if isinstance(result, list) else [result]
    return ChangeSet(tuple(made))


def write_out(snapshot: Snapshot, folder: Path) -> None:
    for path, file in snapshot.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.encode())
        place.chmod(0o755 if file.executable else 0o644)


def read_in(folder: Path) -> dict[str, tuple[bytes, bool]]:
    return {
        str(place.relative_to(folder)): (place.read_bytes(), os.access(place, os.X_OK))
        for place in folder.rglob("*")
        if place.is_file() and ".git" not in place.parts
    }


def contents(snapshot: Snapshot) -> dict[str, tuple[bytes, bool]]:
    return {path: (file.encode(), file.executable) for path, file in snapshot.files.items()}


def run(folder: Path, patch: bytes, *command: str) -> bytes:
    clean = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        command, cwd=folder, input=patch, capture_output=True, timeout=30, env=clean, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr + patch).decode("utf-8", "replace")
    return done.stdout


def test_git_applies_both_forms_and_takes_them_back(
    case: tuple[Snapshot, ChangeSet, bool], tmp_path: Path, program: Callable[[str], str]
) -> None:
    snapshot, change_set, _ = case
    git = program("git")
    for name, patch in [
        ("text", to_unified_diff(snapshot, change_set).encode()),
        ("bytes", to_unified_diff_bytes(snapshot, change_set)),
    ]:
        folder = tmp_path / name
        folder.mkdir()
        run(folder, b"", git, "init", "-q")
        write_out(snapshot, folder)
        run(folder, patch, git, "apply", "--whitespace=nowarn", "-")
        assert read_in(folder) == contents(apply_changes(snapshot, change_set))
        run(folder, patch, git, "apply", "--whitespace=nowarn", "-R", "-")
        assert read_in(folder) == contents(snapshot)


def test_patch_applies_the_bytes(
    case: tuple[Snapshot, ChangeSet, bool], tmp_path: Path, program: Callable[[str], str]
) -> None:
    snapshot, change_set, for_patch = case
    if not for_patch:
        assert (
            b"GIT binary patch" in (made := to_unified_diff_bytes(snapshot, change_set)) or b"---" not in made
        )
        return
    write_out(snapshot, tmp_path)
    run(tmp_path, to_unified_diff_bytes(snapshot, change_set), program("patch"), "-p1", "--silent")
    assert read_in(tmp_path) == contents(apply_changes(snapshot, change_set))


def test_reading_a_patch_gives_the_same_change(case: tuple[Snapshot, ChangeSet, bool]) -> None:
    snapshot, change_set, _ = case
    expected = apply_changes(snapshot, change_set)
    for patch in (to_unified_diff(snapshot, change_set), to_unified_diff_bytes(snapshot, change_set)):
        assert apply_changes(snapshot, from_unified_diff(patch, snapshot)).files == expected.files


def test_undoing_gives_the_files_back(case: tuple[Snapshot, ChangeSet, bool]) -> None:
    snapshot, change_set, _ = case
    undone = apply_changes(apply_changes(snapshot, change_set), inverse(snapshot, change_set))
    assert undone.files == snapshot.files


PIECES = [
    "a\n",
    "b\n",
    "c\r\n",
    "\n",
    "\r",
    "\f\n",
    "x",
    "é\n",
    "😀",
    "-- a\n",
    "\\ No newline\n",
    "@@ -1 +1 @@\n",
]
contents_of_files = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(old=contents_of_files, new=contents_of_files, other=contents_of_files)
def test_any_change_survives_the_way_there_and_back(
    snapshot_of: SnapshotOf, old: str, new: str, other: str
) -> None:
    snapshot = snapshot_of({"a.txt": old, "b.txt": other})
    changes: list[FileChange] = [
        ModifyFile("a.txt", snapshot.files["a.txt"].digest, (TextEdit(0, len(old), new),)),
        RenameFile("b.txt", "c.txt", snapshot.files["b.txt"].digest),
        ModifyFile("c.txt", snapshot.files["b.txt"].digest, (TextEdit(0, len(other), new),)),
        CreateFile("d.txt", new.encode()),
    ]
    change_set = ChangeSet(tuple(changes))
    expected = apply_changes(snapshot, change_set)
    patch = to_unified_diff(snapshot, change_set)
    assert apply_changes(snapshot, from_unified_diff(patch, snapshot)).files == expected.files
    assert patch.encode() == to_unified_diff_bytes(snapshot, change_set)


def test_a_patch_reads_as_git_s_own_does(
    snapshot_of: SnapshotOf, tmp_path: Path, program: Callable[[str], str]
) -> None:
    snapshot = snapshot_of({"a b.py": "".join(f"{number}\n" for number in range(50)) + "end", "é.py": "x\n"})
    # Seven lines between two changes make two hunks, six make one.
    lines = snapshot.files["a b.py"].text or ""
    edits = tuple(TextEdit(at := lines.index(f"\n{number}\n") + 1, at + 2, "x") for number in (12, 20, 27))
    change_set = ChangeSet(
        (ModifyFile("a b.py", snapshot.files["a b.py"].digest, edits), put("é.py", "x", "y")(snapshot))
    )
    git = program("git")
    run(tmp_path, b"", git, "init", "-q")
    write_out(snapshot, tmp_path)
    run(tmp_path, b"", git, "add", ".")
    write_out(apply_changes(snapshot, change_set), tmp_path)
    shown = run(tmp_path, b"", git, "diff", "--full-index")
    assert (
        to_unified_diff_bytes(snapshot, change_set).replace(b'"a/a b.py" "b/a b.py"', b"a/a b.py b/a b.py")
        == shown
    )


HEAD = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n"

REFUSED = {
    "prose": ("Here is the patch:\n", "line 1 .* expected a line that begins with"),
    "no hunk": (HEAD, "line 4 .* expected a hunk"),
    "bad header": (HEAD + "@@ -1 @@\n", "line 4 .* form"),
    "other line": (
        HEAD + "@@ -1,2 +1,2 @@\n one\n-zwei\n+2\n",
        "line 6 .* expected 'zwei.*' in line 2 of a.py",
    ),
    "too short": (HEAD + "@@ -1,2 +1,2 @@\n one\n-two\n", "line 7 .* hunk ends before"),
    "too long": (HEAD + "@@ -1,1 +1,1 @@\n-one\n-two\n+1\n", "line 6 .* other lines than its header"),
    "past the end": (HEAD + "@@ -9,0 +10 @@\n+x\n", "line 4 .* only 3 lines"),
    "runs over the end": (HEAD + "@@ -3,2 +3,1 @@\n three\n-four\n", "line 6 .* only 3 lines"),
    "backwards": (HEAD + "@@ -3 +3 @@\n-three\n+3\n@@ -1 +1 @@\n-one\n+1\n", "line 7 .* begins before"),
    "no such file": ("--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-x\n+y\n", "line 1 .* no file b.py"),
    "no prefix": ("--- a.py\n+++ a.py\n@@ -1 +1 @@\n-one\n+1\n", "line 1 .* begin with a/"),
    "names disagree": ("diff --git a/a.py b/a.py\n--- a/b.py\n+++ b/a.py\n", "line 2 .* headers above"),
    "open end inside": (HEAD + "@@ -1 +1 @@\n-one\n+1\n\\ No newline at end of file\n", "isn't the last"),
    "keeps content": ("--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n", "leaves content"),
    "mode": ("diff --git a/a.py b/a.py\nold mode 100644\nnew mode 100755\n", "line 2 .* mode"),
    "link": ("diff --git a/l b/l\nnew file mode 120000\n", "line 2 .* 120000"),
    "copy": (
        "diff --git a/a.py b/c.py\nsimilarity index 100%\ncopy from a.py\ncopy to c.py\n",
        "line 3 .* copies",
    ),
    "no content": (
        "diff --git a/x b/x\nindex 1234567..89abcde 100644\nBinary files a/x and b/x differ\n",
        "--binary",
    ),
    "delta": ("diff --git a/x b/x\nGIT binary patch\ndelta 7\nOcmZ\n\n", "line 3 .* delta"),
    "damaged": (
        "diff --git a/x b/x\nnew file mode 100644\nGIT binary patch\nliteral 7\nOcmZ\n\n",
        "line 4 .* damaged",
    ),
    "bomb": (
        "diff --git a/x b/x\nnew file mode 100644\nGIT binary patch\nliteral 99999999\nA\n\n",
        "the most a patch",
    ),
    "crlf": (HEAD.replace("\n", "\r\n"), "line 2 .* CRLF"),
    "bad quotes": ('--- "a/\\q"\n', "quoted as git does"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_patch_is_refused_with_its_line(name: str, snapshot_of: SnapshotOf) -> None:
    patch, message = REFUSED[name]
    with pytest.raises(PatchRefused, match=message):
        from_unified_diff(patch, snapshot_of({"a.py": "one\ntwo\nthree\n"}))


def test_a_patch_for_other_files_conflicts(snapshot_of: SnapshotOf) -> None:
    with pytest.raises(ChangeConflict, match="already exists"):
        from_unified_diff("--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+x\n", snapshot_of({"a.py": "a\n"}))


def test_a_text_patch_fits_a_file_in_another_encoding(snapshot_of: SnapshotOf) -> None:
    snapshot = snapshot_of({"a.py": LATIN})
    patch = "--- a/a.py\n+++ b/a.py\n@@ -2 +2 @@\n-name = 'é'\n+name = 'è'\n"
    after = apply_changes(snapshot, from_unified_diff(patch, snapshot))
    assert after.files["a.py"].encode() == LATIN.replace(b"\xe9", b"\xe8")
    with pytest.raises(PatchRefused, match=r"line 5 .* iso8859-1"):
        from_unified_diff(patch.replace("è", "日"), snapshot)


def test_a_binary_form_for_other_content_is_refused(snapshot_of: SnapshotOf) -> None:
    snapshot = snapshot_of({"a.py": LATIN})
    patch = to_unified_diff(snapshot, change_set_of(snapshot, [put("a.py", "3", "4")]))
    with pytest.raises(PatchRefused, match=r"other content of a\.py"):
        from_unified_diff(patch, snapshot_of({"a.py": LATIN + b"# more\n"}))


def test_a_patch_that_takes_the_byte_order_mark_away_is_refused(snapshot_of: SnapshotOf) -> None:
    patch = b"--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-\xef\xbb\xbfa\n+b\n"
    with pytest.raises(PatchRefused, match="not be written back"):
        from_unified_diff(patch, snapshot_of({"a.py": b"\xef\xbb\xbfa\n"}))


def test_a_deleted_file_whose_bytes_are_on_the_disk_only_has_no_patch(snapshot_of: SnapshotOf) -> None:
    file = source_file("x.bin", BINARY)
    bare = type(file)(file.path, file.digest, file.size, None, not_text="it is binary")
    snapshot = Snapshot(Path("/workspace"), {"x.bin": bare})
    gone = ChangeSet((DeleteFile("x.bin", file.digest),))
    assert not apply_changes(snapshot, gone).files
    with pytest.raises(ChangeConflict, match="not held here"):
        to_unified_diff(snapshot, gone)
