"""Lines as statements: a statement over several lines is executed, and suspected, as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from macrohard_lsp.repair.tree import Node
from macrohard_lsp.testing.coverage import FileLines
from macrohard_lsp.testing.localisation import Suspect

Spans = Mapping[int, tuple[int, int]]


def statement_spans(root: Node) -> dict[int, tuple[int, int]]:
    """For each line that is part of a simple statement, or of the head of a compound one, its first and last line."""
    spans: dict[int, tuple[int, int]] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        pending.extend(node.children)
        if node.parent is None or node.parent.kind not in ("block", "module") or not node.named:
            continue
        body = _body(node)
        last = node.end_line if body is None else max(node.line, body.line - 1)
        for line in range(node.line, last + 1):
            spans.setdefault(line, (node.line, last))
    return spans


def _body(node: Node) -> Node | None:
    """The first block of a compound statement; that of the definition below its decorators."""
    if node.kind == "decorated_definition":
        return next((body for child in node.children if (body := _body(child))), None)
    return next((child for child in node.children if child.kind == "block"), None)


def spread_lines(lines: FileLines, spans: Mapping[str, Spans]) -> dict[str, frozenset[int]]:
    """The same coverage with every statement of which a line was executed covered in full."""
    return {path: frozenset(_spread(numbers, spans.get(path, {}))) for path, numbers in lines.items()}


def _spread(numbers: Iterable[int], spans: Spans) -> Iterable[int]:
    for number in numbers:
        first, last = spans.get(number, (number, number))
        yield from range(first, last + 1)


def one_per_statement(suspects: Iterable[Suspect], spans: Mapping[str, Spans]) -> tuple[Suspect, ...]:
    """The suspects (most suspicious first) with each statement named once, by its first line."""
    kept: dict[tuple[str, int], Suspect] = {}
    for suspect in suspects:
        first, _ = spans.get(suspect.path, {}).get(suspect.line, (suspect.line, suspect.line))
        kept.setdefault((suspect.path, first), replace(suspect, line=first))
    return tuple(kept.values())
