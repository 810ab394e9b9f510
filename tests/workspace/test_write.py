"""Writing a ChangeSet to the disk: all of it, or nothing at all."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from macrohard_lsp.core.apply import apply_changes
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
from macrohard_lsp.workspace import replace_files
from macrohard_lsp.workspace.read import read_snapshot
from macrohard_lsp.workspace.replace_files import NotWritten, PartlyWritten
from macrohard_lsp.workspace.write import MovedUnderneath, write_changes

Tree = Callable[[Mapping[str, str | bytes]], Path]


def disk(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file, link and folder of the tree, hidden leftovers too."""
    found: dict[str, tuple[bytes, int]] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_symlink():
            found[name] = (b"-> " + os.fsencode(path.readlink()), 0)
        else:
            found[name] = (path.read_bytes() if path.is_file() else b"/", mode)
    return found


def modify(snapshot: Snapshot, path: str, old: str, new: str) -> ModifyFile:
    file = snapshot.files[path]
    assert file.text is not None
    start = file.text.index(old)
    return ModifyFile(path, file.digest, (TextEdit(start, start + len(old), new),))


def write(snapshot: Snapshot, *changes: FileChange) -> tuple[str, ...]:
    change_set = ChangeSet(changes)
    return write_changes(snapshot, change_set, apply_changes(snapshot, change_set).files)


FILES: dict[str, str | bytes] = {
    "a.py": "def f():\r\n\treturn '名🎉'\r\n\x0cend",
    "latin.py": b"# coding: latin-1\ns = '\xe9' # old\n",
    "pkg/b.py": "x = 1\n",
    "run.sh": "#!/bin/sh\nold\n",
    "data.bin": b"\0\xff",
}


def test_every_kind_of_change(tree: Tree) -> None:
    root = tree(FILES)
    (root / "run.sh").chmod(0o750)
    snapshot = read_snapshot(root)
    touched = write(
        snapshot,
        modify(snapshot, "a.py", "return", "yield"),
        modify(snapshot, "latin.py", "old", "ü"),
        RenameFile("run.sh", "bin/run", snapshot.files["run.sh"].digest),
        modify_renamed(snapshot, "run.sh", "bin/run"),
        DeleteFile("data.bin", snapshot.files["data.bin"].digest),
        CreateFile("new/deep/n.py", b"n = 1\n"),
        CreateFile("new/tool", b"\0", executable=True),
    )
    assert touched == ("a.py", "latin.py", "run.sh", "bin/run", "data.bin", "new/deep/n.py", "new/tool")
    after = disk(root)
    assert after["a.py"][0] == "def f():\r\n\tyield '名🎉'\r\n\x0cend".encode()
    assert after["latin.py"][0] == b"# coding: latin-1\ns = '\xe9' # \xfc\n"
    assert after["bin/run"] == (b"#!/bin/sh\nnew\n", 0o750)
    assert after["new/tool"][1] & 0o111
    assert not after["new/deep/n.py"][1] & 0o111
    assert set(after) == {
        *("a.py", "latin.py", "pkg", "pkg/b.py", "bin", "bin/run"),
        *("new", "new/deep", "new/deep/n.py", "new/tool"),
    }
    again = read_snapshot(root)
    assert again.files["bin/run"].executable


def modify_renamed(snapshot: Snapshot, path: str, new_path: str) -> ModifyFile:
    change = modify(snapshot, path, "old", "new")
    return ModifyFile(new_path, change.base_digest, change.edits)


def test_a_link_is_written_through_and_deleted_itself(tree: Tree) -> None:
    root = tree({"real.py": "x = 1\n"})
    (root / "link.py").symlink_to("real.py")
    snapshot = read_snapshot(root)
    write(snapshot, modify(snapshot, "link.py", "1", "2"))
    assert disk(root)["link.py"][0] == b"-> real.py"
    assert (root / "real.py").read_text() == "x = 2\n"
    snapshot = read_snapshot(root)
    write(snapshot, DeleteFile("link.py", snapshot.files["link.py"].digest))
    assert set(disk(root)) == {"real.py"}


