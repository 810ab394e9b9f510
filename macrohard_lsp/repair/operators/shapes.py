"""One value as a row of its own, rows in order, calls in a chain the other way round, keys to sort by, rounding up."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show, use
from macrohard_lsp.repair.operators.placing import ATOM, PRIMARY, PRODUCT, UNARY, level_of, operator_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NAMED = kinds("identifier attribute subscript call string")
_NAMES_TRIED = 3
_ROWS = {"list": "[{}]", "tuple": "({},)", "set": "{{{}}}"}
_NOT_LISTED = kinds("integer float true false none list_splat string")
_TAKING_ROWS = kinds(
    "return_statement assignment augmented_assignment argument_list binary_operator keyword_argument"
)
_KEYS = ("-{}", "({}, {parameter})", "{}.lower()", "str({})", "len({})", "int({})", "({} is None, {})")


def _in_row(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x` as `[x]` and `(x,)`, `list(x)` as `[x]`."""
    parent = node.parent
    if node.role != "load" or parent is None:
        return
    if node.kind == "call" and node.parts[0].text in _ROWS and node.parts[1].kind == "argument_list":
        arguments = node.parts[1].parts
        if len(arguments) == 1 and arguments[0].role == "load":
            yield replace(source, node, _ROWS[node.parts[0].text].format(arguments[0].text), ATOM)
    if parent.kind not in _TAKING_ROWS or (parent.kind == "binary_operator" and node.field != "right"):
        return
    formatted = parent.kind == "binary_operator" and operator_of(parent) == "%"
    yield replace(source, node, f"({node.text},)", ATOM, cost=0.0 if formatted else 0.6)
    yield replace(source, node, f"[{node.text}]", ATOM, cost=0.3)


def _row_of_items(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`[x]` as `list(x)`, and the same for tuples and sets."""
    part = node.parts[0] if len(node.parts) == 1 else None
    if node.role == "load" and part is not None and part.role == "load" and part.kind not in _NOT_LISTED:
        yield replace(source, node, f"{node.kind}({part.text})", PRIMARY)


def _in_order(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`set(x)` as `dict.fromkeys(x)`, which keeps the order, and the like."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or arguments is None or function.text not in {"set", "frozenset"}:
        return
    if arguments.kind == "argument_list" and len(arguments.parts) == 1 and arguments.parts[0].role == "load":
        inner = arguments.parts[0].text
        for rank, text in enumerate((f"dict.fromkeys({inner})", f"sorted(set({inner}))")):
            yield replace(source, node, text, PRIMARY, cost=0.4 * rank)


def _chain(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x.a(…).b(…)` as `x.b(…).a(…)`."""
    function = node.get("function")
    inner = function.get("object") if function is not None and function.kind == "attribute" else None
    head = inner.get("function") if inner is not None and inner.kind == "call" else None
    base = head.get("object") if head is not None and head.kind == "attribute" else None
    if function is None or inner is None or base is None:
        return
    first, second = source.text[base.end : inner.end], source.text[inner.end : node.end]
    if first != second and "\n" not in first + second:
        yield Draft(((base.end, node.end, second + first),), f"call {show(second)} before {show(first)}")


def _key(node: Node, source: SourceContext) -> Iterator[Draft]:
    """What a `lambda` makes of its parameter: the other way round, or with the parameter behind it."""
    parameters, body = node.get("parameters"), node.get("body")
    if parameters is None or body is None or body.role != "load" or level_of(body) < PRIMARY:
        return
    parameter = parameters.parts[0].text if parameters.parts else ""
    for rank, shape in enumerate(_KEYS):
        text = shape.replace("{parameter}", parameter).replace("{}", body.text)
        level = UNARY if text[0] == "-" else PRIMARY
        yield replace(source, body, text, level, cost=rank_cost(rank))


def _rounded_up(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a // b` rounded up instead of down."""
    left, right = node.get("left"), node.get("right")
    if left is None or right is None or operator_of(node) != "//":
        return
    own = left.text if level_of(left) >= UNARY else f"({left.text})"
    yield replace(source, node, f"-(-{own} // {right.text})", UNARY)
    summed = right.text if level_of(right) >= PRODUCT else f"({right.text})"
    yield replace(source, node, f"({left.text} + {summed} - 1) // {right.text}", PRODUCT, cost=0.2)
    if "math" in source.module.imports:
        yield replace(source, node, f"math.ceil({left.text} / {right.text})", PRIMARY, cost=0.1)


def _length_of(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A bound of a slice as the length of something."""
    bounds = [part for part in node.parts if part.role == "load"]
    names = source.names_at(node)[: 2 * _NAMES_TRIED]
    for bound in bounds:
        texts = [f"len({name})" for name in names] + [f"-len({name})" for name in names[:_NAMES_TRIED]]
        for rank, text in enumerate(text for text in texts if text != bound.text):
            yield Draft(((bound.start, bound.end, text),), use(text, bound.text), rank_cost(rank))


def _asynchronous(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`for` and `with` as `async for` and `async with` inside a coroutine, and the other way round."""
    function = source.function_of(node)
    if function is None or function.children[0].text != "async":
        return
    first = node.children[0]
    if first.text == "async":
        yield Draft(
            ((first.start, node.children[1].start, ""),), f"drop `async` before `{node.children[1].text}`"
        )
    else:
        yield Draft(((first.start, first.start, "async "),), use(f"async {first.text}", first.text))


FAMILIES = (
    Family("in-row", 4.6, _NAMED, _in_row),
    Family("row-of-items", 3.8, kinds("list tuple set"), _row_of_items),
    Family("in-order", 4.0, kinds("call"), _in_order),
    Family("chain-order", 4.0, kinds("call"), _chain),
    Family("sort-key", 4.6, kinds("lambda"), _key),
    Family("round-up", 4.4, kinds("binary_operator"), _rounded_up),
    Family("slice-length", 4.6, kinds("slice"), _length_of),
    Family("asynchronous", 3.6, kinds("for_statement with_statement for_in_clause"), _asynchronous),
)
