"""Which test files a change can affect: clear cases, and random import graphs against a slow closure."""

import re
import textwrap
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrohard_lsp.testing.affected import affected_tests
from macrohard_lsp.workspace.index import WorkspaceIndex, summarise_batch


def index_of(texts: Mapping[str, str]) -> WorkspaceIndex:
    files = {summary.path: summary for summary in summarise_batch(list(texts.items()))}
    return WorkspaceIndex(dict.fromkeys(texts, ""), files)


def index_in(text: str) -> WorkspaceIndex:
    parts = re.split(r"^== *(\S+) *\n", textwrap.dedent(text), flags=re.MULTILINE)[1:]
    return index_of(dict(zip(parts[::2], parts[1::2], strict=True)))


SHOP = """
    == src/shop/__init__.py
    from .money import Money
    == src/shop/money.py
    class Money: pass
    == src/shop/cart.py
    from shop.money import Money
    from . import tax
    == src/shop/tax.py
    import json
    == src/shop/lonely.py
    x = 1
    == src/shop/main.py
    from shop import cart, only_main
    == src/shop/only_main.py
    from importlib.metadata import version
    import subprocess
    == tests/conftest.py
    from tests.support import thing
    == tests/support.py
    thing = 1
    == tests/test_cart.py
    import shop.cart
    == tests/test_tax.py
    from shop.tax import rate
    == tests/test_alone.py
    def test_a(): pass
    == tests/deep/conftest.py
    from shop import tax
    == tests/deep/test_deep.py
    def test_d(): pass
    == tests/helped/helper.py
    == tests/helped/test_helped.py
    def test_a():
        from helper import x
    == check_later/test_late.py
    if TYPE_CHECKING:
        from tests.helped import helper
    == README.md
    """
CART, TAX, ALONE = "tests/test_cart.py", "tests/test_tax.py", "tests/test_alone.py"
DEEP, HELPED, LATE = "tests/deep/test_deep.py", "tests/helped/test_helped.py", "check_later/test_late.py"

# Each case: what changed, separated by spaces, and which test files that affects.
CASES = {
    "": set(),
    "src/shop/cart.py": {CART},
    "src/shop/tax.py": {CART, TAX, DEEP},
    "src/shop/money.py": {CART, TAX, DEEP},
    "tests/helped/helper.py": {HELPED, LATE},
    "tests/support.py": {CART, TAX, ALONE, DEEP, HELPED},
    "tests/conftest.py": {CART, TAX, ALONE, DEEP, HELPED},
    "tests/deep/conftest.py": {DEEP},
    "tests/test_alone.py": {ALONE},
    "tests/test_alone.py src/shop/cart.py": {ALONE, CART},
    "src/shop/__init__.py": None,
    "src/shop/lonely.py": None,
    "src/shop/main.py": None,
    "src/shop/only_main.py": None,
    "tests/test_alone.py src/shop/lonely.py": None,
    "src/shop/deleted.py": None,
    "tests/test_deleted.py": None,
    "tests/gone/conftest.py": None,
    "./tests/test_alone.py": None,
    "pyproject.toml": None,
    "pytest.ini": None,
    "tests/data.json": None,
    "README.md": None,
    "docs/guide.rst": None,
    "tests/test_alone.py notes.txt": None,
}


@pytest.mark.parametrize("changed", CASES)
def test_a_change_affects(changed: str) -> None:
    expected = CASES[changed]
    found = affected_tests(index_in(SHOP), changed.split())
    assert found == (None if expected is None else frozenset(expected))