def test_owner_and_permissions_stay(tree: Tree, require: Callable[[bool, str], None]) -> None:
    require(os.geteuid() == 0, "root, who alone can give files away")
    root = tree({"a.py": "x = 1\n"})
    os.chown(root / "a.py", 1234, 1235)
    (root / "a.py").chmod(0o640)
    snapshot = read_snapshot(root)
    write(snapshot, modify(snapshot, "a.py", "1", "2"))
    found = (root / "a.py").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1234, 1235, 0o640)


def test_python_does_not_run_stale_bytecode(tree: Tree) -> None:
    """A `.pyc` is trusted when size and second are the source's, as they are after a quick edit."""
    root = tree({"a.py": "x = 1\n"})
    for value in range(2, 6):
        snapshot = read_snapshot(root)
        write(snapshot, modify(snapshot, "a.py", f"x = {value - 1}", f"x = {value}"))
        command = [sys.executable, "-c", "import a; print(a.x)"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=30, check=True)
        assert done.stdout.strip() == str(value)


def moved_content(root: Path) -> None:
    (root / "pkg/b.py").write_text("x = 9\n")


def moved_away(root: Path) -> None:
    (root / "pkg/b.py").unlink()


def folder_gone(root: Path) -> None:
    shutil.rmtree(root)


def now_a_folder(root: Path) -> None:
    (root / "pkg/b.py").unlink()
    (root / "pkg/b.py").mkdir()


def somebody_made_it(root: Path) -> None:
    (root / "new.py").write_text("theirs")


def folder_leads_out(root: Path) -> None:
    shutil.move(root / "pkg", root.parent / "outside")
    (root / "pkg").symlink_to(root.parent / "outside")


MOVES = [moved_content, moved_away, folder_gone, now_a_folder, somebody_made_it, folder_leads_out]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
def test_nothing_is_written_when_the_disk_moved(tree: Tree, move: Callable[[Path], None]) -> None:
    root = tree(FILES)
    snapshot = read_snapshot(root)
    move(root)
    before = disk(root)
    with pytest.raises(NotWritten, match="Nothing was changed") as caught:
        write(
            snapshot, modify(snapshot, "a.py", "return", "yield"), modify(snapshot, "pkg/b.py", "1", "2"), NEW
        )
    assert isinstance(caught.value, MovedUnderneath) == (move is not folder_leads_out)
    assert disk(root) == before


NEW = CreateFile("new.py", b"n\n")


def test_unsaved_text_is_named(tree: Tree) -> None:
    root = tree({"a.py": "x = 1\n"})
    snapshot = read_snapshot(root, buffers={"a.py": "x = 2\n"})
    with pytest.raises(MovedUnderneath, match="unsaved"):
        write(snapshot, modify(snapshot, "a.py", "2", "3"))


def test_a_change_while_writing_is_noticed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(FILES)
    snapshot = read_snapshot(root)
    sync = os.fsync

    def sync_and_interfere(descriptor: int) -> None:
        moved_content(root)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync_and_interfere)
    with pytest.raises(MovedUnderneath):
        write(snapshot, modify(snapshot, "a.py", "return", "yield"), modify(snapshot, "pkg/b.py", "1", "2"))
    assert disk(root)["a.py"][0] == FILES["a.py"].encode()  # type: ignore[union-attr]
    assert not [name for name in disk(root) if name.endswith(replace_files.TEMPORARY)]


@pytest.mark.parametrize("path", ["../x", "/etc/x", ".git/hooks/post-commit", "out/x", "a/../../x", "x\0"])
def test_paths_outside_are_refused(tree: Tree, tmp_path: Path, path: str) -> None:
    root = tree({"a.py": "x = 1\n"})
    (root / "out").symlink_to(tmp_path)
    snapshot = read_snapshot(root)
    before = disk(root)
    created = apply_changes(snapshot, ChangeSet((NEW,))).files["new.py"]
    with pytest.raises(NotWritten):
        write_changes(snapshot, ChangeSet((CreateFile(path, b"n\n"),)), {**snapshot.files, path: created})
    assert disk(root) == before


