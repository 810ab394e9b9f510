"""Less of an expression: one operand, the argument without the call, the object without the method."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, put_node, replace, show
from macrohard_lsp.repair.operators.placing import AWAIT, BINARY, level_of, operator_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_ARGUMENTS_TRIED = 4


def _operands(node: Node, source: SourceContext) -> Iterator[Draft]:
    for side in (node.get("left"), node.get("right")):
        if side is not None:
            yield _keep(source, node, side)


def _without_middle(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a + b - c` as `a - c` and as `a + c`."""
    left, right = node.get("left"), node.get("right")
    if left is None or right is None or left.kind != node.kind:
        return
    first, middle = left.get("left"), left.get("right")
    if first is None or middle is None:
        return
    for cost, operator in ((0.0, operator_of(node)), (0.3, operator_of(left))):
        level = BINARY[operator]
        sides = (first.text if level_of(first) >= level else f"({first.text})", right.text)
        tight = level_of(right) > level or level_of(right) >= AWAIT
        text = f"{sides[0]} {operator} {sides[1] if tight else f'({sides[1]})'}"
        yield replace(source, node, text, level, summary=f"leave {show(middle.text)} out", cost=cost)


def _call(node: Node, source: SourceContext) -> Iterator[Draft]:
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or arguments is None or arguments.kind != "argument_list":
        return
    usable = [part for part in arguments.parts if part.role == "load"]
    for place, argument in enumerate(usable[:_ARGUMENTS_TRIED]):
        yield _keep(source, node, argument, 0.0 if len(usable) == 1 else 0.6 + 0.2 * place)
    if function.kind == "attribute" and (receiver := function.get("object")) is not None:
        yield _keep(source, node, receiver, 0.2)
    if not arguments.parts:
        yield _keep(source, node, function, 0.8)


def _inner(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x[i]`, `x.name`, `-x`, `await x`, `(x if c else y)`, `[x]` without what is around the part kept."""
    if node.role != "load" or node.field == "function":
        return
    costs = {"subscript": 0.4, "attribute": 1.2, "conditional_expression": 0.5, "list": 1.6, "tuple": 1.6}
    if node.kind in {"list", "tuple"}:
        parts = node.parts if len(node.parts) == 1 else []
    elif node.kind == "conditional_expression":
        parts = [node.parts[0], node.parts[-1]]
    else:
        parts = node.parts[:1] if node.kind != "unary_operator" else node.parts[-1:]
    for part in parts:
        if part.role == "load":
            yield _keep(source, node, part, costs.get(node.kind, 0.0))


def _chain(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a < b < c` as `a < b` and as `b < c`."""
    parts = [part for part in node.parts if part.role == "load"]
    if len(parts) < 3:
        return
    for first, last in ((parts[0], parts[-2]), (parts[1], parts[-1])):
        kept = source.text[first.start : last.end]
        yield Draft(((node.start, node.end, kept),), f"keep only {show(kept)} of {show(node.text)}")


def _row(node: Node, source: SourceContext) -> Iterator[Draft]:
    """One element of a returned row."""
    if node.parent is None or node.parent.kind != "return_statement":
        return
    for part in node.parts[:_ARGUMENTS_TRIED]:
        if part.role == "load":
            yield _keep(source, node, part, 1.0)


def _keep(source: SourceContext, node: Node, part: Node, cost: float = 0.0) -> Draft:
    return Draft((put_node(source, node, part),), f"keep only {show(part.text)} of {show(node.text)}", cost)


FAMILIES = (
    Family("keep-operand", 2.9, kinds("binary_operator boolean_operator"), _operands),
    Family("leave-out", 3.6, kinds("binary_operator boolean_operator"), _without_middle),
    Family("unwrap-call", 3.1, kinds("call"), _call),
    Family(
        "unwrap",
        3.3,
        kinds("subscript attribute unary_operator not_operator await conditional_expression list tuple"),
        _inner,
    ),
    Family("shorten-chain", 4.0, kinds("comparison_operator"), _chain),
    Family("keep-element", 4.4, kinds("expression_list tuple"), _row),
)
