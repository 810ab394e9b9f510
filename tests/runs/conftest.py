"""Journals in a fresh directory, and programs that write to one from another process."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def start_python() -> Start:
    """Start `python -c SOURCE ARGUMENTS…` that can import the package; `before` is put in front of it."""

    def start(source: str, *arguments: object, before: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*before, sys.executable, "-c", source, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    return start


@pytest.fixture
def bwrap() -> str:
    """A real read-only or tiny file system for root, too, needs a mount: bubblewrap makes one."""
    program = shutil.which("bwrap")
    works = program and subprocess.run([program, "--bind", "/", "/", "true"], check=False).returncode == 0
    if not works:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail("bubblewrap is missing or can't make a namespace here")
        pytest.skip("bubblewrap is missing or can't make a namespace here")
    return str(program)
