"""Reading a folder: real files of every awkward kind, and folders that must not be read."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from macrohard_lsp.core.files import digest_of
from macrohard_lsp.workspace import read, walk
from macrohard_lsp.workspace.folder import WorkspaceRefused
from macrohard_lsp.workspace.read import read_snapshot

Tree = Callable[[Mapping[str, str | bytes]], Path]


def paths(root: Path, **options: object) -> set[str]:
    return set(read_snapshot(root, **options).files)  # type: ignore[arg-type]


AWKWARD: dict[str, bytes] = {
    "crlf.py": b"def f():\r\n    return 1\r\n",
    "tabs.py": b"def f():\n\treturn 1\n",
    "名前.py": "def 関数():\n    return '🎉'\n".encode(),
    "feed.py": b"x = 1\n\x0c\ny = 2\n",
    "latin.py": b"# -*- coding: latin-1 -*-\ns = '\xe9\xfc'\n",
    "unfinished.py": b"x = 1",
    "wide.txt": "text\r\n".encode("utf-16"),
    "mark.py": b"\xef\xbb\xbfx = 1\n",
    "empty.py": b"",
}


def test_awkward_files_come_back_byte_for_byte(tree: Tree) -> None:
    snapshot = read_snapshot(tree(AWKWARD))
    assert set(snapshot.files) == set(AWKWARD)
    for path, data in AWKWARD.items():
        file = snapshot.files[path]
        assert file.encode() == data
        assert (file.digest, file.size) == (digest_of(data), len(data))


def test_binary_and_undecodable_files_are_listed_without_text(tree: Tree) -> None:
    snapshot = read_snapshot(tree({"a.bin": b"\0\1", "b.py": b"'\xed\xa0\x80'\n"}))
    assert snapshot.files["a.bin"].text is None
    assert "binary" in snapshot.files["a.bin"].not_text
    assert "not valid UTF-8" in snapshot.files["b.py"].not_text
    assert snapshot.files["b.py"].digest == digest_of(b"'\xed\xa0\x80'\n")


def test_fifty_megabytes_are_listed_but_not_read(tree: Tree) -> None:
    root = tree({"a.py": "x = 1\n"})
    with (root / "big.csv").open("wb") as file:
        file.truncate(50_000_000)
    big = read_snapshot(root).files["big.csv"]
    assert (big.text, big.size) == (None, 50_000_000)
    assert "larger than 2 MB" in big.not_text
    assert big.digest.startswith(read.UNREAD)


def test_special_files_are_not_opened(tree: Tree) -> None:
    root = tree({"a.py": ""})
    os.mkfifo(root / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket"))
        assert paths(root) == {"a.py"}


def test_executable_bit(tree: Tree) -> None:
    root = tree({"run.sh": "#!/bin/sh\n", "a.py": ""})
    (root / "run.sh").chmod(0o755)
    files = read_snapshot(root).files
    assert files["run.sh"].executable
    assert not files["a.py"].executable


def test_links(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside")
    root = tree(
        {"real.py": "x = 1\n", ".gitignore": "hidden\n", "hidden": "s", ".git/config": "c", "d/e.py": ""}
    )
    targets = {
        "good.py": "real.py",
        "d/up.py": "../real.py",
        "chain.py": "good.py",
        "outside": "../secret",
        "absolute": str(tmp_path / "secret"),
        "to_hidden": "hidden",
        "to_git": ".git/config",
        "loop": "loop",
        "broken": "nowhere",
        "folder": "d",
        "d/cycle": "..",
    }
    for name, target in targets.items():
        (root / name).symlink_to(target)
    files = read_snapshot(root).files
    assert set(files) == {"real.py", ".gitignore", "d/e.py", "good.py", "d/up.py", "chain.py"}
    assert files["d/up.py"].text == "x = 1\n"


def test_environments_and_caches_are_skipped(tree: Tree) -> None:
    root = tree(
        {
            "src/a.py": "",
            "myenv/pyvenv.cfg": "",
            "myenv/lib/b.py": "",
            "conda/conda-meta/history": "",
            "conda/c.py": "",
            "node_modules/m/d.py": "",
            "src/__pycache__/e.py": "",
            ".tox/f.py": "",
            ".venv/g.py": "",
        }
    )
    assert paths(root) == {"src/a.py"}


def test_exclude_patterns_hide_tracked_files_too(tree: Tree, git: Callable[..., str]) -> None:
    root = tree({"a.py": "", "gen/b.py": "", "gen/c.txt": ""})
    git(root, "init", "-q")
    git(root, "add", ".")
    assert paths(root, exclude=["/gen/*.py"]) == {"a.py", "gen/c.txt"}


def test_a_tracked_file_is_not_hidden_by_a_rule(tree: Tree, git: Callable[..., str]) -> None:
    root = tree({".gitignore": "lib/\n", "src/lib/kept.py": "", "src/lib/new.py": "", "lib/x.py": ""})
    git(root, "init", "-q")
    git(root, "add", "-f", "src/lib/kept.py")
    assert paths(root) == {".gitignore", "src/lib/kept.py"}


def test_a_folder_inside_a_repository_obeys_the_rules_above(tree: Tree, git: Callable[..., str]) -> None:
    root = tree({".gitignore": "*.gen\n/sub/top.py\n", "sub/a.gen": "", "sub/top.py": "", "sub/b.py": ""})
    git(root, "init", "-q")
    assert paths(root / "sub") == {"b.py"}


def test_a_folder_that_an_outer_repository_ignores_is_read_all_the_same(
    tree: Tree, git: Callable[..., str]
) -> None:
    root = tree({".gitignore": "*\n", "project/a.py": "", "project/.gitignore": "b.py\n", "project/b.py": ""})
    git(root, "init", "-q")
    assert paths(root / "project") == {"a.py", ".gitignore"}


def test_an_inner_repository_has_its_own_rules(tree: Tree, git: Callable[..., str]) -> None:
    root = tree(
        {".gitignore": "*.log\n", "inner/a.log": "", "inner/.gitignore": "b\n", "inner/b": "", "c.log": ""}
    )
    git(root, "init", "-q")
    git(root / "inner", "init", "-q")
    assert paths(root) == {".gitignore", "inner/a.log", "inner/.gitignore"}


def test_rules_of_a_linked_worktree(tree: Tree, git: Callable[..., str], tmp_path: Path) -> None:
    root = tree({"a.log": "tracked", ".git/": ""})
    git(root, "init", "-q")
    (root / ".git/info/exclude").write_text("*.log\n")
    git(root, "add", "-f", "a.log")
    git(root, "commit", "-qm", "first")
    other = tmp_path / "other"
    git(root, "worktree", "add", "-q", str(other))
    (other / "b.log").write_text("")
    assert paths(other) == {".git", "a.log"} - {".git"} | ({".git"} if (other / ".git").is_file() else set())


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_index_versions(tree: Tree, git: Callable[..., str], version: str) -> None:
    names = [f"deep/er/{'n' * length}.log" for length in (1, 2, 3, 4, 5, 6, 7, 8, 200)]
    root = tree({".gitignore": "*.log\n", **dict.fromkeys(names, "")})
    git(root, "init", "-q")
    git(root, "add", "-f", ".")
    git(root, "update-index", f"--index-version={version}")
    if version == "3":
        git(root, "add", "-fN", ".")
        git(root, "update-index", "--skip-worktree", names[0])
    assert paths(root) == {".gitignore", *names}


def test_a_broken_index_hides_but_breaks_nothing(tree: Tree, git: Callable[..., str]) -> None:
    root = tree({".gitignore": "*.log\n", "a.log": "", "b.py": ""})
    git(root, "init", "-q")
    git(root, "add", "-f", ".")
    index = root / ".git/index"
    index.write_bytes(index.read_bytes()[:-40])
    assert paths(root) == {".gitignore", "b.py"}


@pytest.mark.parametrize("where", ["root", "home", "above home"])
def test_places_that_are_never_walked(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "people" / "me"
    home.mkdir(parents=True)
    folder = {"root": Path("/"), "home": home, "above home": tmp_path / "people"}[where]

    def forbidden(*arguments: object) -> None:
        raise AssertionError("the folder was walked")

    monkeypatch.setattr(os, "scandir", forbidden)
    with pytest.raises(WorkspaceRefused, match="project"):
        read_snapshot(folder, home=home)


def test_a_link_to_the_home_directory_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "me"
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    with pytest.raises(WorkspaceRefused, match="home directory"):
        read_snapshot(tmp_path / "link", home=home)


def test_what_is_no_folder_is_refused(tree: Tree) -> None:
    root = tree({"a.py": ""})
    (root / "loop").symlink_to("loop")
    for path, said in (
        ("a.py", "not a folder"),
        ("gone", "does not exist"),
        ("a.py/x", "not a folder"),
        ("loop", "loop"),
    ):
        with pytest.raises(WorkspaceRefused, match=said):
            read_snapshot(root / path)
    with pytest.raises(WorkspaceRefused):
        read_snapshot(Path("a\0b"))


@pytest.fixture
def unprivileged(require: Callable[[bool, str], None]) -> Iterator[Path]:
    """A folder that this process reads with no privileges, so that permissions mean something."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=True, timeout=10)
        shutil.rmtree(folder)


