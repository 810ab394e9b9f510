"""Small workspaces for the tests of this floor, and edits of them made by chance."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot

Content = str | bytes

# How fast a machine is says nothing about the code: a busy one must not fail a property.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def snapshot_of() -> Callable[..., Snapshot]:
    """A Snapshot of files given as path and content; a path that begins with `+` is an executable file."""

    def make(files: Mapping[str, Content], sequence: int = 0) -> Snapshot:
        made = {}
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            made[name.lstrip("+")] = source_file(name.lstrip("+"), data, executable=name.startswith("+"))
        return Snapshot(Path("/workspace"), made, sequence)

    return make


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """The path of a program; without it the test is skipped, or fails where everything is required."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None and os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"{name} is not installed, and REQUIRE_ALL=1 asks for it")
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find
