"""What a function gives back: a value where none is returned, another one, `yield` for `return`."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show, use
from macrohard_lsp.repair.operators.layout import JUMPS, after, siblings
from macrohard_lsp.repair.operators.placing import spaced
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NAMES_TRIED = 8
_NAMES_LEFT_WITH = 3
_NAMES_MEASURED = 4
_MEASURED_COST = 0.6
_CONSTANTS = ("None", "True", "False", "0", "1", "-1", "[]", "''", "{}")


def _values(node: Node, source: SourceContext) -> Iterator[str]:
    yield from source.names_at(node)[:_NAMES_TRIED]
    if (mine := source.self_name(node)) is not None:
        yield mine
    yield from _CONSTANTS


def _another_value(node: Node, source: SourceContext) -> Iterator[Draft]:
    value = node.parts[0] if node.parts else None
    for rank, text in enumerate(_values(node, source)):
        if value is None:
            words = f"return {show(text)}"
            yield Draft(((node.end, node.end, f" {text}"),), words, rank_cost(rank) - 0.8)
        elif text != value.text:
            before = source.text[value.start - 1 : value.start]
            words = f"return {show(text)} instead of {show(value.text)}"
            yield Draft(((value.start, value.end, spaced(text, before, "")),), words, 0.3 + rank_cost(rank))


def _condition(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A test of a variable where a fixed truth value is returned."""
    value = node.parts[0] if node.parts else None
    if value is None or value.kind not in {"true", "false"}:
        return
    names = source.names_at(node)[:_NAMES_TRIED]
    for rank, name in enumerate(names):
        tests = (
            f"{name} == 0",
            f"not {name}",
            f"{name} != 0",
            f"{name} > 0",
            f"bool({name})",
            f"{name} is None",
        )
        others = tuple(f"{name} == {other}" for other in names[:3] if other != name)
        for place, test in enumerate((*tests, *others)):
            words = f"return {show(test)} instead of `{value.text}`"
            yield Draft(((value.start, value.end, test),), words, rank_cost(rank) + 0.2 * place)


def _left(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`return x` where a loop is only left or gone on with."""
    if source.function_of(node) is None:
        return
    values = (*source.names_at(node)[:_NAMES_LEFT_WITH], "True", "False", "None")
    for rank, text in enumerate(values):
        words = f"return {show(text)} instead of `{node.text}`"
        yield Draft(((node.start, node.end, f"return {text}"),), words, rank_cost(rank))


def _missing_return(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`return` before the value of an expression statement that is thrown away."""
    value = node.parts[0]
    if value.role != "load" or source.function_of(node) is None:
        return
    row = siblings(node)
    cost = 0.0 if row and row[-1] is node else 1.5
    if value.kind != "call":
        cost -= 0.5
    if value.kind in {"await", "call"} or value.role == "load":
        yield Draft(((node.start, node.start, "return "),), f"return {show(value.text)}", cost)


def _at_the_end(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A `return` after the last statement of a function that has none there."""
    row = [part for part in node.parts if part.kind != "comment"]
    if node.parent is None or node.parent.kind != "function_definition" or row[-1].kind in JUMPS:
        return
    values = [(rank_cost(rank), text) for rank, text in enumerate(_values(row[-1], source))]
    names = source.names_at(row[-1])[:_NAMES_MEASURED]
    values += [(_MEASURED_COST + rank_cost(rank), f"len({name})") for rank, name in enumerate(names)]
    for cost, text in values:
        span = after(source, row[-1], f"return {text}")
        if span is not None:
            yield Draft((span,), f"return {show(text)} at the end", cost)


def _yielded(node: Node, _source: SourceContext) -> Iterator[Draft]:
    keyword = node.children[0]
    if node.parts:
        yield Draft(((keyword.start, keyword.end, "yield"),), use("yield", "return"))


def _delegated(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`yield` and `yield from`."""
    if not node.parts or node.parts[0].kind == "expression_list":
        return
    words = [child for child in node.children if not child.named]
    value = node.parts[0]
    if len(words) > 1 and words[1].text == "from":
        yield Draft(((words[0].end, words[1].end, ""),), use("yield", "yield from"))
    else:
        yield Draft(((words[0].end, words[0].end, " from"),), use("yield from", "yield"))
    yield Draft(((node.start, value.start, "return "),), use("return", "yield"), 1.0)


def _awaited(node: Node, source: SourceContext) -> Iterator[Draft]:
    function = source.function_of(node)
    if function is None or function.children[0].text != "async" or node.role != "load":
        return
    if node.parent is not None and node.parent.kind in {"await", "lambda"}:
        return
    head = node.parent is not None and (node.parent.kind, node.field) in {
        ("attribute", "object"),
        ("call", "function"),
        ("subscript", "value"),
    }
    text = f"(await {node.text})" if head else f"await {node.text}"
    yield Draft(((node.start, node.end, text),), f"await {show(node.text)}", 1.0 if head else 0.0)


FAMILIES = (
    Family("return-value", 3.8, kinds("return_statement"), _another_value),
    Family("return-condition", 4.4, kinds("return_statement"), _condition),
    Family("leave-with", 4.4, kinds("break_statement continue_statement pass_statement"), _left),
    Family("missing-return", 3.3, kinds("expression_statement"), _missing_return),
    Family("final-return", 4.0, kinds("block"), _at_the_end),
    Family("return-to-yield", 5.0, kinds("return_statement"), _yielded),
    Family("yield-from", 3.4, kinds("yield"), _delegated),
    Family("missing-await", 3.4, kinds("call"), _awaited),
)
