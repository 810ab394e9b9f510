"""Another comparison operator: the edit that most often was the fix."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, exchange, use
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

# Likelier first; the place in the row is the extra cost.
_ALTERNATIVES = {
    "<": ("<=", ">", ">=", "!=", "=="),
    "<=": ("<", ">=", ">", "==", "!="),
    ">": (">=", "<", "<=", "!=", "=="),
    ">=": (">", "<=", "<", "==", "!="),
    "==": ("!=", "<=", ">=", "<", ">", "in"),
    "!=": ("==", "<", ">", "<=", ">=", "not in"),
    "is": ("is not", "=="),
    "is not": ("is", "!="),
    "in": ("not in", "=="),
    "not in": ("in", "!="),
}
_STEP = 0.35


def _operators(node: Node, _source: SourceContext) -> Iterator[Draft]:
    for operator in node.children:
        if operator.field != "operators":
            continue
        current = " ".join(operator.text.split())
        for place, other in enumerate(_ALTERNATIVES.get(current, ())):
            yield Draft(((operator.start, operator.end, other),), use(other, current), _STEP * place)


def _swapped_membership(node: Node, source: SourceContext) -> Iterator[Draft]:
    parts = [part for part in node.parts if part.role == "load"]
    operators = [child.text for child in node.children if child.field == "operators"]
    if len(parts) == 2 and operators in (["in"], ["not in"]):
        yield exchange(source, parts[0], parts[1], f"swap the operands of `{operators[0]}`")


def _with_constant(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """Another operator and another constant at once: `x == 0` as `x <= 1`."""
    operators = [child for child in node.children if child.field == "operators"]
    parts = [part for part in node.parts if part.role == "load"]
    if len(operators) != 1 or len(parts) != 2 or parts[1].kind != "integer" or not parts[1].text.isdecimal():
        return
    value = int(parts[1].text)
    for place, operator in enumerate(_ALTERNATIVES.get(operators[0].text, ())):
        for extra, other in enumerate(dict.fromkeys((value + 1, max(value - 1, 0), 0, 1, 2))):
            if other != value and operator not in {"in", "not in"}:
                text = f"{operator} {other}"
                old = f"{operators[0].text} {parts[1].text}"
                yield Draft(
                    ((operators[0].start, parts[1].end, text),), use(text, old), _STEP * (place + extra)
                )


def _with_inner_constant(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """Another operator and another constant inside an operand at once: `x % 3 != 0` as `x % 4 == 0`."""
    operators = [child for child in node.children if child.field == "operators"]
    parts = [part for part in node.parts if part.role == "load"]
    if len(operators) != 1 or len(parts) != 2:
        return
    numbers = [inner for part in parts if part.parts for inner in _below(part) if inner.kind == "integer"]
    for rank, number in enumerate(number for number in numbers if number.text.isdecimal()):
        value = int(number.text)
        for place, operator in enumerate(_ALTERNATIVES.get(operators[0].text, ())):
            for extra, other in enumerate((value + 1, value - 1)):
                spans = (
                    (operators[0].start, operators[0].end, operator),
                    (number.start, number.end, str(other)),
                )
                words = f"{use(operator, operators[0].text)}, and {use(str(other), number.text)}"
                if other >= 0:
                    yield Draft(spans, words, _STEP * (place + extra + rank))


def _below(node: Node) -> Iterator[Node]:
    for part in node.parts:
        yield part
        yield from _below(part)


FAMILIES = (
    Family("comparison-operator", 1.9, kinds("comparison_operator"), _operators),
    Family("comparison-and-constant", 4.4, kinds("comparison_operator"), _with_constant),
    Family("comparison-and-inner", 5.0, kinds("comparison_operator"), _with_inner_constant),
    Family("membership-swap", 4.8, kinds("comparison_operator"), _swapped_membership),
)
