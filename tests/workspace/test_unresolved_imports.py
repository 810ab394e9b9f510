"""Imports between the workspace's own files: what is certainly missing, and nothing that might be there."""

import pytest

from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.workspace.index import build_index
from macrohard_lsp.workspace.unresolved_imports import unresolved_imports


def check(tmp_path, user, **others):
    """The names that `user` (the text of pkg/user.py) imports in vain; the others are files of the package."""
    texts = {"pkg/__init__.py": "", "pkg/user.py": user}
    texts.update({f"pkg/{name}.py": text for name, text in others.items()})
    files = {path: source_file(path, text.encode()) for path, text in texts.items()}
    snapshot = Snapshot(tmp_path, files)
    found = unresolved_imports(snapshot, build_index(snapshot), ["pkg/user.py"])
    return sorted(message.split("`")[1] for _, message in found)


@pytest.mark.parametrize(
    "form", ["from pkg.other import {}", "from .other import {}", "def f():\n    from .other import {}"]
)
def test_a_name_that_is_nowhere_in_the_file(tmp_path, form):
    assert check(tmp_path, form.format("gone"), other="here = 1\n") == ["gone"]
    assert check(tmp_path, form.format("here"), other="here = 1\n") == []


@pytest.mark.parametrize(
    ("user", "other"),
    [
        ("from .other import anything", "from elsewhere import *\n"),
        ("from .other import anything", "def __getattr__(name): return 1\n"),
        ("from .other import anything", "globals().update(a=1)\n"),
        ("from .other import anything", "def broken(:\n"),
        ("try:\n    from .other import anything\nexcept ImportError:\n    anything = None\n", "x = 1\n"),
        ("from . import other", "x = 1\n"),
        ("import pkg.other", "x = 1\n"),
        ("from .other import *", "x = 1\n"),
        ("from os import anything", "x = 1\n"),
        ("from pkg.nowhere import anything", "x = 1\n"),
    ],
)
def test_what_might_be_there_is_not_complained_about(tmp_path, user, other):
    assert check(tmp_path, user, other=other) == []