def test_unreadable_files_and_folders(unprivileged: Path) -> None:
    (unprivileged / "ok.py").write_text("x = 1\n")
    (unprivileged / "closed.py").write_text("x = 1\n")
    (unprivileged / "closed.py").chmod(0)
    (unprivileged / "folder").mkdir(mode=0)
    snapshot = read_snapshot(unprivileged)
    assert set(snapshot.files) == {"ok.py", "closed.py"}
    assert "permission denied" in snapshot.files["closed.py"].not_text
    assert [note for note in snapshot.notes if "folder/" in note]
    assert [note for note in snapshot.notes if "closed.py" in note]
    (unprivileged / "folder" / "..").resolve().chmod(0o000)
    with pytest.raises(WorkspaceRefused, match="permissions"):
        read_snapshot(unprivileged)
    unprivileged.chmod(0o755)


def test_a_folder_deleted_in_the_middle(tree: Tree) -> None:
    root = tree({f"p{number}/m{index}.py": "x = 1\n" * 50 for number in range(20) for index in range(20)})
    started = threading.Event()

    def delete() -> None:
        started.wait(10)
        shutil.rmtree(root)

    thread = threading.Thread(target=delete)
    thread.start()
    refused = False
    for _ in range(10_000):
        started.set()
        try:
            read_snapshot(root)
        except WorkspaceRefused as error:
            refused = "delete" in str(error) or "exist" in str(error) or "listed" in str(error)
            break
    thread.join(10)
    assert refused


