"""What was accepted and dismissed in a folder moves the order of its search, can be seen, and can be forgotten."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from macrohard_lsp.runs.decisions import DIRECTORY, DecisionBook

# Enough for the first fix, however busy the computer is; rivals are not looked for long.
LITTLE = ("--seed", "1", "--jobs", "1", "--budget-cpu-seconds", "6")

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

WEAKLY_TESTED = """
--- later.py
def later(first, second):
    return first
--- test_later.py
from later import later


def test_later():
    assert later(1, 2) == 2
"""


def learned(cli: Cli, folder: Path, *words: str) -> list[dict]:
    done = cli("learned", folder, "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["learned"]


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_the_order_is_moved_by_what_was_decided(cli: Cli, project, tmp_path: Path) -> None:
    folder, state = project(WEAKLY_TESTED), tmp_path / "state" / "macrohard"
    book = DecisionBook(state)
    book.add(folder, ["variable"])
    (file,) = (state / DIRECTORY).glob("*.json")
    file.write_text("{")
    usual = cli("fix", folder, "--json", *LITTLE)
    assert usual.stderr.count("could not be read; it is begun anew") == 1
    assert "add 1 to `first`" in json.loads(usual.stdout)["proposals"][0]["title"]

    book.add(folder, ["variable"] * 8, ["off-by-one"] * 8)
    moved = cli("fix", folder, "--apply", "--json", *LITTLE)
    assert "use `second` instead of `first`" in json.loads(moved.stdout)["proposals"][0]["title"]
    assert "begun anew" not in moved.stderr
    rows = {row["kind"]: row for row in learned(cli, folder)}
    assert (rows["variable"]["accepted"], rows["variable"]["cost"] < -0.5) == (9, True)
    assert (rows["off-by-one"]["dismissed"], rows["off-by-one"]["cost"] > 0.5) == (8, True)
    assert set(rows) == {"variable", "off-by-one"}
    assert "second" not in file.read_text()


def test_it_is_shown_and_forgotten(cli: Cli, project, tmp_path: Path) -> None:
    folder = project("--- a.py\n")
    assert "Nothing was learned in" in cli("learned", cwd=folder).stderr
    DecisionBook(tmp_path / "state" / "macrohard").add(folder, ["variable"] * 3, ["guard"])
    shown = cli("learned", folder).stderr
    assert "variable                   3 accepted, 0 dismissed    cost -0.56" in shown
    assert "guard                      0 accepted, 1 dismissed    cost +0.22" in shown
    assert f"To forget it: macrohard-lsp learned {folder} --forget" in shown
    assert len(learned(cli, folder)) == 2
    assert learned(cli, tmp_path) == []
    assert f"What was learned in {folder} is forgotten." in cli("learned", folder, "--forget").stderr
    assert learned(cli, folder) == []
    assert "Nothing was learned in" in cli("learned", folder, "--forget").stderr


def test_what_cannot_be_read_says_so(cli: Cli, project, tmp_path: Path) -> None:
    folder, state = project("--- a.py\n"), tmp_path / "state" / "macrohard"
    state.mkdir(parents=True)
    (state / DIRECTORY).write_text("in the way")
    done = cli("learned", folder, "--json")
    assert done.returncode == 2
    assert "Make it writable" in json.loads(done.stdout)["message"]
    assert cli("learned", tmp_path / "gone", "--json").returncode == 2
