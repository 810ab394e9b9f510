"""Another arithmetic or bitwise operator, its operands swapped, its parentheses elsewhere."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, exchange, put, show, use
from macrohard_lsp.repair.operators.placing import BINARY, UNARY, level_of, operator_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_ALTERNATIVES = {
    "+": ("-", "*", "|", "//", "%", "/"),
    "-": ("+", "*", "//", "%", "/", "&", "^"),
    "*": ("**", "+", "/", "//", "-", "%"),
    "/": ("//", "*", "%", "-", "+"),
    "//": ("/", "%", "*", "-", "+", ">>"),
    "%": ("//", "/", "*", "-", "+", "&"),
    "**": ("*", "//", "^", "<<"),
    "<<": (">>", "*", "+", "|"),
    ">>": ("<<", "//", "&", "-"),
    "&": ("|", "^", "%", "-", ">>", "and"),
    "|": ("&", "^", "+", "or"),
    "^": ("&", "|", "**", "-"),
    "@": ("*",),
}
_STEP = 0.25
_COMMUTATIVE = frozenset({"*", "&", "|", "^"})


def _operators(node: Node, source: SourceContext) -> Iterator[Draft]:
    left, right, operator = node.get("left"), node.get("right"), node.get("operator")
    if left is None or right is None or operator is None:
        return
    if "string" in {left.kind, right.kind, *(part.kind for part in left.parts)}:
        return  # Text is concatenated and formatted; other arithmetic on it is an error.
    for place, other in enumerate(_ALTERNATIVES.get(operator.text, ())):
        words = use(other, operator.text)
        in_place = Draft(((operator.start, operator.end, other),), words, _STEP * place)
        yield in_place
        if BINARY[other] != BINARY[operator.text]:
            yield _same_operands(node, source, other, words, _STEP * place + 0.6)


def _same_operands(node: Node, source: SourceContext, operator: str, words: str, cost: float) -> Draft:
    """The change of operator with parentheses that keep every other operator's operands as they are."""
    left, right = node.get("left"), node.get("right")
    assert left is not None and right is not None
    level = BINARY[operator]
    first = f"({left.text})" if level_of(left) < level else left.text
    # Power binds to the right: its left operand needs more, its right one less than other operators'.
    second = f"({right.text})" if level_of(right) <= level and level_of(right) < UNARY else right.text
    if operator == "**" and level_of(left) <= level:
        first = f"({left.text})"
    return Draft((put(source, node, f"{first} {operator} {second}", level),), words, cost)


def _swapped(node: Node, source: SourceContext) -> Iterator[Draft]:
    left, right, operator = node.get("left"), node.get("right"), operator_of(node)
    if left is None or right is None or operator in _COMMUTATIVE or left.text == right.text:
        return
    cost = 1.0 if operator == "+" else 0.0
    yield exchange(source, left, right, f"swap the operands of `{operator}`", cost=cost)


def _augmented(node: Node, _source: SourceContext) -> Iterator[Draft]:
    operator = node.get("operator")
    if operator is None:
        return
    text = operator.text
    others = ["=", *(other + "=" for other in _ALTERNATIVES.get(text[:-1], ()) if other not in {"and", "or"})]
    for place, other in enumerate(others):
        yield Draft(((operator.start, operator.end, other),), use(other, text), _STEP * place)


def _accumulating(node: Node, _source: SourceContext) -> Iterator[Draft]:
    left, right = node.get("left"), node.get("right")
    equals = next((child for child in node.children if child.kind == "="), None)
    if left is None or right is None or equals is None or node.get("type") is not None:
        return
    if left.kind not in {"identifier", "attribute", "subscript"} or right.kind == "assignment":
        return
    if node.parent is not None and node.parent.kind != "expression_statement":
        return
    for place, other in enumerate(("+=", "-=", "*=", "|=", "//=")):
        yield Draft(((equals.start, equals.end, other),), use(other, "="), 2 * _STEP * place)


def _regrouped(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a + b * c` as `(a + b) * c`, and `(a + b) * c` as `a + b * c`."""
    left, right, operator = node.get("left"), node.get("right"), operator_of(node)
    if left is None or right is None:
        return
    for side, other in ((left, right), (right, left)):
        if side.kind == "parenthesized_expression" and side.parts and side.parts[0].kind == node.kind:
            inner = side.parts[0].text
            yield Draft(((side.start, side.end, inner),), f"drop the parentheses around {show(inner)}")
        if side.kind != node.kind or "\n" in node.text:
            continue
        near, far = (
            (side.get("left"), side.get("right")) if side is right else (side.get("right"), side.get("left"))
        )
        if near is None or far is None:
            continue
        inside = operator_of(side)
        if side is right:
            grouped = f"({other.text} {operator} {near.text}) {inside} {far.text}"
        else:
            grouped = f"{far.text} {inside} ({near.text} {operator} {other.text})"
        yield Draft((put(source, node, grouped, BINARY[inside]),), use(grouped, node.text), 0.5)


FAMILIES = (
    Family("binary-operator", 2.8, kinds("binary_operator"), _operators),
    Family("operand-swap", 3.4, kinds("binary_operator"), _swapped),
    Family("augmented-operator", 2.9, kinds("augmented_assignment"), _augmented),
    Family("accumulate", 4.0, kinds("assignment"), _accumulating),
    Family("regroup", 4.3, kinds("binary_operator boolean_operator"), _regrouped),
)
