"""The house stands: who may import whom, and how long a module or a function may be."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = "macrohard_lsp"
ROOT = Path(__file__).parent.parent / HOUSE

FLOORS = {
    **dict.fromkeys(["core"], 0),
    **dict.fromkeys(["workspace", "sandbox", "environment", "settings", "execution", "runs"], 1),
    **dict.fromkeys(["testing", "users", "inference"], 2),
    "proving": 3,
    **dict.fromkeys(["repair", "team"], 4),
    "engine": 5,
    "company": 6,
    "host": 7,
    **dict.fromkeys(["cli", "server"], 8),
}
TOP = max(FLOORS.values()) + 1

# The server may import these of ours and nothing else, whatever the floors allow.
SERVER_MAY = ("macrohard_lsp.core", "macrohard_lsp.host.client")

# Third-party packages that only one of our packages may import.
KEPT_BY = {"pygls": "server", "lsprotocol": "server", "openai": "inference"}

# This folder runs inside the user's interpreter: Python 3.9's standard library, pytest and its own files.
INSIDE = ("testing", "inside")
NEWER_THAN_INSIDE = frozenset({"tomllib", "annotationlib", "compression"})
INSIDE_MAY = sys.stdlib_module_names - NEWER_THAN_INSIDE | {"pytest", "_pytest", "pluggy"}

IMPORTERS = frozenset({"import_module", "__import__", "resolve_name", "run_module"})
FORBIDDEN_NAMES = frozenset({"util", "utils", "helper", "helpers", "manager", "managers", "common"})
MODULE_LINES = 400
FUNCTION_LINES = 40


@dataclass(frozen=True)
class Module:
    """A file of the house. `parts` are its path's below the house, without `.py`."""

    parts: tuple[str, ...]
    source: str
    siblings: frozenset[str] = frozenset()

    @property
    def package(self) -> str:
        """The room it is in; empty for the few files beside the rooms."""
        return self.parts[0] if len(self.parts) > 1 else ""

    @property
    def inside(self) -> bool:
        return self.parts[:2] == INSIDE


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports, wherever it does; `from a import b` is `a.b`."""
    for node in ast.walk(ast.parse(module.source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(names=names):
                base = absolute(module, node.level, node.module or "")
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(target)), *_]
            ):
                if name in IMPORTERS:
                    level = len(target) - len(target.lstrip("."))
                    yield node.lineno, absolute(module, level, target.lstrip(".").replace(":", "."))


def absolute(module: Module, level: int, name: str) -> str:
    if not level:
        return name
    base = (HOUSE, *module.parts)[:-level]
    return ".".join((*base, name)) if name else ".".join(base)


def problems(module: Module) -> list[str]:
    """What is wrong with a module, each with its line; empty when nothing is."""
    found = [*size_problems(module)]
    for line, target in imports(module):
        problem = inside_problem(module, target) if module.inside else import_problem(module, target)
        if problem:
            found.append(f"{'/'.join(module.parts)}.py:{line}: {problem}")
    return found


def import_problem(module: Module, target: str) -> str | None:
    top, *rest = target.split(".")
    keeper = KEPT_BY.get(top)
    if keeper and module.package != keeper:
        return f"only {keeper} imports {top}"
    elsewhere = top == HOUSE and rest and not rest[0].startswith("__") and rest[0] != module.package
    return floor_problem(module, rest[0], target) if elsewhere else None


def floor_problem(module: Module, other: str, target: str) -> str | None:
    package = module.package
    unknown = {other, package or "core"} - FLOORS.keys()
    if unknown:
        return f"{unknown.pop()} is no room of the house"
    if package == "server" and not f"{target}.".startswith(tuple(f"{each}." for each in SERVER_MAY)):
        return f"server imports only {' and '.join(SERVER_MAY)}, not {target}"
    own = own_floor(module)
    if FLOORS[other] < own:
        return None
    return f"{package or 'the entrance'} (floor {own}) imports {other} (floor {FLOORS[other]})"


def own_floor(module: Module) -> int:
    """`__main__` stands on the roof, the house's own `__init__` below the ground: it is imported by all."""
    if module.package:
        return FLOORS[module.package]
    return TOP if module.parts == ("__main__",) else -1


def inside_problem(module: Module, target: str) -> str | None:
    own = ".".join((HOUSE, *INSIDE)) + "."
    top = target.partition(".")[0]
    if target.startswith(own) or top in INSIDE_MAY or top in module.siblings:
        return None
    return f"code for the user's interpreter imports {target}"


