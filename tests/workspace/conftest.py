"""Fixtures shared by the tests of the workspace."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest


@pytest.fixture
def require() -> Callable[[bool, str], None]:
    """Skip where something is missing, or fail where everything is required."""

    def check(present: bool, what: str) -> None:
        if present:
            return
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"required but missing: {what}")
        pytest.skip(f"missing: {what}")

    return check


@pytest.fixture
def git(require: Callable[[bool, str], None]) -> Callable[..., str]:
    """Run git in a folder, with none of the machine's own configuration."""
    require(shutil.which("git") is not None, "git")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{who}_{what}": "t@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }

    def run(folder: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, capture_output=True, check=True, timeout=60
        )
        return os.fsdecode(done.stdout)

    return run


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Write files below one folder; a name that ends in `/` is an empty folder."""
    root = tmp_path / "work"
    root.mkdir()

    def write(files: Mapping[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = root / name
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write
