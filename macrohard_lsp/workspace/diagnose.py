"""Our own diagnostics of one Python text: syntax errors, and names that are defined nowhere.

Conservative on purpose: a name is reported only where nothing could have defined it, since a rung of
the proof hangs on it. A file that defines names in ways the text doesn't show is left alone.
"""

import ast
import builtins
import symtable
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from macrohard_lsp.workspace.python_syntax import parse

_MODULE_NAMES = frozenset(
    {"__file__", "__name__", "__doc__", "__path__", "__spec__", "__loader__", "__package__", "__cached__"}
    | {"__builtins__", "__annotations__", "__dict__", "__module__", "__qualname__", "__class__", "__debug__"}
    | {"__conditional_annotations__", "__classdict__", "__firstlineno__", "__static_attributes__"}
)
# Of other versions and platforms, and those that `site` and `gettext` add; guarded uses of them are common.
_BUILTINS_ELSEWHERE = frozenset(
    {"aiter", "anext", "EncodingWarning", "BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError"}
    | {
        "WindowsError",
        "exit",
        "quit",
        "copyright",
        "credits",
        "license",
        "_",
        "ngettext",
        "pgettext",
        "npgettext",
        "reveal_type",
        "reveal_locals",
    }
    | {
        "unicode",
        "basestring",
        "long",
        "xrange",
        "raw_input",
        "unichr",
        "reduce",
        "reload",
        "execfile",
        "cmp",
    }
    | {"file", "buffer", "apply", "intern", "coerce", "StandardError", "get_ipython", "display"}
)
_KNOWN = frozenset(dir(builtins)) | _MODULE_NAMES | _BUILTINS_ELSEWHERE

# Whoever names one of these may define names that the text doesn't show.
_DEFINES_BEHIND_THE_TEXT = frozenset(
    {"exec", "globals", "vars", "locals", "__dict__", "_getframe", "currentframe", "global_enum", "_convert_"}
)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """`line` counts from 1. `scope` is the name of the function or class it is in, empty for the module."""

    line: int
    message: str
    scope: str = ""


def syntax_errors(text: str) -> frozenset[Diagnostic]:
    """What tree-sitter finds wrong; the user's own Python has the last word when it runs the tests."""
    parsed = parse(text)
    return frozenset(Diagnostic(spot.line, spot.message) for spot in parsed.errors)


def names_unresolved(text: str) -> frozenset[Diagnostic]:
    """Names that are read and that no scope around them, no import and no builtin defines.

    One for each name and scope, at its first use there. Empty for a text that this Python can't parse.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # What a literal's escapes deserve is not our subject.
            tree = ast.parse(text)
            top = symtable.symtable(text, "<text>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    uses = _Uses.of(tree)
    if uses is None:
        return frozenset()
    tables = list(_tables(top, ""))
    defined = _KNOWN | {symbol.get_name() for symbol in top.get_symbols() if _defines(symbol)}
    for table, _ in tables:
        defined |= {symbol.get_name() for symbol in table.get_symbols() if _defines_globally(symbol)}
    return frozenset(
        Diagnostic(line, f"name {name!r} is not defined", scope)
        for table, scope in tables
        for name in _missing(table, defined)
        if (line := uses.first(name, table.get_lineno())) is not None
    )


def new_diagnostics(before: str | None, after: str) -> tuple[Diagnostic, ...]:
    """What is wrong with `after` and was not with `before`, in line order; `before` is None for a new file.

    Lines move when a file is edited, so diagnostics are told apart by message and scope, and counted.
    """
    found = sorted(_all(after), key=lambda item: (item.line, item.message))
    known = Counter((item.scope, item.message) for item in (_all(before) if before is not None else ()))
    new: list[Diagnostic] = []
    for item in found:
        key = (item.scope, item.message)
        if known[key] > 0:
            known[key] -= 1
        else:
            new.append(item)
    return tuple(new)


def _all(text: str) -> frozenset[Diagnostic]:
    return syntax_errors(text) | names_unresolved(text)


@dataclass(frozen=True, slots=True)
class _Uses:
    """The lines on which each name is read, leaving out those where its absence is expected."""

    lines: dict[str, list[int]]

    @staticmethod
    def of(tree: ast.Module) -> "_Uses | None":
        """None where names may be defined behind the text."""
        lines: dict[str, list[int]] = {}
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
                return None
            if isinstance(node, (ast.Name, ast.Attribute)):
                name = node.id if isinstance(node, ast.Name) else node.attr
                if name in _DEFINES_BEHIND_THE_TEXT:
                    return None
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    lines.setdefault(name, []).append(node.lineno)
            stack.extend(_expected_to_work(node))
        return _Uses({name: sorted(found) for name, found in lines.items()})

    def first(self, name: str, line: int) -> int | None:
        return next((found for found in self.lines.get(name, ()) if found >= line), None)


def _expected_to_work(node: ast.AST) -> Iterator[ast.AST]:
    """The children, without the body of a `try` that catches NameError."""
    tries = isinstance(node, (ast.Try, ast.TryStar)) and any(map(_catches_name_error, node.handlers))
    for name, value in ast.iter_fields(node):
        if tries and name == "body":
            continue
        for child in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(child, ast.AST):
                yield child


def _catches_name_error(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(one, ast.Name) and one.id == "NameError" for one in caught)


def _tables(top: symtable.SymbolTable, scope: str) -> Iterator[tuple[symtable.SymbolTable, str]]:
    stack = [(top, scope)]
    while stack:
        table, name = stack.pop()
        yield table, name
        children = table.get_children()
        stack.extend((child, f"{name}.{child.get_name()}".lstrip(".")) for child in children)


def _defines(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_annotated() or symbol.is_namespace()


def _defines_globally(symbol: symtable.Symbol) -> bool:
    return symbol.is_declared_global() and (
        symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    )


def _missing(table: symtable.SymbolTable, defined: frozenset[str]) -> Iterator[str]:
    if table.get_type() == "class":
        return  # A metaclass may put names into the body's namespace; the methods inside have tables of their own.
    is_module = table.get_type() == "module"
    for symbol in table.get_symbols():
        name = symbol.get_name()
        # Some versions of symtable take any function called `top` for the module, and its parameters for globals.
        here = symbol.is_parameter() or _defines(symbol)
        if symbol.is_referenced() and not here and (symbol.is_global() or is_module) and name not in defined:
            yield name
