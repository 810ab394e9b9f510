"""What git knows was renamed lately: not yet committed, or in the last commit. Real git."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from macrohard_lsp.engine.lately import lately
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
