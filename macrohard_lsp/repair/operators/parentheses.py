"""A closing parenthesis in the wrong place: what stands in a call and belongs behind it, and the other way round."""

from collections.abc import Iterator
from itertools import takewhile

from macrohard_lsp.repair.operators.family import Draft, Family, replace, show
from macrohard_lsp.repair.operators.placing import LAMBDA, PRIMARY, level_of, placed
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

# What begins with a smaller expression that makes sense without the rest.
_EXTENDED = kinds(
    "binary_operator comparison_operator boolean_operator conditional_expression subscript call attribute"
)
_CALLS_OUT = 3
_BY_KEYWORD = kinds("keyword_argument dictionary_splat")


def _out_of_call(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`f(a + b)` as `f(a) + b`, `f(x[0])` as `f(x)[0]`; out of several calls where it ends them all."""
    head = _head(node)
    if head is None or node.role != "load":
        return
    rest = source.text[head.end : node.end]
    inner = node
    for level in range(_CALLS_OUT):
        call = _call_ending_with(inner)
        if call is None:
            return
        text = source.text[call.start : head.end] + source.text[node.end : call.end] + rest
        words = f"close the parenthesis before {show(rest)}"
        yield replace(source, call, text, level_of(node), summary=words, cost=0.4 * level)
        inner = call


def _into_call(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`f(a) + b` as `f(a + b)`, `f(x)[0]` as `f(x[0])`."""
    call = _head(node)
    last = _last_argument(call) if call is not None else None
    if call is None or last is None or node.role != "load":
        return
    own = last.text if level_of(last) >= level_of(node) else f"({last.text})"
    rest = source.text[call.end : node.end]
    text = source.text[call.start : last.start] + own + rest + source.text[last.end : call.end]
    yield replace(source, node, text, PRIMARY, summary=f"close the parenthesis after {show(rest)}")


def _other_call(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`f(g(a, b))` as `f(g(a), b)`, and `f(g(a), b)` as `f(g(a, b))`; what is passed by keyword stays where it is."""
    arguments = _leading(node)
    if not arguments:
        return
    inner = _leading(arguments[-1])
    if len(inner) > 1:
        kept, moved = inner[-2], inner[-1]
        end = arguments[-1].end
        spans = ((kept.end, moved.end, ""), (end, end, f", {moved.text}"))
        yield Draft(spans, f"pass {show(moved.text)} to the outer call")
    before = _leading(arguments[-2]) if len(arguments) > 1 else []
    if before:
        moved = arguments[-1]
        tail = source.text[before[-1].end : arguments[-2].end]
        span = (before[-1].end, moved.end, f", {placed(moved, moved.text, LAMBDA)}{tail}")
        yield Draft((span,), f"pass {show(moved.text)} to the inner call")


def _head(node: Node) -> Node | None:
    """The expression that `node` begins with: its left operand, what it takes an item or a method of."""
    if node.field == "function":
        return None
    if node.kind == "call":
        function = node.get("function")
        return function.get("object") if function is not None and function.kind == "attribute" else None
    parts = node.parts
    return parts[0] if node.kind in _EXTENDED and parts and parts[0].role == "load" else None


def _call_ending_with(node: Node) -> Node | None:
    """The call whose last argument, and a positional one, `node` is."""
    row = node.parent
    call = row.parent if row is not None and row.kind == "argument_list" else None
    if row is None or call is None or call.kind != "call" or row.parts[-1] is not node:
        return None
    return call


def _positional(call: Node) -> list[Node]:
    """The arguments of a call, where all are plain positional ones."""
    arguments = call.get("arguments") if call.kind == "call" else None
    if arguments is None or arguments.kind != "argument_list":
        return []
    return arguments.parts if all(part.role == "load" for part in arguments.parts) else []


def _leading(call: Node) -> list[Node]:
    """The positional arguments of a call, where nothing but keywords comes after them."""
    arguments = call.get("arguments") if call.kind == "call" else None
    if arguments is None or arguments.kind != "argument_list":
        return []
    plain = list(takewhile(lambda part: part.role == "load", arguments.parts))
    return plain if all(part.kind in _BY_KEYWORD for part in arguments.parts[len(plain) :]) else []


def _last_argument(call: Node) -> Node | None:
    arguments = _positional(call)
    return arguments[-1] if arguments else None


FAMILIES = (
    Family("out-of-call", 3.8, _EXTENDED, _out_of_call),
    Family("into-call", 4.2, _EXTENDED, _into_call),
    Family("other-call", 4.2, kinds("call"), _other_call),
)
