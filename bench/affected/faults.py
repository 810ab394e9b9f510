"""Plants a fault in each function that an edit changed."""

import ast

from macrohard_lsp.testing.footprints.blocks import blocks_of
from macrohard_lsp.workspace.outline import is_test_file

FAULT = "raise RuntimeError('planted by bench-affected')"


def with_faults(path: str, before: str | None, after: str | None) -> str | None:
    """The text after the edit with a fault in each changed function; None where there is none to plant."""
    if before is None or after is None or is_test_file(path) or path.rpartition("/")[2] == "conftest.py":
        return None
    known = {digest for _, _, digest in blocks_of(before).functions}
    changed = {first for first, _, digest in blocks_of(after).functions if digest not in known}
    try:
        tree = ast.parse(after)
    except SyntaxError:
        return None
    lines = after.splitlines(keepends=True)
    places: list[tuple[int, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            statement = node.body[0]
            if first in changed and statement.lineno > node.lineno:
                places.append((min([statement.lineno, *_decorators(statement)]), statement.col_offset))
    for line, column in sorted(places, reverse=True):
        lines.insert(line - 1, f"{' ' * column}{FAULT}\n")
    return "".join(lines) if places else None


def _decorators(statement: ast.stmt) -> list[int]:
    return [decorator.lineno for decorator in getattr(statement, "decorator_list", [])]
