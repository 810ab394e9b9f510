"""Whole statements: taken out, exchanged with a neighbour, one jump for another."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, show, use
from macrohard_lsp.repair.operators.layout import (
    COMPOUND,
    JUMPS,
    SIMPLE,
    is_docstring,
    owns_lines,
    siblings,
    without,
)
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import LOOPS, Node, kinds

_JUMPS = {
    "break_statement": ("continue", "return", "pass"),
    "continue_statement": ("break", "pass", "return"),
    "pass_statement": ("continue", "break", "return"),
}


def head(statement: Node) -> str:
    """The first line of a statement, for a summary."""
    return show(statement.text.splitlines()[0])


def _deleted(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node in siblings(node):
        cost = (1.0 if node.kind in COMPOUND else 0.0) + (0.8 if node.kind in JUMPS else 0.0)
        yield Draft((without(source, node),), f"remove {head(node)}", cost)


def _exchanged(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A statement moved down by one, which is also the next one moved up."""
    row = siblings(node)
    if node not in row or row.index(node) + 1 >= len(row):
        return
    following = row[row.index(node) + 1]
    if following.kind not in SIMPLE | COMPOUND or node.text == following.text:
        return
    if {node.kind, following.kind} & JUMPS or not (
        owns_lines(source, node) and owns_lines(source, following)
    ):
        return
    cost = 0.6 if {node.kind, following.kind} & COMPOUND else 0.0
    spans = ((node.start, node.end, following.text), (following.start, following.end, node.text))
    yield Draft(spans, f"move {head(node)} after {head(following)}", cost)


def _jump(node: Node, source: SourceContext) -> Iterator[Draft]:
    looped = in_loop(node)
    in_function = source.function_of(node) is not None
    for place, other in enumerate(_JUMPS[node.kind]):
        if (looped or other not in {"break", "continue"}) and (in_function or other != "return"):
            yield Draft(((node.start, node.end, other),), use(other, node.text), 0.5 * place)


def in_loop(node: Node) -> bool:
    inner = node
    for ancestor in node.ancestors():
        if ancestor.kind in LOOPS and inner is ancestor.get("body"):
            return True
        if ancestor.kind in {"function_definition", "class_definition"}:
            return False
        inner = ancestor
    return False


def _loop_or_test(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`while` where `if` was meant, and the other way round."""
    if node.kind == "if_statement" and any(
        part.kind in {"elif_clause", "else_clause"} for part in node.parts
    ):
        return
    if node.kind == "while_statement" and any(
        inner.kind in {"break_statement", "continue_statement", "else_clause"} for inner in _below(node)
    ):
        return
    keyword = node.children[0]
    other = "while" if keyword.text == "if" else "if"
    yield Draft(((keyword.start, keyword.end, other),), use(other, keyword.text))


def _below(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from _below(child)


def _branch(node: Node, source: SourceContext) -> Iterator[Draft]:
    """An `if` right after another `if` as its `elif`, and an `elif` as an `if` of its own."""
    if node.kind == "elif_clause":
        keyword = node.children[0]
        yield Draft(((keyword.start, keyword.end, "if"),), use("if", "elif"))
        return
    row = siblings(node)
    place = row.index(node) if node in row else 0
    previous = row[place - 1] if place else None
    if previous is None or previous.kind != "if_statement" or not owns_lines(source, previous):
        return
    if not any(part.kind == "else_clause" for part in previous.parts):
        yield Draft(((node.children[0].start, node.children[0].end, "elif"),), use("elif", "if"))


def _deletable(node: Node, source: SourceContext) -> Iterator[Draft]:
    if not is_docstring(node):
        yield from _deleted(node, source)


FAMILIES = (
    Family("delete-statement", 4.2, SIMPLE | COMPOUND, _deletable),
    Family("move-statement", 4.4, SIMPLE | COMPOUND, _exchanged),
    Family("jump", 3.6, kinds("break_statement continue_statement pass_statement"), _jump),
    Family("loop-or-test", 4.6, kinds("if_statement while_statement"), _loop_or_test),
    Family("branch", 4.2, kinds("if_statement elif_clause"), _branch),
)
