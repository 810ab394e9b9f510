"""Several statements at once taken out, values thrown away put to use, and rows put in order where they lie."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, Span, rank_cost, show, use
from macrohard_lsp.repair.operators.layout import (
    COMPOUND,
    SIMPLE,
    before,
    indent_of,
    is_docstring,
    owns_lines,
    siblings,
)
from macrohard_lsp.repair.operators.placing import operator_of
from macrohard_lsp.repair.operators.statements import head
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_LONGEST_RUN = 3
_NAMES_TRIED = 4
_ORDERING = ("{}.sort()", "{}.reverse()", "{}.sort(reverse=True)", "{} = {}[::-1]")
_KEPT = kinds("identifier attribute subscript")
_COMPOUND_COST = 0.8


def _several(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Two or three statements, one after the other, taken out."""
    row = siblings(node)
    if node not in row or not owns_lines(source, node):
        return
    first = row.index(node)
    cost = 0.0
    for number, last in enumerate(row[first + 1 : first + _LONGEST_RUN]):
        if not owns_lines(source, last) or last.kind not in SIMPLE | COMPOUND:
            return
        cost += _COMPOUND_COST if last.kind in COMPOUND else 0.0
        start = source.text.rfind("\n", 0, node.start) + 1
        end = source.text.find("\n", last.end)
        whole = number + 2 == len(row)
        span: Span = (start, end + 1 if end >= 0 else len(source.text), "")
        if whole:
            span = (node.start, last.end, "pass")
        words = f"remove {head(node)} to {head(last)}"
        yield Draft((span,), words, cost + 0.8 * number + (0.8 if whole else 0.0))


def _runnable(node: Node, source: SourceContext) -> Iterator[Draft]:
    if not is_docstring(node):
        yield from _several(node, source)


def _thrown_away(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`x + 1` as a statement as `x += 1`; `x == 1` as `x = 1`."""
    value = node.parts[0]
    left, right = value.get("left"), value.get("right")
    if value.kind == "binary_operator" and left is not None and right is not None and left.kind in _KEPT:
        text = f"{left.text} {operator_of(value)}= {right.text}"
        yield Draft(((node.start, node.end, text),), use(text, node.text))
    operators = [child for child in value.children if child.field == "operators"]
    compared = value.kind == "comparison_operator" and [operator.text for operator in operators] == ["=="]
    if compared and value.parts[0].kind in _KEPT:
        yield Draft(((operators[0].start, operators[0].end, "="),), use("=", "=="))


def _arranged(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`xs.sort()` before a statement that uses `xs`."""
    if node not in siblings(node) or indent_of(source, node) is None or is_docstring(node):
        return
    known = set(source.names_at(node))
    used = [
        inner.text for inner in source.inside(node) if inner.kind == "identifier" and inner.role == "load"
    ]
    names = [name for name in dict.fromkeys(used) if name in known]
    for rank, name in enumerate(names[:_NAMES_TRIED]):
        for place, shape in enumerate(_ORDERING):
            text = shape.replace("{}", name)
            span = before(source, node, text)
            if span is not None:
                yield Draft((span,), f"add {show(text)}", rank_cost(rank) + 0.5 * place)


FAMILIES = (
    Family("thrown-away", 2.6, kinds("expression_statement"), _thrown_away),
    Family("delete-several", 5.2, SIMPLE | COMPOUND, _runnable),
    Family("arrange", 5.8, SIMPLE | COMPOUND, _arranged),
)
