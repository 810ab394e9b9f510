"""The strings that failing tests name: what a string of the program was perhaps meant to be."""

import ast
from collections.abc import Iterable

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.workspace.outline import outline
from macrohard_lsp.workspace.python_syntax import parse

MOST_STRINGS = 60
LONGEST_STRING = 80


def expected_strings(snapshot: Snapshot, failing: Iterable[TestResult]) -> tuple[str, ...]:
    """String literals of the failing test functions and their decorators, each once, in order."""
    names: dict[str, set[str]] = {}
    for result in failing:
        path, _, name = result.id.partition("::")
        names.setdefault(path, set()).add(name.partition("[")[0].replace("::", "."))
    found: dict[str, None] = {}
    for path, wanted in sorted(names.items()):
        file = snapshot.get(path)
        if file is not None and file.text is not None:
            found.update(dict.fromkeys(_strings_in(file.text, wanted)))
    return tuple(found)[:MOST_STRINGS]


def _strings_in(text: str, functions: set[str]) -> Iterable[str]:
    parsed = parse(text)
    spans = [
        (definition.first_line, definition.last_line)
        for definition in outline(parsed).definitions
        if definition.qualified_name in functions
    ]
    pending = [parsed.root]
    while pending:
        node = pending.pop()
        if node.type != "string":
            pending.extend(reversed(node.children))
            continue
        line = parsed.line(node.start_byte)
        if any(first <= line <= last for first, last in spans):
            value = _value(parsed.source(node))
            if value and len(value) <= LONGEST_STRING:
                yield value


def _value(source: str) -> str | None:
    """The string that a literal stands for; None for bytes, for one with expressions in it, or a broken one."""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None
