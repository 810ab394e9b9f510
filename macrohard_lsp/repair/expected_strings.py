"""The strings and numbers that failing tests name: what a constant of the program was perhaps meant to be."""

import ast
from collections.abc import Iterable

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.workspace.outline import outline
from macrohard_lsp.workspace.python_syntax import parse

MOST_STRINGS = 60
LONGEST_STRING = 80
MOST_NUMBERS = 24
LONGEST_NUMBER = 12


def expected_strings(snapshot: Snapshot, failing: Iterable[TestResult]) -> tuple[str, ...]:
    """String literals of the failing test functions and their decorators, each once, in order."""
    found: dict[str, None] = {}
    for text, wanted in _functions_of(snapshot, failing):
        for source in _literals_in(text, wanted, frozenset({"string"})):
            value = _value(source)
            if isinstance(value, str) and value and len(value) <= LONGEST_STRING:
                found[value] = None
    return tuple(found)[:MOST_STRINGS]


def expected_numbers(snapshot: Snapshot, failing: Iterable[TestResult]) -> tuple[str, ...]:
    """Whole numbers, as they are written, in the failing test functions and their decorators, each once."""
    found: dict[str, None] = {}
    for text, wanted in _functions_of(snapshot, failing):
        for source in _literals_in(text, wanted, frozenset({"integer"})):
            if len(source) <= LONGEST_NUMBER and source.isdecimal():
                found[source] = None
    return tuple(found)[:MOST_NUMBERS]


def _functions_of(snapshot: Snapshot, failing: Iterable[TestResult]) -> Iterable[tuple[str, set[str]]]:
    """The text of every file with failing tests, and the names of their functions."""
    names: dict[str, set[str]] = {}
    for result in failing:
        path, _, name = result.id.partition("::")
        names.setdefault(path, set()).add(name.partition("[")[0].replace("::", "."))
    for path, wanted in sorted(names.items()):
        file = snapshot.get(path)
        if file is not None and file.text is not None:
            yield file.text, wanted


def _literals_in(text: str, functions: set[str], kinds: frozenset[str]) -> Iterable[str]:
    parsed = parse(text)
    spans = [
        (definition.first_line, definition.last_line)
        for definition in outline(parsed).definitions
        if definition.qualified_name in functions
    ]
    pending = [parsed.root]
    while pending:
        node = pending.pop()
        if node.type not in kinds:
            pending.extend(reversed(node.children))
            continue
        line = parsed.line(node.start_byte)
        if any(first <= line <= last for first, last in spans):
            yield parsed.source(node)


def _value(source: str) -> str | None:
    """The string that a literal stands for; None for bytes, for one with expressions in it, or a broken one."""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None
