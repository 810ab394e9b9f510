"""Clauses made of variables at hand: one more in a condition, like its neighbours, or in front of a statement."""

from collections.abc import Iterator
from itertools import combinations

from macrohard_lsp.repair.ingredients import is_condition
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show
from macrohard_lsp.repair.operators.layout import SIMPLE, indent_of, inner_indent, owns_lines, siblings
from macrohard_lsp.repair.operators.placing import AND, OR, level_of, operator_of
from macrohard_lsp.repair.operators.statements import head
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NAMES_TRIED = 4
_ALONE = ("{} > 0", "{} != 0", "{} == 0", "len({}) > 1", "{} % 2 == 0", "{} % 2 == 1", "{} < 0")
_BETWEEN = ("==", "!=", "<", ">", "<=", ">=")
_MOST_IN_CLAUSE = 4
_CONDITION = kinds(
    "identifier call attribute subscript comparison_operator not_operator boolean_operator binary_operator"
)


def comparisons(names: "tuple[str, ...]") -> Iterator[tuple[float, str]]:
    """Comparisons of two of the first names, and of one with nothing, with what each costs."""
    for rank, (left, right) in enumerate(combinations(names[:_NAMES_TRIED], 2)):
        for extra, operator in enumerate(_BETWEEN):
            yield rank_cost(rank) + 0.25 * extra, f"{left} {operator} {right}"
    for rank, name in enumerate(names[:_NAMES_TRIED]):
        for extra, shape in enumerate(_ALONE):
            yield 0.4 + rank_cost(rank) + 0.25 * extra, shape.format(name)


def _only_where(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A statement of one line only where a comparison of variables holds."""
    indent = indent_of(source, node)
    if indent is None or node not in siblings(node) or node.line != node.end_line:
        return
    if not owns_lines(source, node):
        return
    unit = inner_indent(source, node)
    for cost, test in comparisons(source.names_at(node)):
        start = f"if {test}:{source.newline}{indent}{unit}"
        yield Draft(((node.start, node.start, start),), f"run {head(node)} only if {show(test)}", cost)


def _one_more(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A condition, or a returned comparison, with a comparison of variables as a further clause."""
    parent = node.parent
    if node.role != "load" or parent is None or parent.kind == "boolean_operator":
        return
    returned = parent.kind == "return_statement" and node.kind in {"comparison_operator", "boolean_operator"}
    if not (is_condition(node) or returned):
        return
    for cost, test in comparisons(source.names_at(node)):
        for extra, (operator, level) in enumerate((("and", AND), ("or", OR))):
            own = f"({node.text})" if level_of(node) < level else node.text
            words = f"add `{operator}` {show(test)} to the condition"
            text = f"{own} {operator} {test}"
            yield replace(source, node, text, level, summary=words, cost=cost + 0.4 * extra)


def _like_neighbour(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A row of `or` or `and` with a clause that is one of its clauses with two variables exchanged."""
    parent = node.parent
    operator = operator_of(node)
    if node.role != "load" or (
        parent is not None and parent.kind == node.kind and operator_of(parent) == operator
    ):
        return
    clauses = _row(node, operator)
    present = {_bare(clause) for clause in clauses}
    level = AND if operator == "and" else OR
    found = 0
    for clause in clauses:
        names = [part for part in source.inside(clause) if part.kind == "identifier" and part.role == "load"]
        pairs = combinations(names[:_MOST_IN_CLAUSE], 2)
        # Operands of one operator often mean the same in either order.
        for one, other in sorted(pairs, key=lambda pair: pair[0].parent is pair[1].parent):
            if one.text == other.text or {one.field, other.field} & {"function"}:
                continue
            text = _exchanged(clause, one, other)
            bare = text[1:-1] if text[0] == "(" and clause.kind == "parenthesized_expression" else text
            if bare not in present:
                present.add(bare)
                words = f"add `{operator}` {show(text)} to the condition"
                yield replace(
                    source, node, f"{node.text} {operator} {text}", level, summary=words, cost=0.3 * found
                )
                found += 1


def _row(node: Node, operator: str) -> list[Node]:
    """The operands of a row of the same connective, in order."""
    found: list[Node] = []
    for part in node.parts:
        same = part.kind == "boolean_operator" and operator_of(part) == operator
        found += _row(part, operator) if same else [part]
    return found


def _bare(clause: Node) -> str:
    return clause.parts[0].text if clause.kind == "parenthesized_expression" and clause.parts else clause.text


def _exchanged(clause: Node, one: Node, other: Node) -> str:
    start, text = clause.start, clause.text
    return (
        text[: one.start - start]
        + other.text
        + text[one.end - start : other.start - start]
        + one.text
        + text[other.end - start :]
    )


FAMILIES = (
    Family("like-neighbour", 3.4, kinds("boolean_operator"), _like_neighbour),
    Family("only-where", 5.6, SIMPLE, _only_where),
    Family("compared-clause", 6.0, _CONDITION, _one_more),
)
