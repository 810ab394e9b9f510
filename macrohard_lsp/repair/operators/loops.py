"""Loops that can't end: what the condition asks for never changes, or what changes is never asked for."""

from collections.abc import Iterator
from functools import lru_cache

from macrohard_lsp.repair.bindings import target_names
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show
from macrohard_lsp.repair.operators.layout import JUMPS, after, before, is_docstring
from macrohard_lsp.repair.operators.placing import ATOM, PRIMARY
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_STEPS = ("{} -= 1", "{} += 1", "{} //= 2", "{} = {}[1:]", "{} = {}[:-1]", "{}.pop()")
_PARTS = ("{}[{}:]", "{}[:{}]", "{}[{}]", "{} - {}", "{} + {}")
_ATTRIBUTES_TRIED = 3
_CHANGED_TRIED = 3
# A loop that may be left from within can end without its condition.
_LEFT_FROM_WITHIN = 2.0
_FILES_KNOWN = 8


def _progress(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A step towards the end of a `while` whose body changes nothing that its condition asks for."""
    stuck = _stuck(source).get(node.order)
    body = node.get("body")
    if stuck is None or body is None:
        return
    last = [part for part in body.parts if not is_docstring(part)][-1:]
    if not last:
        return
    asked, _, cost = stuck
    for rank, name in enumerate(asked):
        near = [text for text in source.attributes.get(name.text, {}) if text not in source.methods]
        steps = [step.replace("{}", name.text) for step in _STEPS]
        steps += [f"{name.text} = {name.text}.{text}" for text in near[:_ATTRIBUTES_TRIED]]
        for place, text in enumerate(steps):
            add = before if last[0].kind in JUMPS else after
            span = add(source, last[0], text)
            if span is not None:
                extra = cost + rank_cost(rank) + rank_cost(place)
                yield Draft((span,), f"add {show(text)} to the loop", extra)


def _asking(node: Node, source: SourceContext) -> Iterator[Draft]:
    """The condition of such a loop with a variable in it that the body does change."""
    stuck = _stuck(source).get(node.order)
    if stuck is None:
        return
    asked, changed, cost = stuck
    for rank, name in enumerate(asked):
        for place, variable in enumerate(changed[:_CHANGED_TRIED]):
            extra = cost + rank_cost(rank) + rank_cost(place)
            yield replace(source, name, variable, ATOM, cost=extra)
            for further, shape in enumerate(_PARTS[:3]):
                text = shape.format(name.text, variable)
                yield replace(source, name, text, PRIMARY, cost=extra + 0.2 * (further + 1))


@lru_cache(maxsize=_FILES_KNOWN)
def _stuck(source: SourceContext) -> dict[int, tuple[list[Node], list[str], float]]:
    """The `while` loops that may never end: names their conditions ask for, names they change, a cost."""
    found: dict[int, tuple[list[Node], list[str], float]] = {}
    for node in source.nodes:
        condition, body = node.get("condition"), node.get("body")
        if node.kind != "while_statement" or condition is None or body is None:
            continue
        asked = [
            inner
            for inner in source.inside(condition)
            if inner.kind == "identifier" and inner.role == "load" and inner.field != "function"
        ]
        changed, touched = _changes(source, body)
        if asked and not {name.text for name in asked} & (touched | set(changed)):
            inside = {inner.kind for inner in source.inside(body)}
            cost = _LEFT_FROM_WITHIN if inside & (JUMPS - {"continue_statement"}) else 0.0
            once = {name.text: name for name in asked}
            found[node.order] = (list(once.values()), changed, cost)
    return found


def _changes(source: SourceContext, body: Node) -> tuple[list[str], set[str]]:
    """Names that `body` binds anew, and those of objects it may change: with a method, an item, as an argument."""
    bound: dict[str, None] = {}
    touched: set[str] = set()
    for node in source.inside(body):
        if node.role == "store":
            bound.update(dict.fromkeys(target_names(node)))
            touched.add(_base(node))
        elif node.kind == "attribute" and node.field == "function":
            touched.add(_base(node))
        elif node.kind == "identifier" and node.parent is not None and node.parent.kind == "argument_list":
            touched.add(node.text)
        elif node.kind == "delete_statement":
            touched.update(inner.text for inner in source.inside(node) if inner.kind == "identifier")
    return list(bound), touched


def _base(node: Node) -> str:
    while node.kind in {"attribute", "subscript", "call"} and node.parts:
        node = node.parts[0]
    return node.text


FAMILIES = (
    Family("loop-progress", 2.8, kinds("while_statement"), _progress),
    Family("loop-condition", 3.0, kinds("while_statement"), _asking),
)
