"""A test at the start of a function or a loop that leaves it early."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show
from macrohard_lsp.repair.operators.layout import before, inner_indent, is_docstring
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import LOOPS, Node, kinds

_NAMES_TRIED = 4
_CONDITIONS_TRIED = 8
_TESTS = (
    ("not {}", 0.0),
    ("{} is None", 0.4),
    ("{} == 0", 0.8),
    ("{} < 0", 1.0),
    ("{} <= 1", 1.2),
    ("len({}) < 2", 1.4),
)
_RESULTS = ("None", "[]", "0", "False", "True", "''", "1", "-1", "{}", "()")


def _in_function(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if not x: return …` as the first statement."""
    if node.parent is None or node.parent.kind != "function_definition":
        return
    first = _first(node)
    if first is None:
        return
    own = source.self_name(first)
    names = [name for name in source.bindings(node.parent) if name != own][:_NAMES_TRIED]
    for rank, name in enumerate(names):
        results = [*returned_constants(node, source), *_RESULTS, name]
        for place, result in enumerate(dict.fromkeys(results)):
            for test, cost in _TESTS:
                extra = cost + rank_cost(rank) + 0.5 * rank_cost(place)
                yield from _guard(source, first, test.format(name), f"return {result}", extra)


def _first(block: Node) -> Node | None:
    return next((part for part in block.parts if not is_docstring(part)), None)


def returned_constants(block: Node, source: SourceContext) -> list[str]:
    """The constants the function already returns somewhere: likelier than any other."""
    found = [node.parts[0] for node in source.inside(block) if node.kind == "return_statement" and node.parts]
    constants = kinds("integer float true false none string list dictionary tuple unary_operator")
    return [value.text for value in found if value.kind in constants and value.size < 4]


def _in_loop(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if …: continue` and `if …: break` as the first statement of a loop or after another."""
    loop = node.parent
    if loop is None or loop.kind not in LOOPS or node.field != "body":
        return
    first = _first(node)
    if first is None:
        return
    tests = [(item.text, 0.0) for item in source.conditions_at(first)][:_CONDITIONS_TRIED]
    tests += [(f"not {name}", 0.5) for name in source.names_at(first)[:_NAMES_TRIED]]
    for rank, (test, cost) in enumerate(tests):
        for extra, jump in ((0.0, "continue"), (0.2, "break")):
            yield from _guard(source, first, test, jump, cost + extra + rank_cost(rank))


def _guard(source: SourceContext, first: Node, test: str, jump: str, cost: float) -> Iterator[Draft]:
    span = before(source, first, f"if {test}:", inner_indent(source, first) + jump)
    if span is not None:
        keyword, _, value = jump.partition(" ")
        words = f"return {show(value)} early" if value else keyword
        yield Draft((span,), f"{words} if {show(test)}", cost)


def _before_statement(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if …: return x` before a statement, with conditions and variables of the function."""
    if source.function_of(node) is None or node.parent is None or node.parent.kind != "block":
        return
    for rank, item in enumerate(source.conditions_at(node)[:_NAMES_TRIED]):
        for place, name in enumerate(source.names_at(node)[:_NAMES_TRIED]):
            yield from _guard(source, node, item.text, f"return {name}", rank_cost(rank) + rank_cost(place))


FAMILIES = (
    Family("guard", 5.7, kinds("block"), _in_function),
    Family("loop-guard", 5.2, kinds("block"), _in_loop),
    Family("early-return", 6.4, kinds("expression_statement return_statement"), _before_statement),
)
