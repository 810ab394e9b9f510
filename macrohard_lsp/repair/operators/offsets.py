"""One more or one less than an expression, and a variable added to or taken from it."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, put, rank_cost, replace, show
from macrohard_lsp.repair.operators.placing import POWER, PRIMARY, PRODUCT, SUM, UNARY, level_of, operator_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NUMERIC = kinds("identifier call attribute subscript binary_operator parenthesized_expression")
_ARITHMETIC = frozenset({"+", "-", "*", "//", "%", "/", "**"})
# Where an expression stands says how likely it is one off.
_PLACES = {
    "subscript": 0.0, "slice": 0.0, "return_statement": 0.5, "comparison_operator": 0.4, "assignment": 0.8,
    "augmented_assignment": 0.7, "binary_operator": 0.9, "argument_list": 0.9, "keyword_argument": 1.1,
    "conditional_expression": 1.0, "expression_list": 1.0, "tuple": 1.1, "list": 1.2, "pair": 1.2,
    "parenthesized_expression": 1.0, "list_comprehension": 1.1, "generator_expression": 1.1,
    "unary_operator": 1.2,
}  # fmt: skip
# What is true or false is no number that could be one off.
_TRUTH = kinds("comparison_operator boolean_operator not_operator")
_ASKING = frozenset({
    "isinstance", "issubclass", "callable", "hasattr", "any", "all", "bool", "startswith", "endswith", "isalnum",
    "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isspace", "istitle",
    "isupper",
})  # fmt: skip
_NOT_ORDERED = frozenset({"is", "is not"})
_VARIABLES_TRIED = 4
_EXPRESSIONS_TRIED = 6
_COMPUTED = kinds("subscript attribute call")


def place_cost(node: Node) -> float | None:
    """How unlikely it is that `node` is a number one off, by where it stands; None where it is none."""
    parent = node.parent
    if _is_truth(node):
        return None
    if parent is None or node.role != "load" or node.kind not in _NUMERIC or node.field == "value":
        return (
            1.1 if parent is not None and parent.kind == "keyword_argument" and node.role == "load" else None
        )
    if parent.kind == "argument_list" and parent.parent is not None:
        function = parent.parent.get("function")
        if function is not None and function.text == "range":
            return 0.0
    if parent.kind == "comparison_operator" and any(child.text in _NOT_ORDERED for child in parent.children):
        return None
    if parent.kind == "conditional_expression" and node is parent.parts[1]:
        return None
    return _PLACES.get(parent.kind)


def _is_truth(node: Node) -> bool:
    while node.kind == "parenthesized_expression" and node.parts:
        node = node.parts[0]
    function = node.get("function") if node.kind == "call" else None
    return node.kind in _TRUTH or (function is not None and function.text.rpartition(".")[2] in _ASKING)


def _by_one(node: Node, source: SourceContext) -> Iterator[Draft]:
    cost = place_cost(node)
    if cost is None or _is_text(node):
        return
    right = node.get("right") if node.kind == "binary_operator" else None
    if right is not None and right.kind == "integer" and operator_of(node) in {"+", "-"}:
        return  # The constant itself is the site.
    inner = f"({node.text})" if level_of(node) < SUM else node.text
    yield replace(source, node, f"{inner} + 1", SUM, summary=f"add 1 to {show(node.text)}", cost=cost)
    yield replace(source, node, f"{inner} - 1", SUM, summary=f"subtract 1 from {show(node.text)}", cost=cost)


def _is_text(node: Node) -> bool:
    return node.kind == "binary_operator" and any(part.kind == "string" for part in node.parts)


def _with_variable(node: Node, source: SourceContext) -> Iterator[Draft]:
    cost = place_cost(node)
    if cost is None or _is_text(node):
        return
    names = (name for name in source.names_at(node) if name != node.text)
    for rank, (name, _) in enumerate(zip(names, range(_VARIABLES_TRIED), strict=False)):
        for extra, operator in enumerate(("+", "-", "*", "%", "//")):
            level = SUM if operator in {"+", "-"} else PRODUCT
            inner = f"({node.text})" if level_of(node) < level else node.text
            span = put(source, node, f"{inner} {operator} {name}", level)
            words = f"use {show(inner + ' ' + operator + ' ' + name)} instead of {show(node.text)}"
            yield Draft((span,), words, cost + rank_cost(rank) + 0.3 * extra)


def _variable_first(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A variable less the expression, or divided by it."""
    cost = place_cost(node)
    if cost is None or _is_text(node):
        return
    names = (name for name in source.names_at(node) if name != node.text)
    for rank, (name, _) in enumerate(zip(names, range(_VARIABLES_TRIED), strict=False)):
        for extra, operator in enumerate(("-", "//", "%", "/", "**")):
            level = {"-": SUM, "**": POWER}.get(operator, PRODUCT)
            inner = f"({node.text})" if level_of(node) <= level else node.text
            yield replace(
                source, node, f"{name} {operator} {inner}", level, cost=cost + rank_cost(rank) + 0.3 * extra
            )


def _with_expression(node: Node, source: SourceContext) -> Iterator[Draft]:
    """An item, an attribute or the result of a call that the function uses, added, taken away or multiplied."""
    cost = place_cost(node)
    if cost is None or _is_text(node):
        return
    near = [item.node for item in source.expressions_at(node) if item.node.kind in _COMPUTED]
    others = [other.text for other in near if other.text != node.text][:_EXPRESSIONS_TRIED]
    for rank, other in enumerate(others):
        for extra, operator in enumerate(("+", "-", "*")):
            level = PRODUCT if operator == "*" else SUM
            inner = f"({node.text})" if level_of(node) < level else node.text
            yield replace(
                source, node, f"{inner} {operator} {other}", level, cost=cost + rank_cost(rank) + 0.3 * extra
            )


def _with_constant(node: Node, source: SourceContext) -> Iterator[Draft]:
    cost = place_cost(node)
    if cost is None or _is_text(node):
        return
    inner = f"({node.text})" if level_of(node) < PRIMARY else node.text
    for extra, (change, level) in enumerate(
        (("** 2", POWER), ("* 2", PRODUCT), ("// 2", PRODUCT), ("/ 2", PRODUCT))
    ):
        yield replace(source, node, f"{inner} {change}", level, cost=cost + 0.2 * extra)
    yield replace(source, node, f"{inner} % 2", PRODUCT, cost=cost + 0.8)
    yield replace(source, node, f"{inner} % 10", PRODUCT, cost=cost + 1.2)


def _other_sign(node: Node, source: SourceContext) -> Iterator[Draft]:
    cost = place_cost(node)
    if cost is not None and not _is_text(node):
        inner = f"({node.text})" if level_of(node) < UNARY else node.text
        yield replace(source, node, f"-{inner}", UNARY, summary=f"negate {show(node.text)}", cost=cost)


FAMILIES = (
    Family("off-by-one", 2.1, _NUMERIC, _by_one),
    Family("with-variable", 4.2, _NUMERIC, _with_variable),
    Family("with-constant", 4.6, _NUMERIC, _with_constant),
    Family("variable-first", 5.2, _NUMERIC, _variable_first),
    Family("with-expression", 5.6, _NUMERIC, _with_expression),
    Family("sign", 4.0, _NUMERIC, _other_sign),
)
