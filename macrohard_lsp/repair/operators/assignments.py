"""Rows of targets and values, and defaults shared between calls."""

from collections.abc import Iterator
from itertools import combinations

from macrohard_lsp.repair.operators.family import Draft, Family, Span, exchange, rank_cost, show
from macrohard_lsp.repair.operators.layout import before, indent_of, inner_indent, is_docstring
from macrohard_lsp.repair.operators.listing import removed
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_LONGEST_ROW = 4
_NAMES_TRIED = 5
_LONGEST_LITERAL = 16
_MUTABLE = kinds("list dictionary set list_comprehension call")


def _swapped(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Two elements of a row exchanged: `a, b = b, a`, `return a, b`, `[a, b]`."""
    parts = node.parts[:_LONGEST_ROW]
    literal = node.kind in {"tuple", "list"}
    for left, right in combinations(range(len(parts)), 2):
        first, second = parts[left], parts[right]
        if first.text != second.text and first.role == second.role and first.role:
            words = f"swap {show(first.text)} and {show(second.text)}"
            yield exchange(
                source, first, second, words, cost=0.4 * (right - left - 1) + (0.5 if literal else 0.0)
            )


def _together(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a = x` and `b = y`, one after the other, as `a, b = x, y`."""
    first, second = node, _following(node)
    left, right = _simple_assignment(first), _simple_assignment(second)
    if second is None or left is None or right is None:
        return
    between = source.text[first.end : second.start]
    if between.strip():
        return
    row = f"{left[0].text}, {right[0].text} = {left[1].text}, {right[1].text}"
    words = f"assign {show(left[0].text)} and {show(right[0].text)} at once"
    yield Draft(((first.start, second.end, row),), words)


def _following(statement: Node) -> Node | None:
    row = statement.parent.parts if statement.parent is not None else []
    place = row.index(statement) if statement in row else len(row)
    return row[place + 1] if place + 1 < len(row) else None


def _simple_assignment(statement: Node | None) -> tuple[Node, Node] | None:
    if (
        statement is None
        or statement.kind != "expression_statement"
        or statement.parts[0].kind != "assignment"
    ):
        return None
    left, right = statement.parts[0].get("left"), statement.parts[0].get("right")
    usable = statement.line == statement.end_line and statement.parts[0].get("type") is None
    if left is None or right is None or not usable or left.role != "store" or right.role != "load":
        return None
    return left, right


def _shared_default(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`def f(x=[])` as `def f(x=None)` with `if x is None: x = []` at its start."""
    name, value = node.get("name"), node.get("value")
    function = source.function_of(node)
    body = function.get("body") if function is not None else None
    if name is None or value is None or body is None or value.kind not in _MUTABLE:
        return
    first = next((part for part in body.parts if not is_docstring(part)), None)
    if first is None or indent_of(source, first) is None:
        return
    lines = (f"if {name.text} is None:", f"{inner_indent(source, first)}{name.text} = {value.text}")
    guard: Span | None = before(source, first, *lines)
    if guard is not None and "\n" not in value.text:
        words = f"make a new {show(value.text)} for {show(name.text)} in each call"
        yield Draft(((value.start, value.end, "None"), guard), words)


def _longer(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A literal with one more element."""
    if node.role != "load" or node.kind == "dictionary" or node.line != node.end_line:
        return
    present = {part.text for part in node.parts}
    names = [name for name in source.names_at(node) if name not in present][:_NAMES_TRIED]
    for rank, text in enumerate((*names, "0", "1", "None", "[]")):
        if node.parts:
            end = node.parts[-1].end
            yield Draft(((end, end, f", {text}"),), f"add the element {show(text)}", 0.2 + rank_cost(rank))
            start = node.parts[0].start
            yield Draft(
                ((start, start, f"{text}, "),), f"put the element {show(text)} first", 0.6 + rank_cost(rank)
            )
        elif node.kind == "list":
            yield Draft(
                ((node.start + 1, node.start + 1, text),), f"use `[{text}]` instead of `[]`", rank_cost(rank)
            )


def _by_assignment(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`x.m(e)` as `x = e`."""
    call = node.parts[0]
    function, arguments = call.get("function"), call.get("arguments")
    if call.kind != "call" or function is None or arguments is None or function.kind != "attribute":
        return
    target = function.get("object")
    if target is None or target.kind not in {"identifier", "subscript", "attribute"}:
        return
    if arguments.kind != "argument_list" or len(arguments.parts) != 1 or arguments.parts[0].role != "load":
        return
    for place, operator in enumerate(("=", "+=")):
        text = f"{target.text} {operator} {arguments.parts[0].text}"
        if node.line == node.end_line:
            yield Draft(
                ((node.start, node.end, text),), f"use {show(text)} instead of {show(node.text)}", 0.4 * place
            )


def _shorter(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """A literal without one of its elements."""
    if node.role != "load" or len(node.parts) < 2 or (node.kind == "tuple" and len(node.parts) == 2):
        return
    for place, element in enumerate(node.parts[:_LONGEST_LITERAL]):
        span = removed(node, element)
        if span is not None:
            yield Draft((span,), f"leave out {show(element.text)}", 0.1 * place)


FAMILIES = (
    Family("add-element", 4.4, kinds("list tuple set"), _longer),
    Family("assign-instead", 4.9, kinds("expression_statement"), _by_assignment),
    Family("drop-element", 4.0, kinds("list tuple set dictionary"), _shorter),
    Family("row-swap", 3.7, kinds("expression_list pattern_list tuple list tuple_pattern"), _swapped),
    Family("assign-together", 4.4, kinds("expression_statement"), _together),
    Family("shared-default", 3.0, kinds("default_parameter typed_default_parameter"), _shared_default),
)
