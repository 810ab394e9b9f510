"""One element for all of them, and all of them for one: `xs[-1]` and `sum(xs)`; the better of old and new."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show
from macrohard_lsp.repair.operators.placing import PRIMARY, PRODUCT, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_REDUCTIONS = ("sum", "max", "min", "len", "any", "all")
_ELEMENTS = ("0", "-1", "1")
_TARGETS = kinds("identifier subscript attribute")


def _of_all(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`xs[i]` as `sum(xs)` and the like."""
    value, index = node.get("value"), node.get("subscript")
    if node.role != "load" or value is None or index is None or len(node.parts) != 2:
        return
    if index.kind in {"slice", "string"} or node.field == "function":
        return
    shadowed = source.names_at(node)
    for rank, name in enumerate(name for name in _REDUCTIONS if name not in shadowed):
        yield replace(source, node, f"{name}({value.text})", PRIMARY, cost=0.2 * rank)


def _one_of_all(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`max(xs)` as `xs[-1]` and the like."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or arguments is None or node.role != "load" or arguments.kind != "argument_list":
        return
    if function.text not in {"sum", "max", "min", "sorted", "list"} or len(arguments.parts) != 1:
        return
    own = arguments.parts[0]
    if own.role == "load" and level_of(own) >= PRIMARY and own.kind != "integer":
        for rank, index in enumerate(_ELEMENTS):
            yield replace(source, node, f"{own.text}[{index}]", PRIMARY, cost=rank_cost(rank))


def _better_of_both(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x = e` as `x = max(x, e)` and as `x = min(x, e)`."""
    left, right = node.get("left"), node.get("right")
    if left is None or right is None or left.kind not in _TARGETS or right.role != "load":
        return
    if node.get("type") is not None or _is_constant(right) or left.text == right.text:
        return
    function = source.function_of(node)
    if left.kind == "identifier" and function is not None:
        places = source.bindings(function).get(left.text, ())
        if not places or places[0] >= left.order:
            return  # It has no value yet.
    for rank, name in enumerate(("max", "min")):
        words = f"keep the {'larger' if name == 'max' else 'smaller'} of {show(left.text)} and the new value"
        text = f"{name}({left.text}, {right.text})"
        yield replace(source, right, text, PRIMARY, summary=words, cost=0.2 * rank)


def _is_constant(node: Node) -> bool:
    return node.kind in {"integer", "float", "string", "true", "false", "none"} or not node.named


def _whole(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`int(a / b)` as `a // b`: exact for large numbers too."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or function.text != "int" or arguments is None or len(arguments.parts) != 1:
        return
    quotient = arguments.parts[0]
    operator = quotient.get("operator") if quotient.kind == "binary_operator" else None
    left, right = quotient.get("left"), quotient.get("right")
    if operator is not None and operator.text == "/" and left is not None and right is not None:
        yield replace(source, node, f"{left.text} // {right.text}", PRODUCT)


FAMILIES = (
    Family("reduce", 4.8, kinds("subscript"), _of_all),
    Family("element", 4.8, kinds("call"), _one_of_all),
    Family("better-of-both", 4.0, kinds("assignment"), _better_of_both),
    Family("whole-quotient", 3.4, kinds("call"), _whole),
)
