"""Conditions: the other connective, the opposite, one more clause, another test of emptiness."""

from collections.abc import Iterator
from itertools import combinations

from macrohard_lsp.repair.ingredients import distance, is_condition
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show, use
from macrohard_lsp.repair.operators.placing import AND, BINARY, COMPARISON, CONDITIONAL, NOT, OR, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_CONDITION = kinds(
    "identifier call attribute subscript comparison_operator not_operator boolean_operator binary_operator"
)
_CLAUSES_TRIED = 10
_NAMES_TRIED = 4
_ATTRIBUTES_TRIED = 5
_OPPOSITE = {"is": "is not", "is not": "is", "in": "not in", "not in": "in", "==": "!=", "!=": "=="}


def _connective(node: Node, source: SourceContext) -> Iterator[Draft]:
    operator, left, right = node.get("operator"), node.get("left"), node.get("right")
    if operator is None or left is None or right is None:
        return
    other = "or" if operator.text == "and" else "and"
    words = use(other, operator.text)
    yield Draft(((operator.start, operator.end, other),), words)
    first, second = (
        f"({side.text})" if level_of(side) < BINARY[other] else side.text for side in (left, right)
    )
    yield replace(source, node, f"{first} {other} {second}", BINARY[other], summary=words, cost=0.4)


