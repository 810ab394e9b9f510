"""A missing statement: a copy of one nearby, perhaps with another variable, or one of the usual shapes."""

from collections.abc import Iterator

from macrohard_lsp.repair.ingredients import LARGEST_INGREDIENT
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show
from macrohard_lsp.repair.operators.layout import SIMPLE, after, before, is_docstring, siblings
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_COPIED_AT_MOST = 6
_RENAMED_AT_MOST = 3
_NAMES_TRIED = 5


def _places(node: Node, source: SourceContext, text: str, cost: float) -> Iterator[Draft]:
    """`text` before `node` and, at the end of a block, after it."""
    span = before(source, node, text)
    if span is not None:
        yield Draft((span,), f"add {show(text)}", cost)
    row = siblings(node)
    if (
        row
        and row[-1] is node
        and node.kind in {"expression_statement", "if_statement", "for_statement", "while_statement"}
    ):
        last = after(source, node, text)
        if last is not None:
            yield Draft((last,), f"add {show(text)}", cost + 0.1)


def _copied(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node not in siblings(node):
        return
    for rank, statement in enumerate(_nearest_statements(node, source)):
        yield from _places(node, source, statement.text, rank_cost(rank))
        for cost, text in _renamed(statement, node, source):
            yield from _places(node, source, text, rank_cost(rank) + cost)


def _nearest_statements(node: Node, source: SourceContext) -> list[Node]:
    scope = source.scope_of(node)
    found = [
        other
        for other in source.statements_of(scope)
        if other is not node and other.line == other.end_line and other.size <= 2 * LARGEST_INGREDIENT
    ]
    return sorted(found, key=lambda other: abs(other.order - node.order))[:_COPIED_AT_MOST]


def _renamed(statement: Node, place: Node, source: SourceContext) -> Iterator[tuple[float, str]]:
    """The text of `statement` with one variable in one place replaced by another."""
    names = source.names_at(place)
    identifiers = [node for node in source.inside(statement) if node.kind == "identifier" and node.role]
    for rank, identifier in enumerate(identifiers):
        if identifier.text not in names:
            continue
        others = [name for name in names if name != identifier.text][:_RENAMED_AT_MOST]
        start, end = identifier.start - statement.start, identifier.end - statement.start
        for other_rank, name in enumerate(others):
            text = statement.text[:start] + name + statement.text[end:]
            yield 0.8 + rank_cost(rank) + rank_cost(other_rank), text


def _usual(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x += 1`, `x -= 1`, `x = y`, `x += y`, `x.append(y)`."""
    if node not in siblings(node) or source.function_of(node) is None:
        return
    names = source.names_at(node)[:_NAMES_TRIED]
    for rank, name in enumerate(names):
        for text, cost in ((f"{name} += 1", 0.0), (f"{name} -= 1", 0.4)):
            yield from _places(node, source, text, cost + rank_cost(rank))
        for place, other in enumerate(names):
            if other != name:
                calls = ((f"{name}.append({other})", 0.3), (f"{name}.add({other})", 0.6))
                shapes = ((f"{name} = {other}", 0.3), (f"{name} += {other}", 0.6), *calls)
                for text, cost in shapes:
                    yield from _places(node, source, text, cost + rank_cost(rank) + rank_cost(place))


def _copyable(node: Node, source: SourceContext) -> Iterator[Draft]:
    if not is_docstring(node):
        yield from _copied(node, source)


FAMILIES = (
    Family("copy-statement", 5.8, SIMPLE | kinds("if_statement for_statement while_statement"), _copyable),
    Family("usual-statement", 6.0, SIMPLE | kinds("if_statement for_statement while_statement"), _usual),
)