@pytest.mark.parametrize("failing", range(4))
def test_a_failure_half_way_puts_everything_back(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """The step itself runs or fails for real; only which one fails is chosen here."""
    root = tree(FILES)
    snapshot = read_snapshot(root)
    before = disk(root)
    commit, count = replace_files._commit, iter(range(10))

    def commit_until(staged: replace_files._Staged) -> None:
        if next(count) == failing:
            staged.path = staged.path / "cannot"
        commit(staged)

    monkeypatch.setattr(replace_files, "_commit", commit_until)
    with pytest.raises(NotWritten, match="Nothing was changed"):
        write(
            snapshot,
            modify(snapshot, "a.py", "return", "yield"),
            DeleteFile("pkg/b.py", snapshot.files["pkg/b.py"].digest),
            CreateFile("new/n.py", b""),
            modify(snapshot, "run.sh", "old", "new"),
        )
    assert disk(root) == before


def test_where_the_old_content_is_when_it_cannot_be_put_back(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(FILES)
    snapshot = read_snapshot(root)
    commit = replace_files._commit

    def commit_then_block(staged: replace_files._Staged) -> None:
        commit(staged)
        staged.path.unlink()
        staged.path.mkdir()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(replace_files, "_commit", commit_then_block)
    with pytest.raises(PartlyWritten) as caught:
        write(snapshot, modify(snapshot, "a.py", "return", "yield"))
    (kept,) = (path for path in root.iterdir() if path.name.endswith(replace_files.TEMPORARY))
    assert str(kept) in str(caught.value)
    assert kept.read_bytes() == FILES["a.py"].encode()  # type: ignore[union-attr]


@pytest.fixture
def small_disk(tmp_path: Path, require: Callable[[bool, str], None]) -> Iterator[Path]:
    """A file system of its own with room for very little."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    require(mount is not None, "mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    require(done.returncode == 0, "the right to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, timeout=30)


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    (small_disk / "a.py").write_text("x = 1\n")
    (small_disk / "b.py").write_text("y = 1\n")
    snapshot = read_snapshot(small_disk)
    before = disk(small_disk)
    with pytest.raises(NotWritten, match="space"):
        write(
            snapshot,
            modify(snapshot, "a.py", "1", "2"),
            modify(snapshot, "b.py", "1", "2" * 100_000),
        )
    assert disk(small_disk) == before


def test_a_read_only_folder_loses_nothing(small_disk: Path) -> None:
    (small_disk / "a.py").write_text("x = 1\n")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, timeout=30)
    snapshot = read_snapshot(small_disk)
    before = disk(small_disk)
    with pytest.raises(NotWritten, match="read-only"):
        write(snapshot, modify(snapshot, "a.py", "1", "2"))
    assert disk(small_disk) == before


def test_a_file_that_was_never_read_can_still_be_deleted_if_it_did_not_move(tree: Tree) -> None:
    root = tree({"a.py": ""})
    for name in ("big.bin", "other.bin"):
        with (root / name).open("wb") as file:
            file.truncate(50_000_000)
    snapshot = read_snapshot(root)
    write(snapshot, DeleteFile("big.bin", snapshot.files["big.bin"].digest))
    (root / "other.bin").write_bytes(b"now something else")
    with pytest.raises(MovedUnderneath):
        write(snapshot, DeleteFile("other.bin", snapshot.files["other.bin"].digest))
    assert set(disk(root)) == {"a.py", "other.bin"}


def test_digest_of_what_was_written_is_what_was_promised(tree: Tree) -> None:
    root = tree(FILES)
    snapshot = read_snapshot(root)
    change_set = ChangeSet((modify(snapshot, "latin.py", "old", "ß"),))
    new = apply_changes(snapshot, change_set).files
    write_changes(snapshot, change_set, new)
    assert digest_of((root / "latin.py").read_bytes()) == new["latin.py"].digest
    assert dict(read_snapshot(root).files) == dict(new)
