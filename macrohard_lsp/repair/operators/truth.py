"""What counts as true: the value itself, that it is there, that it can be called; variables for fixed values."""

from collections.abc import Iterator

from macrohard_lsp.repair.ingredients import is_condition
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace
from macrohard_lsp.repair.operators.placing import AND, ATOM, COMPARISON, NOT, PRIMARY, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NAMED = kinds("identifier attribute subscript call")
_NAMES_TRIED = 6
_ATTRIBUTES_TRIED = 4
_SIDES = (
    "{}.lower()",
    "str({})",
    "len({})",
    "set({})",
    "sorted({})",
    "list({})",
    "{}.strip()",
    "type({})",
    "int({})",
)
_COMPARED = frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "not in"})


def _test(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if x` as `if x is True`, `if callable(x)`; `if not x` as `if x is False`; `if x is True` as `if x`."""
    if node.role != "load" or not is_condition(node):
        return
    if node.kind == "comparison_operator":
        operators = [child.text for child in node.children if child.field == "operators"]
        left, right = node.parts[0], node.parts[-1]
        if (
            len(operators) == 1
            and right.kind in {"true", "false"}
            and operators[0] in {"is", "==", "is not", "!="}
        ):
            positive = (right.kind == "true") == (operators[0] in {"is", "=="})
            own = f"({left.text})" if level_of(left) < NOT else left.text
            yield replace(
                source, node, own if positive else f"not {own}", level_of(left) if positive else NOT
            )
        return
    if node.kind == "named_expression":
        yield Draft(
            ((node.start, node.end, f"({node.text}) is not None"),), "test the assigned value for None"
        )
        return
    negated = node.parent is not None and node.parent.kind == "not_operator"
    site = node.parent if negated and node.parent is not None else node
    word = "False" if negated else "True"
    yield replace(source, site, f"{node.text} is {word}", COMPARISON)
    yield replace(source, node, f"callable({node.text})", PRIMARY, cost=0.6)
    if node.kind == "identifier":
        for rank, kind in enumerate(("str", "list", "dict", "bool")):
            yield replace(
                source, node, f"isinstance({node.text}, {kind})", PRIMARY, cost=0.8 + rank_cost(rank)
            )


def _name_for_constant(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A variable where a fixed value stands."""
    if node.role != "load" or (
        node.parent is not None and node.parent.kind in {"default_parameter", "typed_default_parameter"}
    ):
        return
    for rank, name in enumerate(source.names_at(node)[:_NAMES_TRIED]):
        yield replace(source, node, name, ATOM, cost=rank_cost(rank))


def _both_sides(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Both sides of a comparison brought into the same shape."""
    operators = [child for child in node.children if child.field == "operators"]
    parts = [part for part in node.parts if part.role == "load"]
    if len(operators) != 1 or len(parts) != 2 or operators[0].text not in _COMPARED:
        return
    left, right = parts
    if not {left.kind, right.kind} <= _NAMED:
        return
    for rank, shape in enumerate(_SIDES):
        text = f"{shape.format(left.text)} {operators[0].text} {shape.format(right.text)}"
        yield replace(source, node, text, COMPARISON, cost=rank_cost(rank))


def _mirrored(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`self.a == other.a` with another attribute compared as well."""
    operators = [child.text for child in node.children if child.field == "operators"]
    parts = [part for part in node.parts if part.role == "load"]
    mine = source.self_name(node)
    if len(parts) != 2 or mine is None or any(part.kind != "attribute" for part in parts):
        return
    left, right = parts
    if left.parts[-1].text != right.parts[-1].text or left.parts[0].text == right.parts[0].text:
        return
    others = [
        name
        for name in source.attributes.get(mine, {})
        if name not in source.methods and name != left.parts[-1].text
    ]
    for rank, name in enumerate(others[:_ATTRIBUTES_TRIED]):
        clause = f"{left.parts[0].text}.{name} {operators[0]} {right.parts[0].text}.{name}"
        yield replace(source, node, f"{node.text} and {clause}", AND, cost=rank_cost(rank))


FAMILIES = (
    Family("truth", 4.4, _NAMED | kinds("comparison_operator named_expression"), _test),
    Family("name-for-constant", 4.0, kinds("none true false integer string float"), _name_for_constant),
    Family("both-sides", 4.8, kinds("comparison_operator"), _both_sides),
    Family("mirrored-clause", 4.4, kinds("comparison_operator"), _mirrored),
)
