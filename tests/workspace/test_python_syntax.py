"""Trees and outlines, against what Python itself says of the same text."""

import ast
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.workspace.outline import DefinitionKind, Import, ParameterKind, is_test_file, outline
from macrohard_lsp.workspace.python_syntax import parse

SOURCE = """\
import a.b as c, d
from . import x
from ..m.n import (y as z, w,)
from k import *
from __future__ import annotations

@dec(1)
@other
async def f(a, /, b: int, c=1, d: int = 2, *args: str, e, g=0, **kw) -> int:
    def inner(): import q
    class Local:
        def method(self): pass
if TYPE_CHECKING:
    import checked
else:
    import unchecked
if typing.TYPE_CHECKING: import also
try:
    import guarded
except ImportError:
    from . import fallback

class K(B, metaclass=M):
    @property
    def m(self): ...
    class Inner: pass
def star(a, *, b): pass
"""


def test_definitions() -> None:
    found = {item.qualified_name: item for item in outline(parse(SOURCE)).definitions}
    assert list(found) == [
        *("f", "f.<locals>.inner", "f.<locals>.Local", "f.<locals>.Local.method"),
        *("K", "K.m", "K.Inner", "star"),
    ]
    f = found["f"]
    assert (f.is_async, f.decorators, f.first_line, f.line, f.last_line) == (
        True,
        ("dec(1)", "other"),
        7,
        9,
        12,
    )
    assert SOURCE[f.start : f.end].startswith("@dec(1)")
    assert SOURCE[f.start : f.end].endswith("pass")
    assert [(one.name, one.kind, one.annotation, one.default) for one in f.parameters] == [
        ("a", ParameterKind.POSITIONAL_ONLY, None, None),
        ("b", ParameterKind.POSITIONAL, "int", None),
        ("c", ParameterKind.POSITIONAL, None, "1"),
        ("d", ParameterKind.POSITIONAL, "int", "2"),
        ("args", ParameterKind.VAR_POSITIONAL, "str", None),
        ("e", ParameterKind.KEYWORD_ONLY, None, None),
        ("g", ParameterKind.KEYWORD_ONLY, None, "0"),
        ("kw", ParameterKind.VAR_KEYWORD, None, None),
    ]
    assert [one.kind for one in found["star"].parameters] == [
        ParameterKind.POSITIONAL,
        ParameterKind.KEYWORD_ONLY,
    ]
    assert found["K"].bases == ("B", "metaclass=M")
    assert [found[name].kind for name in ("K", "K.m", "f")] == [
        *(DefinitionKind.CLASS, DefinitionKind.METHOD, DefinitionKind.FUNCTION)
    ]


def test_imports() -> None:
    assert list(outline(parse(SOURCE)).imports) == [
        Import("a.b", None, "c", 0, 1),
        Import("d", None, None, 0, 1),
        Import("", "x", None, 1, 2),
        Import("m.n", "y", "z", 2, 3),
        Import("m.n", "w", None, 2, 3),
        Import("k", "*", None, 0, 4),
        Import("__future__", "annotations", None, 0, 5),
        Import("q", None, None, 0, 10, in_function=True),
        Import("checked", None, None, 0, 14, type_checking=True),
        Import("unchecked", None, None, 0, 16),
        Import("also", None, None, 0, 17, type_checking=True),
        Import("guarded", None, None, 0, 19, guarded=True),
        Import("", "fallback", None, 1, 21, guarded=True),
    ]


TESTS = {
    "def test_a(): pass": ["test_a"],
    "def testing(): pass": ["testing"],
    "def check(): pass": [],
    "def test_a():\n    def test_b(): pass": ["test_a"],
    "async def test_a(): pass": ["test_a"],
    "@mark\ndef test_a(): pass": ["test_a"],
    "class TestA:\n    def test_b(self): pass\n    def helper(self): pass": ["TestA", "TestA.test_b"],
    "class A:\n    def test_b(self): pass": [],
    "class A(unittest.TestCase):\n    def test_b(self): pass": ["A", "A.test_b"],
    "class TestA:\n    class TestB:\n        def test_c(self): pass": [
        "TestA",
        "TestA.TestB",
        "TestA.TestB.test_c",
    ],
    "if x:\n    def test_a(): pass": ["test_a"],
}