def test_names_that_are_not_utf_8_are_noted(tree: Tree) -> None:
    root = tree({"a.py": ""})
    (root / os.fsdecode(b"caf\xe9.py")).write_text("")
    snapshot = read_snapshot(root)
    assert set(snapshot.files) == {"a.py"}
    assert "caf\\udce9.py" in snapshot.notes[0]


def test_caps(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree({f"{name}.py": "x = 1\n" for name in "abcdef"} | {"deep/g.py": ""})
    monkeypatch.setattr(read, "MAX_TEXT_BYTES", 12)
    snapshot = read_snapshot(root)
    assert [path for path in sorted(snapshot.files) if snapshot.files[path].text] == ["a.py", "b.py"]
    assert "MB of text" in snapshot.files["c.py"].not_text
    monkeypatch.setattr(walk, "MAX_FILES", 3)
    snapshot = read_snapshot(root)
    assert sorted(snapshot.files) == ["a.py", "b.py", "c.py"]
    assert "too large" in snapshot.notes[0]


def test_a_cap_that_is_just_reached_says_nothing(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_FILES", 2)
    assert read_snapshot(tree({"a.py": "", "b.py": ""})).notes == ()


BUFFERS: dict[str, tuple[str, str, bool]] = {
    "changed text": ("a.py", "x = 2\n", True),
    "same text": ("a.py", "x = 1\n", False),
    "file of latin-1": ("l.py", "# coding: latin-1\né\n", True),
    "character outside the encoding": ("l.py", "# coding: latin-1\n☃\n", False),
    "byte order mark in the buffer": ("m.py", "\ufeffy = 1\n", True),
    "lone surrogate": ("a.py", "'\ud800'", False),
    "binary file": ("b.bin", "text", False),
    "new file": ("new/n.py", "n = 1\n", True),
    "new and empty": ("new/n.py", "", True),
    "ignored file": ("skip/n.py", "n = 1\n", False),
    "in git's folder": (".git/config", "n = 1\n", False),
    "outside": ("../n.py", "n = 1\n", False),
    "absolute": ("/etc/n.py", "n = 1\n", False),
}


@pytest.mark.parametrize("case", BUFFERS)
def test_buffers_lie_over_the_disk(tree: Tree, case: str) -> None:
    path, text, used = BUFFERS[case]
    root = tree(
        {
            ".gitignore": "skip/\n",
            "a.py": "x = 1\n",
            "l.py": b"# coding: latin-1\n\xfc\n",
            "m.py": b"\xef\xbb\xbfx = 1\n",
            "b.bin": b"\0",
        }
    )
    before = read_snapshot(root)
    snapshot = read_snapshot(root, buffers={path: text}, sequence=7)
    assert snapshot.sequence == 7
    assert snapshot.overlaid == (frozenset({path}) if used else frozenset())
    if used:
        file = snapshot.files[path]
        assert file.text == text.removeprefix("\ufeff")
        assert file.digest == digest_of(file.encode())
    else:
        assert snapshot.files == before.files
    if path in before.files and not used and text != before.files[path].text:
        assert "unsaved text was not used" in snapshot.notes[-1]
