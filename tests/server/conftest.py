"""A server and an editor on a real connection, and a person's machine around them."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types

from .editor import Editor

ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")

NewEditor = Callable[..., Editor]


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    return {
        **kept,
        "HOME": str(home),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "VIRTUAL_ENV": sys.prefix,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Path]:
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
def shop(tmp_path: Path) -> Path:
    """The example's project, whose one bug makes one test fail."""
    return shutil.copytree(ROOT / "examples" / "shop", tmp_path / "shop")


@pytest_asyncio.fixture
async def new_editor(variables: Mapping[str, str]) -> AsyncIterator[NewEditor]:
    """Makes editors. Those still open at the end are closed in order, and say what nobody looked at."""
    editors: list[Editor] = []

    def make(capabilities: types.ClientCapabilities, **more: str) -> Editor:
        editors.append(Editor(capabilities, {**variables, **more}))
        return editors[-1]

    yield make
    try:
        for editor in editors:
            if not editor.client.stopped:
                await asyncio.wait_for(editor.close(), 30)
    finally:
        for editor in editors:
            await editor.kill()
            await editor.client.stop()
