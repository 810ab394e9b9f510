"""More of an expression: a call around it, a default beside it, a bound on it."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show
from macrohard_lsp.repair.operators.offsets import place_cost
from macrohard_lsp.repair.operators.placing import CONDITIONAL, OR, PRIMARY, SUM, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_SITES = kinds(
    "identifier call attribute subscript binary_operator list list_comprehension parenthesized_expression "
    "tuple conditional_expression unary_operator dictionary"
)
_NAMED = kinds("identifier call attribute subscript")
# Each with what it costs above the first.
_BUILTINS = {
    "list": 0.0, "sorted": 0.2, "set": 0.2, "len": 0.3, "str": 0.3, "int": 0.3, "abs": 0.3, "tuple": 0.4,
    "reversed": 0.6, "sum": 0.6, "float": 0.6, "max": 0.7, "min": 0.7, "dict": 0.8, "bool": 0.8, "round": 0.8,
    "repr": 1.0, "iter": 1.0, "next": 1.0, "any": 1.0, "all": 1.0, "enumerate": 1.0, "range": 0.9, "type": 1.4,
    "frozenset": 1.4,
}  # fmt: skip
_METHODS = {
    "copy": 0.0, "strip": 0.2, "lower": 0.2, "items": 0.3, "keys": 0.6, "values": 0.4, "upper": 0.6,
    "split": 0.6, "rstrip": 0.6, "lstrip": 0.6, "get": 1.5, "pop": 1.2, "encode": 1.0, "decode": 1.0,
    "read": 1.4, "close": 2.0,
}  # fmt: skip
_BARE = frozenset({"expression_statement", "decorator", "for_in_clause_target", "with_item", "except_clause"})
_DEFAULTS = ("[]", "''", "0", "{}", "None", "1")
_NAMES_TRIED = 4
# A function applied to its own result is possible, and rarer.
_AGAIN = 0.4
_JOINED_AT_MOST = 8


def _usable(node: Node) -> bool:
    parent = node.parent
    if node.role != "load" or parent is None or parent.kind in _BARE or node.field == "function":
        return False
    return not (parent.kind == "parenthesized_expression" and node.kind != "identifier")


def _inside(node: Node) -> str:
    return node.parts[0].text if node.kind == "parenthesized_expression" and node.parts else node.text


def _in_builtin(node: Node, source: SourceContext) -> Iterator[Draft]:
    if not _usable(node):
        return
    shadowed = source.names_at(node)
    place = 0.0 if node.field not in {"object", "value"} else 0.8
    for name, cost in _BUILTINS.items():
        if name not in shadowed and not node.text.startswith(f"{name}("):
            text = f"{name}({_inside(node)})"
            yield replace(
                source,
                node,
                text,
                PRIMARY,
                summary=f"wrap {show(node.text)} in `{name}()`",
                cost=cost + place,
            )


def _with_method(node: Node, source: SourceContext) -> Iterator[Draft]:
    if not _usable(node) or node.kind not in _NAMED:
        return
    for name, cost in _METHODS.items():
        text = f"{node.text}.{name}()"
        yield replace(
            source, node, text, PRIMARY, summary=f"call `.{name}()` on {show(node.text)}", cost=cost
        )


def _in_own_function(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A call of a function of this file with the expression as its argument."""
    if not _usable(node) or node.kind not in _NAMED:
        return
    for rank, name in enumerate(source.callables_at(node)[:_NAMES_TRIED]):
        if name != node.text:
            words = f"pass {show(node.text)} to {show(name)}"
            again = _AGAIN if node.text.startswith(f"{name}(") else 0.0
            yield replace(
                source, node, f"{name}({node.text})", PRIMARY, summary=words, cost=again + rank_cost(rank)
            )


def _called(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x.m` as `x.m()`."""
    parent = node.parent
    if node.role != "load" or node.field == "function" or parent is None or parent.kind == "decorator":
        return
    name = node.parts[-1].text
    cost = 0.0 if name in source.methods or name in source.module.functions else 1.8
    if node.kind == "attribute" or cost == 0.0:
        yield replace(source, node, f"{node.text}()", PRIMARY, summary=f"call {show(node.text)}", cost=cost)


def _called_name(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node.role == "load" and node.field != "function" and node.text in source.module.functions:
        yield replace(source, node, f"{node.text}()", PRIMARY, summary=f"call {show(node.text)}")


def _bounded(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`max(0, e)`, `min(e, n)` and the like."""
    cost = place_cost(node)
    if cost is None:
        return
    for rank, bound in enumerate(("0", "1", *source.names_at(node)[:_NAMES_TRIED])):
        if bound != node.text:
            for extra, name in enumerate(("max", "min")):
                text = f"{name}({_inside(node)}, {bound})"
                yield replace(source, node, text, PRIMARY, cost=cost + rank_cost(rank) + 0.2 * extra)


def _or_default(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x or []`, and `x if x is not None else y`."""
    if not _usable(node) or node.kind not in _NAMED or node.field == "condition":
        return
    if node.parent is not None and node.parent.kind in {"boolean_operator", "not_operator", "if_clause"}:
        return
    names = [name for name in source.names_at(node) if name != node.text][:_NAMES_TRIED]
    for rank, default in enumerate((*_DEFAULTS, *names)):
        yield replace(source, node, f"{node.text} or {default}", OR, cost=rank_cost(rank))
        text = f"{node.text} if {node.text} is not None else {default}"
        yield replace(source, node, text, CONDITIONAL, cost=0.8 + rank_cost(rank))


def _joined(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A returned value with another of the function added before or after it, or in a list of its own."""
    if node.role != "load" or node.parent is None or node.parent.kind != "return_statement":
        return
    own = node.text if level_of(node) >= CONDITIONAL else f"({node.text})"
    yield replace(source, node, f"[{own}]", PRIMARY)
    operand = node.text if level_of(node) >= SUM else f"({node.text})"
    near = [item.text for item in source.expressions_at(node) if level_of(item.node) >= PRIMARY]
    others = dict.fromkeys([*source.names_at(node)[:_NAMES_TRIED], *near])
    usable = [text for text in others if text != node.text and not text[0].isdigit()]
    for rank, other in enumerate(usable[:_JOINED_AT_MOST]):
        yield replace(source, node, f"{other} + {operand}", SUM, cost=0.4 + rank_cost(rank))
        yield replace(source, node, f"{operand} + {other}", SUM, cost=0.6 + rank_cost(rank))


FAMILIES = (
    Family("wrap-builtin", 4.2, _SITES, _in_builtin),
    Family("call-method", 4.8, _NAMED, _with_method),
    Family("pass-to-function", 4.8, _NAMED, _in_own_function),
    Family("call-missing", 3.8, kinds("attribute"), _called),
    Family("call-missing-name", 3.8, kinds("identifier"), _called_name),
    Family("bound", 5.0, _NAMED | kinds("binary_operator parenthesized_expression"), _bounded),
    Family("default", 5.4, _NAMED, _or_default),
    Family("join-result", 5.0, _SITES, _joined),
)
