"""Statements one block further out or in, answers given in a loop and not behind it, and blocks exchanged."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, Span, rank_cost, show
from macrohard_lsp.repair.operators.layout import (
    COMPOUND,
    JUMPS,
    SIMPLE,
    indent_of,
    inner_indent,
    owns_lines,
    siblings,
)
from macrohard_lsp.repair.operators.statements import head
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import LOOPS, SEQUENCES, Node, kinds

_LEVELS_OUT = 2
_CONDITIONS_TRIED = 6


def _out(node: Node, source: SourceContext) -> Iterator[Draft]:
    """The last statement of a block moved behind the statement the block belongs to."""
    current = node
    for level in range(_LEVELS_OUT):
        owner = _owner_ending_with(current)
        if owner is None or (level == 0 and len(siblings(node)) < 2):
            return
        outer = indent_of(source, owner)
        spans = _reindented(source, node, outer) if outer is not None else None
        if spans:
            yield Draft(spans, f"move {head(node)} out of {head(owner)}", 0.6 * level)
        current = owner


def _owner_ending_with(statement: Node) -> Node | None:
    """The compound statement (not a definition) that ends with `statement`; None when there is none."""
    inner = statement
    for ancestor in statement.ancestors():
        if (
            ancestor.kind == "module"
            or ancestor.kind.endswith("_definition")
            or ancestor.parts[-1] is not inner
        ):
            return None
        if ancestor.kind in COMPOUND and ancestor.parent is not None and ancestor.parent.kind in SEQUENCES:
            return ancestor
        inner = ancestor
    return None


def _in(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A statement moved to the end of the block before it."""
    row = siblings(node)
    place = row.index(node) if node in row else 0
    if not place or len(row) < 2:
        return
    previous = row[place - 1]
    for level in range(_LEVELS_OUT):
        block = previous.parts[-1] if previous.parts else None
        while block is not None and block.kind != "block":
            block = block.parts[-1] if block.parts else None
        if previous.kind not in COMPOUND or block is None or not block.parts:
            return
        last = block.parts[-1]
        indent = indent_of(source, last)
        spans = _reindented(source, node, indent) if indent is not None else None
        if spans:
            yield Draft(spans, f"move {head(node)} into {head(previous)}", 0.6 * level)
        previous = last


def _reindented(source: SourceContext, statement: Node, indent: str) -> tuple[Span, ...] | None:
    """Spans that indent each line of `statement` anew; None where a string would change with it."""
    old = indent_of(source, statement)
    if old is None or not owns_lines(source, statement):
        return None
    if any(inner.kind == "string" and inner.line != inner.end_line for inner in source.inside(statement)):
        return None
    spans: list[Span] = []
    position = statement.start - len(old)
    while 0 <= position < statement.end:
        if source.text.startswith(old, position) and not source.text.startswith(("\n", "\r"), position):
            spans.append((position, position + len(old), indent))
        following = source.text.find("\n", position)
        position = following + 1 if following >= 0 else -1
    return tuple(spans)


def _after_loop(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`else: return x` at the end of a loop's body as `return x` behind the loop."""
    block = node.parent
    clause = block.parent if block is not None else None
    test = clause.parent if clause is not None else None
    body = test.parent if test is not None else None
    loop = body.parent if body is not None else None
    if (
        clause is None
        or test is None
        or loop is None
        or clause.kind != "else_clause"
        or test.kind != "if_statement"
        or loop.kind not in LOOPS
        or len(siblings(node)) != 1
        or siblings(test)[-1] is not test
        or loop.end != clause.end
        or not owns_lines(source, node)
    ):
        return
    indent, row = indent_of(source, loop), siblings(loop)
    place = row.index(loop) if loop in row else 0
    followed = row[place + 1] if place + 1 < len(row) else None
    if indent is None or (followed is not None and followed.kind in JUMPS):
        return
    before = test.parts[test.parts.index(clause) - 1]
    text = f"{source.newline}{indent}{node.text}"
    yield Draft(((before.end, loop.end, text),), f"move {head(node)} behind {head(loop)}")


def _branches(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """The bodies of `if` and `else` in each other's place."""
    body = node.get("consequence")
    clauses = [part for part in node.parts if part.kind in {"elif_clause", "else_clause"}]
    if body is None or len(clauses) != 1:
        return
    other = clauses[0].get("body")
    if other is not None and body.text != other.text:
        spans = ((body.start, body.end, other.text), (other.start, other.end, body.text))
        yield Draft(spans, f"swap the branches of {head(node)}")


def _unconditional(node: Node, source: SourceContext) -> Iterator[Draft]:
    """The body of an `if` without its condition, and the tail of an `else` without the `else`."""
    body = node.get("consequence")
    if node.kind == "if_statement":
        if body is None or len(node.parts) != 2 or not owns_lines(source, node):
            return
        yield from _unwrapped(node, node, body, source, f"run the body of {head(node)} always")
    elif (
        (tail := node.get("body")) is not None
        and node.parent is not None
        and indent_of(source, node) is not None
    ):
        yield from _unwrapped(
            node, node.parent, tail, source, f"run the `else` of {head(node.parent)} always"
        )


def _unwrapped(node: Node, owner: Node, body: Node, source: SourceContext, words: str) -> Iterator[Draft]:
    outer = indent_of(source, owner)
    if outer is None or any(indent_of(source, part) is None for part in body.parts):
        return
    spans = [_reindented(source, part, outer) for part in body.parts]
    if not all(spans):
        return
    first = body.parts[0]
    start = source.text.rfind("\n", 0, first.start) + 1
    header = source.text.rfind("\n", 0, node.start) + 1
    flat = [span for group in spans if group for span in group]
    yield Draft(((header, start, ""), *flat), words)


def _conditional(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A statement only under a condition of the same function."""
    indent = indent_of(source, node)
    if (
        indent is None
        or node not in siblings(node)
        or node.line != node.end_line
        or not owns_lines(source, node)
    ):
        return
    unit = inner_indent(source, node)
    present = {condition.text for condition in _conditions_around(node)}
    items = [item for item in source.conditions_at(node) if item.text not in present]
    for rank, item in enumerate(items[:_CONDITIONS_TRIED]):
        for cost, condition in (
            (0.0, item.text),
            (0.5, f"not ({item.text})" if item.node.size > 1 else f"not {item.text}"),
        ):
            start = f"if {condition}:{source.newline}{indent}{unit}"
            words = f"run {head(node)} only if {show(condition)}"
            yield Draft(((node.start, node.start, start),), words, rank_cost(rank) + cost)


def _conditions_around(node: Node) -> Iterator[Node]:
    for ancestor in node.ancestors():
        condition = ancestor.get("condition")
        if condition is not None:
            yield condition


FAMILIES = (
    Family("move-out", 3.6, SIMPLE | COMPOUND, _out),
    Family("after-loop", 3.6, kinds("return_statement"), _after_loop),
    Family("move-in", 4.2, SIMPLE | COMPOUND, _in),
    Family("swap-branches", 4.8, kinds("if_statement"), _branches),
    Family("unconditional", 4.8, kinds("if_statement else_clause"), _unconditional),
    Family("conditional", 5.4, SIMPLE, _conditional),
)
