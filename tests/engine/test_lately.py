"""What git knows was renamed lately: not yet committed, or in the last commit. Real git."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from macrohard_lsp.engine.lately import changed_lines, lately
from macrohard_lsp.workspace.read import read_snapshot

OLD = "def load(path):\n    with open(path) as file:\n        return file.read().splitlines()\n"
NEW = OLD.replace("load", "fetch")


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., None]:
    """Runs git in the folder; skips where there is none, or fails if everything is required."""
    program = shutil.which("git") or "git"
    if shutil.which("git") is None and os.environ.get("REQUIRE_ALL") != "1":
        pytest.skip("git is missing")

    def run(*words: str) -> None:
        names = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        variables = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run([program, *words], cwd=tmp_path, env=variables, check=True, capture_output=True)

    return run


def names(folder: Path) -> list[str]:
    history = lately(read_snapshot(folder))
    return [f"{item.old} -> {item.new}" for item in history.definitions] + [
        f"{old} -> {new}" for old, new in history.modules
    ]


def test_renamed_before_and_after_the_commit(tmp_path: Path, git: Callable[..., None]):
    code = tmp_path / "code.py"
    assert names(tmp_path) == []  # There is no repository yet,
    git("init")
    code.write_text(OLD)
    assert names(tmp_path) == []  # then no commit,
    git("add", ".")
    git("commit", "-m", "one")
    assert names(tmp_path) == []  # then no change.
    code.write_text(NEW)
    assert names(tmp_path) == ["load -> fetch"]
    git("commit", "-am", "two")
    assert names(tmp_path) == ["load -> fetch"]
    code.rename(tmp_path / "coding.py")
    assert "code.py -> coding.py" in names(tmp_path)
    git("add", ".")
    git("commit", "-m", "three")
    (tmp_path / "other.py").write_text("x = 1\n")
    git("add", ".")
    git("commit", "-m", "four")
    assert names(tmp_path) == []  # What is older is no news.


def test_tests_are_left_out(tmp_path: Path, git: Callable[..., None]):
    git("init")
    (tmp_path / "test_code.py").write_text(OLD)
    git("add", ".")
    git("commit", "-m", "one")
    (tmp_path / "test_code.py").write_text(NEW)
    assert names(tmp_path) == []


def test_changed_lines(tmp_path: Path, git: Callable[..., None]):
    """Of the program, since the commit; where that has all of them, since the one before it."""
    code, other = tmp_path / "code.py", tmp_path / "other.py"

    def changed(**buffers: str) -> dict[str, set[int]]:
        snapshot = read_snapshot(tmp_path, buffers={f"{name}.py": text for name, text in buffers.items()})
        return {path: set(lines) for path, lines in changed_lines(snapshot, ["code.py", "new.py"]).items()}

    code.write_text("a = 1\nb = 2\nc = 3\nd = 4\n")
    other.write_text("x = 1\n")
    assert changed() == {}  # There is no repository yet,
    git("init")
    git("add", ".")
    assert changed() == {}  # then no commit,
    git("commit", "-m", "one")
    assert changed() == {}  # then none before it.
    code.write_text("a = 1\nb = 5\nc = 3\ne = 6\nd = 4\n")
    (tmp_path / "new.py").write_text("y = 1\n")
    assert changed() == {"code.py": {2, 4}}
    # What the editor has counts, and line ends don't.
    assert changed(code="a = 1\r\nb = 2\r\nd = 4\r\n") == {"code.py": {2, 3}}
    git("commit", "-am", "two")
    other.write_text("x = 2\n")  # Nobody asked for this one.
    assert changed() == {"code.py": {2, 4}}
    code.write_text("b = 5\nc = 3\ne = 6\nd = 4\n")
    assert changed() == {"code.py": {1}}
    git("commit", "-am", "three")
    (tmp_path / "new.py").unlink()
    other.write_text("x = 3\n")
    git("commit", "-am", "four")
    assert changed() == {}