# Each case: further files, what changed, and what that affects beside `test_a.py`, which imports `a.py`.
MORE = {
    "importlib in a test": ("== test_d.py\nimport importlib\n", "a.py", {"test_d.py"}),
    "a submodule of it": ("== test_d.py\nimport importlib.metadata\n", "a.py", {"test_d.py"}),
    "runpy in a function": ("== test_d.py\ndef test():\n    import runpy\n", "a.py", {"test_d.py"}),
    "subprocess": ("== test_d.py\nfrom subprocess import run\n", "test_a.py", {"test_d.py"}),
    "a module of that name that is relative": (
        "== t/test_d.py\nfrom .subprocess import run\n",
        "a.py",
        set(),
    ),
    "subprocess in a conftest": (
        "== t/conftest.py\nimport subprocess\n== t/test_d.py\n== test_e.py\n",
        "a.py",
        {"t/test_d.py"},
    ),
    "subprocess in what helps tests": (
        "== t/program.py\nimport subprocess\n== t/test_d.py\nimport program\n== test_e.py\n",
        "a.py",
        {"t/test_d.py"},
    ),
    "subprocess in the program": (
        "== src/git.py\nimport subprocess\n== test_d.py\nimport git\n",
        "a.py",
        set(),
    ),
    "importlib in the program": (
        "== src/load.py\nfrom importlib import import_module\n== test_d.py\nimport load\n",
        "a.py",
        {"test_d.py"},
    ),
    "the program reads its version": (
        "== src/load.py\nfrom importlib.metadata import version\n== test_d.py\nimport load\n",
        "a.py",
        set(),
    ),
    "a syntax error elsewhere": ("== test_d.py\ndef f(:\n", "a.py", {"test_d.py"}),
    "a syntax error in what changed": ("== b.py\ndef f(:\n== test_d.py\nimport b\n", "b.py", None),
    "fixtures beside a conftest": (
        "== plugin.py\nimport a, pytest\n@pytest.fixture()\ndef f(): pass\n== test_d.py\nimport plugin\n",
        "a.py",
        None,
    ),
    "hooks": ("== plugin.py\nimport a\ndef pytest_configure(): pass\n", "a.py", None),
    "fixtures of a test file": (
        "== test_d.py\nimport a, pytest\n@pytest.fixture()\ndef f(): pass\n",
        "a.py",
        {"test_d.py"},
    ),
    "a test file by another name": ("== checks.py\nimport a\ndef test_a(): pass\n", "a.py", None),
    "a program that imports it": ("== program.py\nimport a\n", "a.py", set()),
    "setup.py": ("== setup.py\nimport a\n== test_d.py\nimport setup\n", "setup.py", None),
    "two modules of one name": (
        "== x/b.py\n== y/b.py\n== x/test_d.py\nimport b\n== y/test_e.py\nimport b\n",
        "y/b.py",
        {"x/test_d.py", "y/test_e.py"},
    ),
    "a package's folder on the path": (
        "== p/__init__.py\n== p/b.py\n== test_d.py\nimport b.c\n",
        "p/b.py",
        {"test_d.py"},
    ),
    "the standard library's name in a package": (
        "== p/__init__.py\n== p/json.py\n== test_d.py\nimport json\n== test_e.py\nimport p.json\n",
        "p/json.py",
        {"test_e.py"},
    ),
    "a package of tests": (
        "== t/__init__.py\nfrom t import b\n== t/b.py\n== t/test_d.py\n== t/u/__init__.py\n== t/u/test_e.py\n",
        "t/b.py",
        {"t/test_d.py", "t/u/test_e.py"},
    ),
    "a stub": ("== b.py\n== b.pyi\n== test_d.py\nimport b\n", "b.pyi", None),
    "in a circle": ("== b.py\nimport c\n== c.py\nimport b\n== test_d.py\nimport c\n", "b.py", {"test_d.py"}),
}


@pytest.mark.parametrize("name", MORE)
def test_what_is_in_doubt(name: str) -> None:
    text, changed, expected = MORE[name]
    found = affected_tests(index_in("== a.py\n== test_a.py\nimport a\n" + text), [changed])
    if expected is None:
        assert found is None
    else:
        assert found == expected | ({"test_a.py"} if changed in ("a.py", "test_a.py") else set())


PATHS = (
    "m0.py", "m1.py", "m2.py", "pkg/__init__.py", "pkg/m3.py", "pkg/m4.py",
    "tests/conftest.py", "tests/test_0.py", "tests/test_1.py", "tests/help.py",
    "tests/deep/conftest.py", "tests/deep/test_2.py", "other/test_3.py",
    "suite/__init__.py", "suite/test_4.py",
)  # fmt: skip
TESTS = tuple(path for path in PATHS if "/test_" in path)


def statement(importer: str, target: str) -> str:
    if importer.startswith("pkg/") and target.startswith("pkg/m"):
        return f"from . import {target[4:6]}\n"
    dotted = target.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return f"import {dotted}\n"


def reference(edges: set[tuple[str, str]], starters: set[str], changed: set[str]) -> frozenset[str] | None:
    """By the closure of "runs the code of", file by file until nothing is added."""
    runs = {path: {path} | {target for importer, target in edges if importer == path} for path in PATHS}
    for path in TESTS:
        runs[path] |= {p for p in PATHS if p.endswith("conftest.py") and path.startswith(p[:-11])}
    for targets in runs.values():
        for folder in ("pkg", "suite"):
            if any(target.startswith(f"{folder}/") for target in targets):
                targets.add(f"{folder}/__init__.py")
    for _ in PATHS:
        for path in PATHS:
            runs[path] = set().union(*(runs[target] for target in runs[path]))
    tested = set().union(*(runs[path] for path in TESTS))
    if not changed:
        return frozenset()
    doubtful = {path for path in changed if not path.endswith("conftest.py") and path not in tested} | {
        path for path in changed if path.endswith("__init__.py")
    }
    if doubtful:
        return None
    return frozenset(path for path in TESTS if runs[path] & (changed | starters))


@settings(max_examples=400, deadline=None)
@given(
    st.sets(st.tuples(st.sampled_from(PATHS), st.sampled_from(PATHS)), max_size=14),
    st.sets(st.sampled_from([path for path in PATHS if path.startswith(("tests/", "other/"))]), max_size=2),
    st.sets(st.sampled_from(PATHS), max_size=3),
)
def test_random_graphs(edges: set[tuple[str, str]], starters: set[str], changed: set[str]) -> None:
    texts = {
        path: "".join(statement(path, target) for importer, target in sorted(edges) if importer == path)
        + ("import subprocess\n" if path in starters else "")
        for path in PATHS
    }
    assert affected_tests(index_of(texts), changed) == reference(edges, starters, changed)