@pytest.mark.parametrize("text", TESTS)
def test_tests_by_pytests_default_naming(text: str) -> None:
    assert [item.qualified_name for item in outline(parse(text)).definitions if item.is_test] == TESTS[text]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("test_a.py", True),
        ("d/a_test.py", True),
        ("d/tests.py", False),
        ("test_d/a.py", False),
        ("conftest.py", False),
    ],
)
def test_test_files(path: str, expected: bool) -> None:
    assert is_test_file(path) is expected


LINES = {
    "carriage returns alone": "x = 1\rdef f():\r  return 1\rdef g(): pass\r",
    "carriage return and newline": "x = 1\r\ndef f():\r\n  return 1\r\ndef g(): pass\r\n",
    "mixed": "x = 1\rdef f():\r\n  return 1\ndef g(): pass",
    "wide characters": "x = '🎉名'\ndef f():\n  return '🎉'\ndef g(): pass",
    "form feed": "x = 1\n\x0cdef f():\n  return 1\n\x0c\rdef g(): pass",
}


@pytest.mark.parametrize("case", LINES)
def test_lines_and_offsets_are_pythons(case: str) -> None:
    text = LINES[case]
    parsed = parse(text)
    assert not parsed.has_error
    found = outline(parsed).definitions
    expected = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert [(item.name, item.line, item.last_line) for item in found] == [
        (node.name, node.lineno, node.end_lineno) for node in expected
    ]
    for item in found:
        assert text[item.start : item.end].startswith(f"def {item.name}()")


def test_identifiers_in_any_script() -> None:
    text = "def 関数(引数: 型 = '🎉'):\n    return 引数\n"
    (found,) = outline(parse(text)).definitions
    assert (found.name, found.parameters[0].annotation, found.parameters[0].default) == ("関数", "型", "'🎉'")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x = 1\ny = = 2\n", 2, "'='"),
        ("def f(:\n  pass\n", 1, "missing"),
        ("x = 1\r\r(\r", 3, ""),
        ("'\ud800'\n)", 2, "')'"),
    ],
)
def test_errors_have_a_place(text: str, line: int, said: str) -> None:
    parsed = parse(text)
    assert parsed.has_error
    assert parsed.errors[0].line == line
    assert said in parsed.errors[0].message


def test_an_endless_row_of_errors_is_cut() -> None:
    assert len(parse("= =\n" * 1000).errors) <= 20


@given(st.text(alphabet="def class()[]{}:=\n\r\t\x0c 'f\"#,.*@é🎉\ud800if", max_size=80))
def test_any_text_is_parsed_without_raising(text: str) -> None:
    parsed = parse(text)
    assert parsed.has_error == bool(parsed.errors)
    for item in outline(parsed).definitions:
        assert 0 <= item.start <= item.end <= len(text)


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def disagreements(path: Path) -> list[str]:
    """Where the outline of a real module differs from Python's own tree."""
    text = path.read_bytes().decode("utf-8", "replace")
    parsed = parse(text)
    found = outline(parsed)
    nodes = list(ast.walk(ast.parse(text)))
    defined = sorted(
        (node.lineno, node.name, node.end_lineno) for node in nodes if isinstance(node, DEFINITIONS)
    )
    outlined = sorted((item.line, item.name, item.last_line) for item in found.definitions)
    imports = sorted(
        node.lineno for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for _ in node.names
    )
    wrong = [f"{path.name}: syntax"] if parsed.has_error else []
    if [item[:2] for item in defined] != [item[:2] for item in outlined]:
        wrong.append(f"{path.name}: definitions")
    if imports != sorted(item.line for item in found.imports):
        wrong.append(f"{path.name}: imports")
    lines = text.splitlines()
    for (_, name, end), (_, _, last) in zip(defined, outlined, strict=False):
        # A comment at the end of a body belongs to it here, and to nobody in Python's tree.
        extra = lines[end or 0 : last] if end is not None and last >= end else ["too short"]
        if any(line.strip() and not line.strip().startswith("#") for line in extra):
            wrong.append(f"{path.name}: the end of {name}")
    return wrong


def test_the_standard_library_as_python_sees_it() -> None:
    """Functions, classes and imports of a hundred real modules, by name and line."""
    modules = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[:100]
    assert len(modules) == 100
    assert [wrong for path in modules for wrong in disagreements(path)] == []