def size_problems(module: Module) -> Iterator[str]:
    where = "/".join(module.parts) + ".py"
    if not FORBIDDEN_NAMES.isdisjoint(module.parts):
        yield f"{where}: the name says nothing about what is in it"
    if (lines := len(module.source.splitlines())) > MODULE_LINES:
        yield f"{where}: {lines} lines, {MODULE_LINES} are allowed"
    for node in ast.walk(ast.parse(module.source)):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (size := code_lines(node)) > FUNCTION_LINES
        ):
            yield f"{where}:{node.lineno}: {node.name} has {size} lines, {FUNCTION_LINES} are allowed"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines from `def` to the end, without the docstring."""
    first = function.body[0]
    docstring = 0
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        docstring = (first.end_lineno or 0) - first.lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def modules() -> list[Module]:
    paths = sorted(ROOT.rglob("*.py"))
    return [
        Module(
            path.relative_to(ROOT).with_suffix("").parts,
            path.read_text("utf-8"),
            frozenset(each.stem for each in paths if each.parent == path.parent),
        )
        for path in paths
    ]


@pytest.mark.parametrize("module", modules(), ids=lambda module: "/".join(module.parts))
def test_a_module_keeps_to_its_floor_and_size(module: Module) -> None:
    assert problems(module) == []


def test_there_is_a_house_to_check() -> None:
    assert len(modules()) > 10
    assert {module.package for module in modules()} - {""} <= FLOORS.keys()


# Each case: where the module stands, its source, and what is said of it ("" for nothing).
CASES = {
    "below": ("engine/a", "from macrohard_lsp.repair import x\nimport macrohard_lsp.core.text", ""),
    "own package": (
        "repair/a",
        "from macrohard_lsp.repair.b import c\nfrom . import d\nfrom .e import f",
        "",
    ),
    "above": ("core/a", "import macrohard_lsp.engine.b", "core (floor 0) imports engine (floor 5)"),
    "above, from the house": ("core/a", "from macrohard_lsp import cli", "core (floor 0) imports cli"),
    "above, relative": ("core/a", "from ..engine import b", "core (floor 0) imports engine"),
    "above, relative to the house": ("core/a", "from .. import engine", "core (floor 0) imports engine"),
    "above, deeper": ("repair/x/a", "from ...engine import b", "repair (floor 4) imports engine"),
    "beside": (
        "workspace/a",
        "from macrohard_lsp.sandbox.b import c",
        "workspace (floor 1) imports sandbox (floor 1)",
    ),
    "beside, on top": ("cli/a", "import macrohard_lsp.server", "cli (floor 8) imports server (floor 8)"),
    "in a function": (
        "core/a",
        "def f():\n    from macrohard_lsp.runs import b",
        "core/a.py:2: core (floor 0)",
    ),
    "for types only": ("core/a", "if TYPE_CHECKING:\n    import macrohard_lsp.runs", "imports runs"),
    "importlib": ("core/a", "importlib.import_module('macrohard_lsp.runs.b')", "imports runs"),
    "importlib, by name": ("core/a", "import_module('..runs', __package__)", "imports runs"),
    "dunder import": ("core/a", "__import__('macrohard_lsp.runs')", "imports runs"),
    "pkgutil": ("core/a", "pkgutil.resolve_name('macrohard_lsp.runs:x')", "imports runs"),
    "importlib, elsewhere": (
        "core/a",
        "import_module('json')\nimport_module(name)\nother('macrohard_lsp.runs')",
        "",
    ),
    "unknown room": ("engine/a", "import macrohard_lsp.attic", "attic is no room"),
    "from an unknown room": ("attic/a", "import macrohard_lsp.core", "attic is no room"),
    "the version": ("core/a", "from macrohard_lsp import __version__", ""),
    "main": ("__main__", "from macrohard_lsp.cli.main import main", ""),
    "entrance": ("__init__", "from macrohard_lsp.core import text", "the entrance"),
    "other house": ("core/a", "import macrohard_lsp_tools.cli", ""),
    "server, core": (
        "server/a",
        "from macrohard_lsp.core.text import x\nfrom macrohard_lsp.core import text",
        "",
    ),
    "server, client": (
        "server/a",
        "from macrohard_lsp.host.client import x\nfrom macrohard_lsp.host import client",
        "",
    ),
    "server, other half": ("server/a", "from macrohard_lsp.host import process", "server imports only"),
    "server, a longer name": ("server/a", "import macrohard_lsp.host.clients", "server imports only"),
    "server, engine": ("server/a", "import macrohard_lsp.engine", "server imports only"),
    "server, pygls": ("server/a", "import pygls.server\nfrom lsprotocol import types", ""),
    "pygls elsewhere": ("host/a", "def f():\n    import pygls", "host/a.py:2: only server imports pygls"),
    "lsprotocol elsewhere": ("cli/a", "from lsprotocol.types import X", "only server imports lsprotocol"),
    "openai": ("inference/a", "from openai import X", ""),
    "openai elsewhere": ("team/a", "from openai import X", "only inference imports openai"),
    "inside": (
        "testing/inside/a",
        "import json, pytest\nfrom _pytest.x import y\nimport b\nfrom . import b",
        "",
    ),
    "inside, ours": ("testing/inside/a", "from macrohard_lsp.core import text", "user's interpreter imports"),
    "inside, ours, relative": ("testing/inside/a", "from ...core import text", "user's interpreter imports"),
    "inside, third party": (
        "testing/inside/a",
        "def f():\n    import coverage",
        "user's interpreter imports coverage",
    ),
    "inside, too new": ("testing/inside/a", "import tomllib", "user's interpreter imports tomllib"),
    "long module": ("core/a", "x = 1\n" * 401, "401 lines, 400 are allowed"),
    "full module": ("core/a", "x = 1\n" * 400, ""),
    "long function": ("core/a", "def f():\n" + "    x = 1\n" * 40, "f has 41 lines"),
    "full function": ("core/a", "@a\n@b\ndef f():\n" + "    x = 1\n" * 39, ""),
    "long method": (
        "core/a",
        "class A:\n  async def f(self):\n" + "    x = 1\n" * 40,
        "core/a.py:2: f has 41 lines",
    ),
    "long docstring": ("core/a", "def f():\n    '''a\n" + "    b\n" * 50 + "    '''\n    return 1\n", ""),
    "no name": ("core/utils", "", "says nothing"),
    "no name for a package": ("repair/helpers/a", "", "says nothing"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_check_sees(name: str) -> None:
    where, source, expected = CASES[name]
    found = problems(Module(tuple(where.split("/")), source, frozenset({"a", "b"})))
    assert len(found) == bool(expected)
    assert all(expected in problem for problem in found)
