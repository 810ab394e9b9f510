"""Real virtual environments, and installations that consist of what a search looks at."""

import os
import shutil
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

from macrohard_lsp.core.interpreter import InterpreterChoice
from macrohard_lsp.environment.find import find_interpreter

BASE = Path(sys.base_prefix)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


@pytest.fixture
def folder(home: Path) -> Path:
    directory = home / "code" / "demo"
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def make_venv():
    """A virtual environment of the Python that runs the tests; the answer is its prefix."""

    def make(prefix: Path, **options) -> Path:
        venv.create(prefix, symlinks=True, with_pip=False, **options)
        return prefix

    return make


@pytest.fixture
def make_installation():
    """A prefix with a program and a standard library, which is all that tells it from other places."""

    def make(prefix: Path, version: str = "3.12", *, conda: bool = False) -> Path:
        (prefix / "bin").mkdir(parents=True)
        library = prefix / "lib" / f"python{version}"
        library.mkdir(parents=True)
        (library / "os.py").touch()
        shutil.copy("/bin/true", prefix / "bin" / f"python{version}")
        for name in ("python3", "python"):
            (prefix / "bin" / name).symlink_to(f"python{version}")
        if conda:
            (prefix / "conda-meta").mkdir()
            (prefix / "conda-meta" / "history").touch()
        return prefix

    return make


@pytest.fixture
def find(folder: Path, home: Path):
    def find(
        directory: str = "", configured: str | None = None, variables: Mapping[str, str] | None = None
    ) -> InterpreterChoice:
        return find_interpreter(
            folder, directory, configured=configured, variables=variables or {}, home=home
        )

    return find


@pytest.fixture
def require_bwrap():
    if shutil.which("bwrap") is None:
        missing = "bwrap is not installed"
        pytest.fail(missing) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(missing)
