"""Pieces of the user's own code that an edit can use again: expressions, conditions, attributes, strings."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from macrohard_lsp.repair.tree import Node, kinds

# An ingredient is a short thing; long ones are almost never what is missing elsewhere. Counted in
# nodes, so that what things are called doesn't matter.
LARGEST_INGREDIENT = 24

_USABLE = kinds(
    "call attribute subscript binary_operator unary_operator comparison_operator boolean_operator "
    "not_operator list tuple dictionary set conditional_expression integer float string true false none "
    "identifier"
)
_CONDITIONS = kinds("comparison_operator not_operator call identifier attribute subscript boolean_operator")
_NOT_REUSABLE = kinds("lambda yield await named_expression ERROR interpolation")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An expression and the places (in preorder) where its text occurs; `node` is the first of them."""

    node: Node
    places: tuple[int, ...]

    @property
    def text(self) -> str:
        return self.node.text

    def distance(self, place: int) -> int:
        """How many nodes lie between `place` and the nearest occurrence."""
        return distance(self.places, place)


def distance(places: Sequence[int], place: int) -> int:
    """The smallest distance of `place` to one of the sorted, non-empty `places`."""
    index = bisect_left(places, place)
    after = places[index] - place if index < len(places) else None
    before = place - places[index - 1] if index else None
    if after is None or before is None:
        return after if before is None and after is not None else before or 0
    return min(before, after)


def expressions(nodes: Iterable[Node]) -> tuple[Ingredient, ...]:
    """The expressions whose values are used among `nodes`, each text once, in order of appearance."""
    return _grouped(
        node for node in nodes if node.role == "load" and node.kind in _USABLE and _is_reusable(node)
    )


def conditions(nodes: Iterable[Node]) -> tuple[Ingredient, ...]:
    """What `nodes` use as the truth of something: conditions of statements and operands of `and` and `or`."""
    return _grouped(
        node
        for node in nodes
        if node.role == "load" and node.kind in _CONDITIONS and is_condition(node) and _is_reusable(node)
    )


def strings(nodes: Iterable[Node]) -> tuple[Ingredient, ...]:
    """The plain string constants among `nodes`."""
    return _grouped(node for node in nodes if node.role == "load" and plain_string(node) is not None)


def plain_string(node: Node) -> str | None:
    """The content of a one-line string without prefix or escapes; None for any other node."""
    if node.kind != "string" or node.line != node.end_line or node.text[0] not in "'\"" or "\\" in node.text:
        return None
    quote = 3 if node.text[:3] in {"'''", '"""'} else 1
    return node.text[quote:-quote]


def is_condition(node: Node) -> bool:
    """Whether only the truth of `node` matters where it stands."""
    parent = node.parent
    if parent is None:
        return False
    if parent.kind == "parenthesized_expression":
        return is_condition(parent)
    if parent.kind in {"if_clause", "not_operator", "assert_statement"}:
        return node is parent.parts[0]
    if parent.kind == "boolean_operator":
        return True
    if parent.kind == "conditional_expression":
        return node is parent.parts[1]
    return node.field == "condition"


def _is_reusable(node: Node) -> bool:
    if node.size > LARGEST_INGREDIENT or node.line != node.end_line:
        return False
    return node.size == 1 or not any(inner.kind in _NOT_REUSABLE for inner in _descendants(node))


def _descendants(node: Node) -> Iterable[Node]:
    for child in node.children:
        yield child
        yield from _descendants(child)


def _grouped(nodes: Iterable[Node]) -> tuple[Ingredient, ...]:
    places: dict[str, list[int]] = {}
    first: dict[str, Node] = {}
    for node in nodes:
        places.setdefault(node.text, []).append(node.order)
        first.setdefault(node.text, node)
    return tuple(Ingredient(first[text], tuple(found)) for text, found in places.items())
