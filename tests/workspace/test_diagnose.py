"""Our own diagnostics: what they find, and above all what they must not find."""

import sysconfig
from pathlib import Path

import pytest

from macrohard_lsp.core.encoding import decode
from macrohard_lsp.workspace.diagnose import Diagnostic, names_unresolved, new_diagnostics, syntax_errors

UNRESOLVED: dict[str, list[tuple[int, str, str]]] = {
    "x = y": [(1, "y", "")],
    "def f(a):\n    return a + b": [(2, "b", "f")],
    "class C:\n    x = 1\n    def m(self):\n        return x": [(4, "x", "C.m")],
    "def f():\n    g = 1\ndef h():\n    return g": [(4, "g", "h")],
    "def f():\n    return [z for y in range(3)]": [(2, "z", "f.listcomp"), (2, "z", "f")],
    "@decorate\ndef f(): pass": [(1, "decorate", "")],
    "def f(a: Missing) -> None: pass": [(1, "Missing", "")],
    "def top(a):\n    return a + b": [(2, "b", "top")],
    "import a.b\nb.c": [(2, "b", "")],
    "try:\n    x\nexcept Exception:\n    pass": [(2, "x", "")],
    "名 = 名前": [(1, "名前", "")],
    "f'{missing}'": [(1, "missing", "")],
}


@pytest.mark.parametrize("text", UNRESOLVED)
def test_names_that_nothing_defines(text: str) -> None:
    allowed = {
        Diagnostic(line, f"name {name!r} is not defined", scope) for line, name, scope in UNRESOLVED[text]
    }
    found = names_unresolved(text)
    assert found
    assert found <= allowed


RESOLVED = [
    "import os\nos.path",
    "def f():\n    global g\n    g = 1\ndef h():\n    return g",
    "def f():\n    return later\nlater = 1",
    "def f():\n    x = 1\n    def g():\n        return x\n    return g",
    "class C:\n    x = 1\n    y = x",
    "from a import *\nanything",
    "exec('x = 1')\nx",
    "globals()['x'] = 1\nx",
    "try:\n    unheard_of\nexcept NameError:\n    unheard_of = None",
    "try:\n    unheard_of\nexcept (TypeError, NameError):\n    pass",
    "print(__file__, __name__, __path__, WindowsError, unicode, _('text'))",
    "class C:\n    def m(self):\n        return __class__",
    "class C(metaclass=M if (M := type) else None):\n    anything",
    "def top(which):\n    return which",
    "x: int\nx",
    "with open('f') as g: g",
    "for i in []: i",
    "match 1:\n    case [a, *b]: a, b",
    "lambda a, *b, c=1, **d: (a, b, c, d)",
    "if (n := 1): n",
    "try: pass\nexcept OSError as error: error",
    "from __future__ import annotations\ndef f(a: Missing): pass",
    "this is no Python",
    "'\ud800'",
    "x = '\\d'",
    "(" * 300 + ")" * 300,
]


@pytest.mark.parametrize("text", RESOLVED)
def test_names_that_may_be_defined(text: str) -> None:
    assert names_unresolved(text) == frozenset()


# Names that the standard library really reads and never defines: nobody calls what holds them, or it is a bug.
KNOWN: set[tuple[str, str]] = set()


def test_no_false_alarm_in_the_standard_library() -> None:
    library = Path(sysconfig.get_path("stdlib"))
    packages = (
        "asyncio",
        "concurrent",
        "email",
        "html",
        "http",
        "importlib",
        "json",
        "logging",
        "multiprocessing",
    )
    files = [*library.glob("*.py"), *(path for name in packages for path in (library / name).rglob("*.py"))]
    found: set[tuple[str, str]] = set()
    for path in files:
        text = decode(path.read_bytes(), path.name).text
        assert text is not None
        found |= {(path.name, item.message) for item in names_unresolved(text)}
        assert syntax_errors(text) == frozenset(), path
    assert len(files) > 200
    assert found <= KNOWN


def test_syntax_errors_name_line_and_text() -> None:
    assert syntax_errors("x = 1\n") == frozenset()
    (found,) = syntax_errors("x = 1\ny = = 2\n")
    assert (found.line, found.message) == (2, "syntax error at '='")


def test_only_what_is_new_counts_and_lines_may_move() -> None:
    before = "def f():\n    return old\n"
    assert new_diagnostics(before, "import os\n\n\n" + before) == ()
    (found,) = new_diagnostics(before, before + "def g():\n    return new\n")
    assert (found.line, found.scope) == (4, "g")
    assert [item.scope for item in new_diagnostics(before, before + "\ndef g():\n    return old")] == ["g"]
    assert len(new_diagnostics(None, before)) == 1
    (broken,) = new_diagnostics("x = = 1\n", "x = = 1\ny = = 1\n")
    assert broken.line == 2