def _whole_chain(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """Every connective of `a and b and c` at once."""
    links: list[Node] = []
    current: Node | None = node
    while current is not None and current.kind == "boolean_operator" and (link := current.get("operator")):
        links.append(link)
        current = current.get("left")
    if len(links) < 2 or len({link.text for link in links}) > 1:
        return
    if node.parent is not None and node.parent.kind == "boolean_operator":
        return
    other = "or" if links[0].text == "and" else "and"
    spans = tuple((link.start, link.end, other) for link in links)
    yield Draft(spans, f"{use(other, links[0].text)} throughout {show(node.text)}")


def _negated(node: Node, source: SourceContext) -> Iterator[Draft]:
    returned = node.parent is not None and node.parent.kind in {"return_statement", "assignment"}
    if node.role != "load" or not (is_condition(node) or (returned and node.kind == "comparison_operator")):
        return
    if node.kind == "not_operator" or (node.parent is not None and node.parent.kind == "not_operator"):
        return  # Taking the `not` away is the unwrapping family's.
    operators = [child.text for child in node.children if child.field == "operators"]
    if len(operators) == 1 and operators[0] in _OPPOSITE:
        return  # The opposite operator is the comparison family's.
    text = f"({node.text})" if level_of(node) < NOT else node.text
    yield replace(source, node, f"not {text}", NOT, summary=f"negate {show(node.text)}")


def _negated_side(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`not a and b` as `not (a and b)`."""
    left = node.get("left")
    if left is not None and left.kind == "not_operator" and (argument := left.get("argument")) is not None:
        text = f"not ({source.text[argument.start : node.end]})"
        yield replace(source, node, text, NOT)


def _another_clause(node: Node, source: SourceContext) -> Iterator[Draft]:
    if not _is_whole_condition(node):
        return
    present = {inner.text for inner in source.inside(node)}
    clauses = [item.node for item in source.conditions_at(node) if item.text not in present][:_CLAUSES_TRIED]
    for rank, clause in enumerate(clauses):
        yield from _joined(node, source, clause.text, level_of(clause), rank_cost(rank))
        if clause.kind in {"identifier", "call", "attribute", "subscript"}:
            yield from _joined(node, source, f"not {clause.text}", NOT, rank_cost(rank) + 0.4)
    for rank, name in enumerate(source.names_at(node)[:_NAMES_TRIED]):
        if name not in present:
            yield from _joined(node, source, name, COMPARISON, rank_cost(rank) + 0.8)
            yield from _joined(node, source, f"not {name}", NOT, rank_cost(rank) + 1.0)


def _joined(node: Node, source: SourceContext, clause: str, level: int, cost: float) -> Iterator[Draft]:
    for operator, place in (("and", AND), ("or", OR)):
        own = f"({node.text})" if level_of(node) < place else node.text
        other = f"({clause})" if level < place else clause
        yield replace(
            source,
            node,
            f"{own} {operator} {other}",
            place,
            summary=f"add `{operator}` {show(clause)} to the condition",
            cost=cost,
        )


def _attribute_clause(node: Node, source: SourceContext) -> Iterator[Draft]:
    """One more clause: an attribute of the object at hand."""
    mine = source.self_name(node) if _is_whole_condition(node) else None
    if mine is None:
        return
    known = source.attributes.get(mine, {})
    near = sorted(known, key=lambda name: distance(known[name], node.order))
    plain = [name for name in near if name not in source.methods and f"{mine}.{name}" not in node.text]
    for rank, name in enumerate(plain[:_ATTRIBUTES_TRIED]):
        yield from _joined(node, source, f"{mine}.{name}", COMPARISON, rank_cost(rank))
        yield from _joined(node, source, f"not {mine}.{name}", NOT, rank_cost(rank) + 0.2)


def _another_object(node: Node, source: SourceContext) -> Iterator[Draft]:
    """One more clause: that two variables don't stand for the same object."""
    if not _is_whole_condition(node):
        return
    own = f"({node.text})" if level_of(node) < AND else node.text
    for rank, (left, right) in enumerate(combinations(source.names_at(node)[:_NAMES_TRIED], 2)):
        check = f"{left} is not {right}"
        words = f"check {show(check)} before the condition"
        yield replace(source, node, f"{check} and {own}", AND, summary=words, cost=rank_cost(rank))


def _missing_check(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A test before the condition that what it looks into isn't None or empty."""
    if not _is_whole_condition(node):
        return
    bases = [
        inner.text
        for inner in source.inside(node)
        if inner.role == "load"
        and inner.field in {"object", "value"}
        and inner.kind in {"identifier", "attribute"}
    ]
    for rank, base in enumerate(list(dict.fromkeys(bases))[:_NAMES_TRIED]):
        checks = ((f"{base} is None", OR), (f"{base} is not None", AND), (f"not {base}", OR), (base, AND))
        for extra, (check, level) in enumerate(checks):
            operator = "or" if level == OR else "and"
            own = f"({node.text})" if level_of(node) < level else node.text
            words = f"check {show(check)} before the condition"
            cost = rank_cost(rank) + 0.3 * extra
            yield replace(source, node, f"{check} {operator} {own}", level, summary=words, cost=cost)


def _another_condition(node: Node, source: SourceContext) -> Iterator[Draft]:
    if not _is_whole_condition(node):
        return
    others = [item.node for item in source.conditions_at(node) if item.text != node.text][:_CLAUSES_TRIED]
    for rank, other in enumerate(others):
        yield replace(source, node, other.text, level_of(other), cost=rank_cost(rank))
    for text in ("True", "False"):
        yield replace(source, node, text, CONDITIONAL, cost=2.0)


def _is_whole_condition(node: Node) -> bool:
    parent = node.parent
    return (
        node.role == "load"
        and is_condition(node)
        and parent is not None
        and parent.kind != "boolean_operator"
    )


def _none_test(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if x` as `if x is not None`, and the other way round."""
    if node.role != "load" or not is_condition(node):
        return
    if node.kind != "comparison_operator":
        if node.kind in {"identifier", "call", "attribute", "subscript"}:
            negated = node.parent is not None and node.parent.kind == "not_operator"
            site = node.parent if negated and node.parent is not None else node
            test = f"{node.text} is {'' if negated else 'not '}None"
            yield replace(source, site, test, COMPARISON)
        return
    parts = [part for part in node.parts if part.role == "load"]
    operators = [child.text for child in node.children if child.field == "operators"]
    if len(parts) == 2 and parts[1].kind == "none":
        own = f"({parts[0].text})" if level_of(parts[0]) < NOT else parts[0].text
        text = own if operators[0] in {"is not", "!="} else f"not {own}"
        yield replace(source, node, text, NOT)


def _default(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x or y` as `y if x is None else x`."""
    operator, left, right = node.get("operator"), node.get("left"), node.get("right")
    if operator is None or left is None or right is None or operator.text != "or" or is_condition(node):
        return
    own = f"({right.text})" if level_of(right) < OR else right.text
    if level_of(left) > COMPARISON:
        yield replace(source, node, f"{own} if {left.text} is None else {left.text}", CONDITIONAL)


FAMILIES = (
    Family("connective", 2.9, kinds("boolean_operator"), _connective),
    Family("connectives", 4.0, kinds("boolean_operator"), _whole_chain),
    Family("negate", 3.2, _CONDITION, _negated),
    Family("negate-all", 4.5, kinds("boolean_operator"), _negated_side),
    Family("none-test", 3.8, _CONDITION, _none_test),
    Family("none-default", 4.2, kinds("boolean_operator"), _default),
    Family("missing-check", 4.0, _CONDITION, _missing_check),
    Family("another-clause", 4.4, _CONDITION, _another_clause),
    Family("attribute-clause", 5.0, _CONDITION, _attribute_clause),
    Family("another-object", 5.0, _CONDITION, _another_object),
    Family("another-condition", 5.0, _CONDITION, _another_condition),
)
