"""The real program as a stranger meets it: a process of its own, with a home and a state directory of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 240
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")


@dataclass(frozen=True)
class Done:
    """How the program ended. `answer` is its JSON, where that was asked for."""

    code: int
    out: bytes
    err: str
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> str:
        return f"exit code {self.code}\n{self.out.decode(errors='replace')}\n{self.err}"


@dataclass(frozen=True)
class Program:
    """Starts `python -m macrohard_lsp`; `variables` are all that it gets of the environment."""

    variables: Mapping[str, str]
    folder: Path

    def start(
        self, *words: object, within: Sequence[object] = (), variables: Mapping[str, str | None] | None = None
    ) -> "subprocess.Popen[bytes]":
        """`within` is a command that starts another; a variable given as None is left out."""
        given = {**self.variables, **(variables or {})}
        return subprocess.Popen(
            [*map(str, within), sys.executable, "-m", "macrohard_lsp", *map(str, words)],
            env={name: value for name, value in given.items() if value is not None},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *words: object, **how: Any) -> Done:
        return self.finish(self.start(*words, **how), as_json="--json" in words)

    def finish(self, process: "subprocess.Popen[bytes]", *, as_json: bool, heard: bytes = b"") -> Done:
        """Wait for its end. Whatever it was given, no traceback shows, and its JSON is one object."""
        try:
            out, err = process.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"still running after {LONGEST_SECONDS} s: {err.decode(errors='replace')}")
        said = (heard + err).decode("utf-8")
        done = Done(process.returncode, out, said)
        assert "Traceback (most recent call last)" not in said, done.told
        if as_json:
            assert out.count(b"\n") == 1, done.told
            answer = json.loads(out)
            assert answer["schema"] == 1
            assert isinstance(answer["message"], str)
            return Done(process.returncode, out, said, answer)
        return done


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Nothing of the person who runs these tests is found; the active environment is theirs, for its pytest."""
    home = tmp_path / "home"
    home.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    variables = {
        **kept,
        "HOME": str(home),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "VIRTUAL_ENV": sys.prefix,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Program(variables, elsewhere)


@pytest.fixture
def plain_pytest(program: Program) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """The user's own test command, outside any Machine."""

    def run(folder: Path, executable: Path | str = sys.executable) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=folder,
            env={**program.variables, "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], Path]:
    """A folder from one text, in which a line `--- path` begins each file."""

    def make(text: str, name: str = "project") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for part in re.split(r"^--- ", text, flags=re.MULTILINE)[1:]:
            path, _, content = part.partition("\n")
            file = folder / path.strip()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def need() -> Callable[[str], str]:
    """The path of a program; where it is missing, the test is skipped, or fails if everything is required."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing(f"{name} is not installed")
        assert path is not None
        return path

    return find


def missing(what: str) -> None:
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)
