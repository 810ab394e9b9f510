"""The real program in a process of its own, with a home and a state directory of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables for a program that must not find anything of the person who runs these tests."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL")}
    return {
        **kept,
        "HOME": str(home),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "VIRTUAL_ENV": sys.prefix,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def cli(environment: Mapping[str, str], tmp_path: Path) -> Cli:
    """Run the command line to its end; `cwd` is a fresh directory unless given."""

    def run(*words: object, cwd: Path = tmp_path, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "macrohard_lsp", *map(str, words)],
            cwd=cwd,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    return run


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """A folder from one text, in which a line `--- path` begins each file."""

    def make(text: str) -> Path:
        folder = tmp_path / "project"
        for part in text.strip("\n").split("--- ")[1:]:
            name, _, content = part.partition("\n")
            path = folder / name.strip()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return folder

    return make
