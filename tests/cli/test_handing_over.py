"""The commands that people are told to type, typed: with a real git, in each place a person may stand."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from macrohard_lsp.cli.handing_over import git_apply, how_to_apply, what_was_written

PATCH = "--- a/calc.py\n+++ b/calc.py\n@@ -1 +1 @@\n-old\n+new\n"


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    top = tmp_path / "a place"
    inside = {"sub": top / "deep er" / "sub", "link": tmp_path / "top"}.get(request.param, top)
    (top / "deep er" / "sub").mkdir(parents=True)
    if request.param == "link":
        inside.symlink_to(top)
    if request.param != "no repository":
        subprocess.run(["git", "init", "-q", str(top)], check=True)
    (inside / "calc.py").write_text("old\n")
    return inside.resolve()


@pytest.mark.skipif(not (shutil.which("git") or os.environ.get("REQUIRE_ALL")), reason="git is missing")
@pytest.mark.parametrize("folder", ["repository", "sub", "no repository", "link"], indirect=True)
@pytest.mark.parametrize("stand", ["in the folder", "elsewhere"])
def test_the_command_applies_and_takes_back(
    folder: Path, stand: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder if stand == "in the folder" else tmp_path)

    def give(command: str) -> str:
        subprocess.run(command, shell=True, input=PATCH, text=True, check=True)
        return (folder / "calc.py").read_text()

    assert give(git_apply(folder)) == "new\n"
    assert give(git_apply(folder, "-R")) == "old\n"


def test_the_words_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = tmp_path.resolve()
    assert how_to_apply(here, None) == "To apply: macrohard-lsp fix --apply"
    assert how_to_apply(here, "abc").startswith("To apply: macrohard-lsp runs show abc --patch | git apply\n")
    assert f"fix {here}/x --apply" in how_to_apply(here / "x", "abc")
    written = what_was_written(["a.py", "b.py"], here, "abc")
    assert written == "Written: a.py, b.py\nTo undo: macrohard-lsp runs show abc --patch | git apply -R"
    assert "does not hold this patch" in what_was_written(["a.py"], here, None)
