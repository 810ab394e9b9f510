"""Which parameter an argument is for: another keyword, a keyword for a position, another method of one's own."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.calls import taken_by
from macrohard_lsp.repair.operators.classes import class_around
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show, use
from macrohard_lsp.repair.operators.placing import PRIMARY
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_TRIED = 6
# Keywords of the standard library that stand for one another.
_ROWS = (
    "days hours minutes seconds weeks milliseconds microseconds", "stdout stderr", "maxsplit sep", "end sep",
    "default factory default_factory", "start end", "left right", "timeout deadline", "init repr compare hash",
)  # fmt: skip


def _other(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Another keyword for a value."""
    call = node.parent.parent if node.parent is not None else None
    name = node.get("name")
    if call is None or call.kind != "call" or name is None:
        return
    present = {part.parts[0].text for part in _arguments(call) if part.kind == "keyword_argument"}
    beside = [other for row in _ROWS if name.text in row.split() for other in row.split()]
    known = list(dict.fromkeys([*taken_by(call, source), *beside]))
    for rank, other in enumerate([one for one in known if one not in present][:_TRIED]):
        yield Draft(((name.start, name.end, other),), use(f"{other}=", f"{name.text}="), rank_cost(rank))


def _named(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A keyword for the last positional argument."""
    call = node.parent
    if call is None or call.kind != "call" or node.kind != "argument_list":
        return
    positional = [part for part in node.parts if part.role == "load"]
    present = {part.parts[0].text for part in node.parts if part.kind == "keyword_argument"}
    if not positional:
        return
    last = positional[-1]
    for rank, name in enumerate([name for name in taken_by(call, source) if name not in present][:_TRIED]):
        span = (last.start, last.start, f"{name}=")
        yield Draft((span,), f"pass {show(last.text)} as {show(name)}", rank_cost(rank))


def _arguments(call: Node) -> list[Node]:
    arguments = call.get("arguments")
    return arguments.parts if arguments is not None else []


def _own_method(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`m()` as `self.m()`, and another method of the same class for `self.m()`."""
    mine = source.self_name(node)
    owner = class_around(node, source) if mine is not None else None
    body = owner.get("body") if owner is not None else None
    if node.role != "load" or node.field != "function" or mine is None or body is None:
        return
    methods = [name for part in body.parts if (name := _name_of(part))]
    if node.kind == "identifier":
        if node.text in methods:
            yield replace(source, node, f"{mine}.{node.text}", PRIMARY)
        return
    base, attribute = node.parts[0], node.parts[-1]
    if base.text != mine:
        return
    for rank, name in enumerate([name for name in methods if name != attribute.text][:_TRIED]):
        yield Draft(
            ((attribute.start, attribute.end, name),), use(name, attribute.text), 0.4 + rank_cost(rank)
        )


def _name_of(part: Node) -> str:
    """What a statement in the body of a class defines; empty where that is no method."""
    definition = part.get("definition") if part.kind == "decorated_definition" else part
    if definition is None or definition.kind != "function_definition":
        return ""
    name = definition.get("name")
    return name.text if name is not None else ""


FAMILIES = (
    Family("other-keyword", 3.8, kinds("keyword_argument"), _other),
    Family("by-keyword", 4.2, kinds("argument_list"), _named),
    Family("own-method", 3.6, kinds("identifier attribute"), _own_method),
)
