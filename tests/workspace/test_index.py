"""The index: module names in every layout, who imports whom, and nothing parsed twice."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from macrohard_lsp.workspace.index import FileSummary, WorkspaceIndex, build_index, summarise_batch
from macrohard_lsp.workspace.modules import module_names
from macrohard_lsp.workspace.read import read_snapshot

Tree = Callable[[Mapping[str, str | bytes]], Path]

NAMES: dict[str, tuple[set[str], list[str]]] = {
    "a.py": (set(), ["a"]),
    "a.pyi": (set(), ["a"]),
    "pkg/__init__.py": ({"pkg"}, ["pkg"]),
    "pkg/sub/a.py": ({"pkg", "pkg/sub"}, ["pkg.sub.a"]),
    "src/pkg/a.py": ({"src/pkg"}, ["pkg.a", "src.pkg.a"]),
    "src/ns/pkg/a.py": ({"src/ns/pkg"}, ["ns.pkg.a", "pkg.a", "src.ns.pkg.a"]),
    "src/ns/a.py": (set(), ["ns.a", "src.ns.a", "a"]),
    "tests/test_a.py": (set(), ["tests.test_a", "test_a"]),
    "sub-project/src/pkg/a.py": ({"sub-project/src/pkg"}, ["pkg.a", "src.pkg.a"]),
    "not-a-name.py": (set(), []),
    "__init__.py": ({""}, []),
}


@pytest.mark.parametrize("path", NAMES)
def test_module_names(path: str) -> None:
    packages, names = NAMES[path]
    assert list(module_names(path, packages)) == names


LAYOUT: dict[str, str | bytes] = {
    "src/app/__init__.py": "from .core import run\n",
    "src/app/core.py": "from . import tools\nfrom .deep.leaf import x as y\nimport json\ndef run(): pass\n",
    "src/app/tools.py": "def run(): import app.deep\n",
    "src/app/deep/__init__.py": "",
    "src/app/deep/leaf.py": "from ... import nowhere\nfrom ..tools import run\nfrom .... import beyond\nx = 1\n",
    "tests/test_core.py": "import app.core\nfrom app import tools\nfrom helper import *\ndef test_run(): pass\n",
    "tests/helper.py": "",
    "broken.py": "def f(:\n",
}


@pytest.fixture
def index(tree: Tree) -> WorkspaceIndex:
    return build_index(read_snapshot(tree(LAYOUT)))


def test_imports_lead_to_files(index: WorkspaceIndex) -> None:
    app = "src/app/"
    assert index.imports["src/app/__init__.py"] == {app + "core.py"}
    assert index.imports["src/app/core.py"] == {
        *(app + name for name in ("__init__.py", "tools.py", "deep/__init__.py", "deep/leaf.py"))
    }
    assert index.imports["src/app/tools.py"] == {app + "__init__.py", app + "deep/__init__.py"}
    assert index.imports["src/app/deep/leaf.py"] == {app + "__init__.py", app + "tools.py"}
    assert index.imports["tests/test_core.py"] == {
        *(app + name for name in ("__init__.py", "core.py", "tools.py")),
        "tests/helper.py",
    }
    assert index.importers["tests/helper.py"] == {"tests/test_core.py"}
    assert "tests/test_core.py" not in index.importers


def test_definitions_modules_and_tests(index: WorkspaceIndex) -> None:
    assert [path for path, _ in index.definitions["run"]] == ["src/app/core.py", "src/app/tools.py"]
    assert index.modules["app.core"] == ("src/app/core.py",)
    assert index.module_name("src/app/deep/__init__.py") == "app.deep"
    assert [item.name for item in index.files["tests/test_core.py"].tests] == ["test_run"]
    assert index.files["broken.py"].has_error
    assert not index.files["src/app/core.py"].has_error


def test_only_new_content_is_parsed_again(tree: Tree) -> None:
    asked: list[str] = []

    def counting(files: Sequence[tuple[str, str]]) -> list[FileSummary]:
        asked.extend(path for path, _ in files)
        return summarise_batch(files)

    root = tree(LAYOUT)
    first = build_index(read_snapshot(root), None, counting)
    assert sorted(asked) == sorted(LAYOUT)
    asked.clear()
    (root / "src/app/tools.py").write_text("def changed(): pass\n")
    (root / "broken.py").rename(root / "moved.py")
    second = build_index(read_snapshot(root), first, counting)
    assert asked == ["src/app/tools.py"]
    assert second.files["moved.py"].path == "moved.py"
    assert "broken.py" not in second.files
    assert "changed" in second.definitions
    fresh = build_index(read_snapshot(root))
    assert (second.files, second.digests) == (fresh.files, fresh.digests)


def test_summaries_cross_processes() -> None:
    summaries = summarise_batch([("test_a.py", "import b\nclass TestA:\n    def test_x(self, a=1): pass\n")])
    assert pickle.loads(pickle.dumps(summaries)) == summaries
