"""A home directory and a folder of their own for each test of settings and trust."""

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path) -> Path:
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


@pytest.fixture
def folder(home: Path) -> Path:
    directory = home / "project"
    directory.mkdir()
    return directory
