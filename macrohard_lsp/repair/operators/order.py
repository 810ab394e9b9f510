"""The order of conditions, the bounds of a comparison, and further members of a row of strings or classes."""

from collections.abc import Iterator
from itertools import pairwise

from macrohard_lsp.repair.operators.family import Draft, Family, exchange, put, rank_cost, replace, show
from macrohard_lsp.repair.operators.layout import indent_of
from macrohard_lsp.repair.operators.placing import COMPARISON
from macrohard_lsp.repair.operators.splitting import other_strings
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_STRINGS_TRIED = 12
_CLASSES_TRIED = 10


def _clauses(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a and b` as `b and a`: what is asked first may make the other safe."""
    left, right = node.get("left"), node.get("right")
    if left is not None and right is not None and left.text != right.text:
        yield exchange(source, left, right, f"ask {show(right.text)} first")


def _branches(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A branch of an `if` and the `elif` after it in the other order."""
    row = [node, *(part for part in node.parts if part.kind == "elif_clause")]
    for first, second in pairwise(row):
        ends = [(part.get("condition"), part.get("consequence")) for part in (first, second)]
        (one, body), (other, following) = ends
        if one is None or other is None or body is None or following is None:
            continue
        if indent_of(source, first) is None or source.text[one.end : body.start].count("#"):
            continue
        spans = (
            (one.start, one.end, other.text),
            (body.start, body.end, following.text),
            (other.start, other.end, one.text),
            (following.start, following.end, body.text),
        )
        yield Draft(spans, f"ask {show(other.text)} before {show(one.text)}")


def _bounds(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x < n` as `0 <= x < n`."""
    operators = [child for child in node.children if child.field == "operators"]
    parts = [part for part in node.parts if part.role == "load"]
    if len(operators) != 1 or len(parts) != 2 or operators[0].text not in {"<", "<="}:
        return
    for rank, bound in enumerate(("0 <=", "0 <", "1 <=")):
        span = put(source, node, f"{bound} {node.text}", COMPARISON)
        yield Draft((span,), f"let only {show(f'{bound} {parts[0].text}')} through", 0.3 * rank)


def _strings(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A row of strings with one more."""
    last = node.parts[-1] if node.parts else None
    if node.role != "load" or last is None or last.kind != "string" or last.text[-1] not in "'\"":
        return
    present = {part.text for part in node.parts}
    others = [text for text in other_strings(last, source) if text not in present]
    for rank, text in enumerate(others[:_STRINGS_TRIED]):
        yield Draft(((last.end, last.end, f", {text}"),), f"add the element {show(text)}", rank_cost(rank))


def _classes(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A class that the file tests for elsewhere, or imports, in a test of a class."""
    arguments = _class_test(node)
    if arguments is None:
        return
    own = arguments[1]
    present = {part.text for part in own.parts} if own.kind == "tuple" else {own.text}
    tested = [found[1] for other in source.nodes if (found := _class_test(other)) is not None]
    texts = [
        text
        for kind in tested
        for text in ([part.text for part in kind.parts] if kind.kind == "tuple" else [kind.text])
    ]
    others = [text for text in dict.fromkeys([*texts, *source.module.imports]) if text not in present]
    for rank, text in enumerate(others[:_CLASSES_TRIED]):
        both = (
            f"({own.text[1:-1].rstrip().rstrip(',')}, {text})"
            if own.kind == "tuple"
            else f"({own.text}, {text})"
        )
        yield Draft(
            ((own.start, own.end, both),), f"let {show(text)} pass the type check too", rank_cost(rank)
        )
        if own.kind != "tuple":
            yield replace(source, own, text, COMPARISON, cost=0.3 + rank_cost(rank))


def _class_test(node: Node) -> list[Node] | None:
    function, arguments = node.get("function"), node.get("arguments")
    if node.kind != "call" or function is None or arguments is None or arguments.kind != "argument_list":
        return None
    if function.text not in {"isinstance", "issubclass"} or len(arguments.parts) != 2:
        return None
    usable = (
        arguments.parts[1].kind in {"identifier", "attribute", "tuple"}
        and "\n" not in arguments.parts[1].text
    )
    return arguments.parts if usable else None


FAMILIES = (
    Family("string-element", 4.0, kinds("list tuple set"), _strings),
    Family("class-elsewhere", 3.9, kinds("call"), _classes),
    Family("clause-swap", 4.4, kinds("boolean_operator"), _clauses),
    Family("branch-order", 4.6, kinds("if_statement"), _branches),
    Family("lower-bound", 4.8, kinds("comparison_operator"), _bounds),
)
