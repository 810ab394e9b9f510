"""Projects of many kinds in environments of their own, run by the engine as an editor would, and by plain pytest."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.engine import run_fix, run_tests
from macrohard_lsp.engine.requests import FixReport, FixRequest, TestReport, TestRequest

INSTALL_SECONDS = 300
OUTCOMES = {"PASSED": "passed", "FAILED": "failed", "ERROR": "error", "XFAIL": "xfailed", "XPASS": "xpassed"}


def missing(what: str) -> None:
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


@dataclass(frozen=True)
class Uv:
    """The program uv, which makes environments in a second or two."""

    program: Path
    cache: Path

    def __call__(self, *words: object, cwd: Path, environment: Path | None = None) -> None:
        variables = {**os.environ, "UV_CACHE_DIR": str(self.cache), "UV_PYTHON_DOWNLOADS": "never"}
        variables.pop("VIRTUAL_ENV", None)
        if environment is not None:
            variables["VIRTUAL_ENV"] = str(environment)
        command = [str(self.program), *map(str, words)]
        done = subprocess.run(
            command, cwd=cwd, env=variables, capture_output=True, timeout=INSTALL_SECONDS, check=False
        )
        if done.returncode:
            missing(f"`uv {' '.join(command[1:])}` did not work (no package index?): {done.stderr.decode()}")


@pytest.fixture(scope="session")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Uv:
    """From the package index, in an environment of its own, where it isn't installed."""
    cache = tmp_path_factory.mktemp("uv-cache")
    found = shutil.which("uv")
    if found is not None:
        return Uv(Path(found), cache)
    folder = tmp_path_factory.mktemp("uv") / "venv"
    pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv"]
    for command in ([sys.executable, "-m", "venv", folder], pip):
        if subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS, check=False).returncode:
            missing("uv is missing, and can't be installed (no package index?)")
    return Uv(folder / "bin" / "uv", cache)


@pytest.fixture(scope="session")
def environment_with(uv: Uv, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """An environment with pytest and the given packages, made once a session."""
    made: dict[tuple[str, ...], Path] = {}

    def environment_with(*packages: str) -> Path:
        if packages not in made:
            folder = tmp_path_factory.mktemp("environment") / "venv"
            uv("venv", "-q", "--python", sys.executable, folder, cwd=folder.parent)
            uv("pip", "install", "-q", "pytest", *packages, cwd=folder.parent, environment=folder)
            made[packages] = folder
        return made[packages]

    return environment_with


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], Path]:
    """A folder from one text, in which a line `== path` begins each file."""

    def make(text: str) -> Path:
        folder = tmp_path.resolve() / "project"
        for part in re.split(r"^== *", text, flags=re.MULTILINE)[1:]:
            path, _, content = part.partition("\n")
            file = folder / path.strip()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return folder

    return make


@dataclass(frozen=True)
class Here:
    """A folder, and the environment that is active (None: the folder has its own)."""

    folder: Path
    environment: Path | None
    home: Path

    def context(self) -> EngineContext:
        active = {"VIRTUAL_ENV": str(self.environment)} if self.environment is not None else {}
        variables = {"PATH": "/usr/bin:/bin", **active}
        return EngineContext({}, None, lambda _: None, Cancel(), variables, self.home)

    def test(self, buffers: dict[str, str] | None = None) -> TestReport:
        return run_tests(TestRequest(self.folder, tier=Tier.NAMESPACE, buffers=buffers or {}), self.context())

    def fix(self) -> FixReport:
        return run_fix(FixRequest(self.folder, tier=Tier.NAMESPACE), self.context())

    def plain(self) -> dict[str, str]:
        """The outcome of each test in the user's own terminal."""
        python = (self.environment or self.folder / ".venv") / "bin" / "python"
        command = [python, "-m", "pytest", "-rA", "--tb=no", "-p", "no:cacheprovider"]
        variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}
        done = subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120, check=False
        )
        lines = (line.partition(" - ")[0].partition(" ") for line in done.stdout.splitlines())
        found = {name: OUTCOMES[word] for word, _, name in lines if word in OUTCOMES and "::" in name}
        assert found, done.stdout + done.stderr
        return found


@pytest.fixture
def here(tmp_path: Path) -> Callable[..., Here]:
    if shutil.which("bwrap") is None:
        missing("bwrap is missing")
    home = tmp_path / "home"
    home.mkdir()

    def here(folder: Path, environment: Path | None = None) -> Here:
        return Here(folder, environment, home)

    return here
