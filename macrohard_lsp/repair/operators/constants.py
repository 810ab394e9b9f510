"""Another constant: one more, one less, the other sign, the usual neutral values."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace
from macrohard_lsp.repair.operators.placing import ATOM, PRIMARY, UNARY, operator_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_KEYWORDS = {
    "true": (("False", 0.0), ("None", 1.5)),
    "false": (("True", 0.0), ("None", 1.5)),
    "none": (("True", 1.0), ("False", 0.7), ("0", 1.0), ("[]", 1.2), ("''", 1.4), ("{}", 1.4)),
    "list": (("{}", 1.8), ("()", 2.0), ("set()", 2.0), ("None", 1.6), ("[[]]", 1.0)),
    "dictionary": (("[]", 1.2), ("set()", 1.2), ("None", 1.6)),
    "tuple": (("[]", 1.2), ("None", 1.6)),
}
# Numbers longer than this are identifiers or magic values, where "one more" means nothing.
_LONGEST_NUMBER = 12
# Adding a negative number is taking one away, and is written so: the other operator is the plainer edit.
_ADDED_NEGATIVE = 2.0


def _integers(node: Node, source: SourceContext) -> Iterator[Draft]:
    value = _integer_value(node)
    if value is None:
        return
    usual = ((1, 0.8), (0, 0.8), (2, 1.2), (-1, 1.2), (-value, 1.0), (value + 2, 1.8), (value - 2, 1.8))
    near = [(value + 1, 0.0), (value - 1, 0.0)]
    halved = ((value // 2, 2.6),) if value % 2 == 0 else ()
    written = {value}
    for other, cost in (*near, *usual, (value * 10, 2.6), (value * 2, 2.6), *halved):
        if other not in written:
            written.add(other)
            yield _number(node, source, other, cost)


def _integer_value(node: Node) -> int | None:
    """The value of an integer, or of one with a minus; None where the node with its sign is the site."""
    negative = node.kind == "unary_operator"
    if negative:
        argument = node.get("argument")
        if operator_of(node) != "-" or argument is None or argument.kind != "integer":
            return None
        text = argument.text
    else:
        parent = node.parent
        if parent is not None and parent.kind == "unary_operator" and operator_of(parent) == "-":
            return None
        text = node.text
    if len(text) > _LONGEST_NUMBER or text[-1] in "lLjJ" or (text[0] == "0" and text.strip("0").isdigit()):
        return None
    value = int(text, 0)
    return -value if negative else value


def _number(node: Node, source: SourceContext, value: int, cost: float) -> Draft:
    hexadecimal = node.text.lower().startswith("0x") and value >= 0
    text = hex(value) if hexadecimal else str(value)
    if (
        value < 0
        and node.field == "right"
        and node.parent is not None
        and operator_of(node.parent) in {"+", "-"}
    ):
        cost += _ADDED_NEGATIVE
    return replace(source, node, text, UNARY if value < 0 else ATOM, cost=cost)


def _floats(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node.text[-1] in "jJ" or len(node.text) > _LONGEST_NUMBER:
        return
    value = float(node.text)
    usual = (
        (value + 1, 0.5),
        (value - 1, 0.5),
        (0.0, 0.6),
        (1.0, 0.6),
        (-value, 0.8),
        (2.0, 1.2),
        (0.5, 1.2),
    )
    written = {value}
    for other, cost in (*usual, (value * 10, 1.4), (value / 10, 1.4), (value * 2, 1.6), (value / 2, 1.6)):
        if other not in written:
            written.add(other)
            yield replace(source, node, repr(other), UNARY if other < 0 else ATOM, cost=cost)
    if value.is_integer():
        yield replace(source, node, str(int(value)), ATOM, cost=1.5)


def _keywords(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node.role != "load" or node.parts:
        return
    for text, cost in _KEYWORDS[node.kind]:
        yield replace(source, node, text, PRIMARY, cost=cost)


def _evaluated_integers(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node.role == "load":
        yield from _integers(node, source)


def _evaluated_floats(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node.role == "load":
        yield from _floats(node, source)


def _number_of_tests(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A whole number that the failing tests name; what is returned as it stands would only please them."""
    parent = node.parent
    if node.role != "load" or parent is None or parent.kind in {"return_statement", "unary_operator"}:
        return
    for rank, number in enumerate(text for text in source.numbers if text != node.text):
        yield replace(source, node, number, ATOM, cost=rank_cost(rank))


FAMILIES = (
    Family("integer", 2.0, kinds("integer unary_operator"), _evaluated_integers),
    Family("float", 2.6, kinds("float"), _evaluated_floats),
    Family("number-of-tests", 5.6, kinds("integer"), _number_of_tests),
    Family("constant", 2.4, kinds("true false none list dictionary tuple"), _keywords),
)
