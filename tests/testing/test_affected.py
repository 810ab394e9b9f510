"""Which tests a change can affect."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.testing.affected import affected_tests
from macrohard_lsp.workspace.index import WorkspaceIndex, build_index

LAYOUT = {
    "app/__init__.py": "",
    "app/core.py": "from app import low\n",
    "app/low.py": "",
    "app/alone.py": "",
    "app/for_conftest.py": "",
    "tests/conftest.py": "import app.for_conftest\n",
    "tests/test_core.py": "import app.core\n",
    "tests/test_low.py": "from app.low import *\n",
    "tests/test_none.py": "",
    "tests/test_any.py": "import subprocess\n",
    "tests/deep/conftest.py": "",
    "tests/deep/test_deep.py": "",
    "test_broken.py": "def f(:\n",
}
ALL = None

CASES: dict[str, tuple[list[str], set[str] | None]] = {
    "nothing": ([], set()),
    "imported by one": (["app/core.py"], {"tests/test_core.py", "tests/test_any.py"}),
    "imported through another": (
        ["app/low.py"],
        {"tests/test_core.py", "tests/test_low.py", "tests/test_any.py"},
    ),
    "a test": (["tests/test_none.py"], {"tests/test_none.py", "tests/test_any.py"}),
    "two": (
        ["tests/test_none.py", "app/core.py"],
        {"tests/test_none.py", "tests/test_core.py", "tests/test_any.py"},
    ),
    "a conftest": (["tests/deep/conftest.py"], {"tests/deep/test_deep.py", "tests/test_any.py"}),
    "what a conftest imports": (["app/for_conftest.py"], ALL),
    "a package": (["app/__init__.py"], ALL),
    "nobody imports it": (["app/alone.py"], ALL),
    "data": (["app/words.txt"], ALL),
    "configuration": (["pyproject.toml"], ALL),
    "gone": (["app/gone.py"], ALL),
    "no Python": (["test_broken.py"], ALL),
    "one in doubt is enough": (["tests/test_none.py", "setup.cfg"], ALL),
}


def index_of(files: Mapping[str, str]) -> WorkspaceIndex:
    sources = {path: source_file(path, text.encode()) for path, text in files.items()}
    return build_index(Snapshot(Path("/w"), sources))


@pytest.mark.parametrize("name", CASES)
def test_affected(name: str):
    changed, expected = CASES[name]
    found = affected_tests(index_of(LAYOUT), changed)
    assert found == (None if expected is None else frozenset(expected))


MODULES = [f"m{number}" for number in range(8)]
GRAPHS = st.dictionaries(
    st.sampled_from([*MODULES, "test_x", "test_y", "test_z"]), st.sets(st.sampled_from(MODULES)), min_size=1
)


@given(GRAPHS, st.sets(st.sampled_from(MODULES), min_size=1))
@settings(max_examples=200, deadline=None)
def test_no_test_is_missed(graph: Mapping[str, set[str]], changed: set[str]):
    """Against the plainest reading: whoever can reach a changed module by imports may be affected."""
    graph = {**{name: set[str]() for name in MODULES}, **graph}
    files = {f"{name}.py": "".join(f"import {other}\n" for other in graph[name]) for name in graph}

    def reaches(name: str) -> bool:
        reached: set[str] = set()
        left = [name]
        while left:
            here = left.pop()
            if here not in reached:
                reached.add(here)
                left += graph[here]
        return bool(reached & changed)

    imported_by_none = {
        name for name in changed if not any(name in graph[other] - {other} for other in graph)
    }
    found = affected_tests(index_of(files), [f"{name}.py" for name in changed])
    expected = {f"{name}.py" for name in graph if name.startswith("test_") and reaches(name)}
    assert found == (None if imported_by_none else expected)
