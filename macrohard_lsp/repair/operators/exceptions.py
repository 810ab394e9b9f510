"""The classes named in `except`, `raise` and `isinstance`."""

import builtins
from collections.abc import Iterator
from itertools import pairwise

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show, use
from macrohard_lsp.repair.operators.layout import owns_lines
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_TRIED = 10
_TYPES = ("int", "str", "list", "tuple", "dict", "float", "set", "bool", "bytes", "frozenset")
_USUAL = ("ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "RuntimeError", "OSError")


def is_builtin_exception(name: str) -> bool:
    known = getattr(builtins, name, None)
    return isinstance(known, type) and issubclass(known, BaseException)


def _relatives(name: str) -> list[str]:
    """The builtin exceptions around one: base, siblings and what derives from it, the usual ones first."""
    known = getattr(builtins, name, None)
    if not isinstance(known, type) or not is_builtin_exception(name):
        return []
    base = known.__base__
    around = [known for known in (base,) if known is not None and known is not object]
    around += sorted(base.__subclasses__() if base is not None else (), key=lambda kind: kind.__name__)
    around += sorted(known.__subclasses__(), key=lambda kind: kind.__name__)
    builtin = [kind.__name__ for kind in around if kind.__module__ == "builtins"]
    first = [*builtin[:1], *(other for other in _USUAL if other in builtin), *_USUAL, *builtin]
    return [other for other in dict.fromkeys(first) if other != name]


def exceptions_of(source: SourceContext) -> list[str]:
    """What this file already catches or raises, in order of appearance."""
    found: dict[str, None] = {}
    for node in source.nodes:
        parent = node.parent
        if node.kind not in {"identifier", "attribute"} or node.role != "load" or parent is None:
            continue
        raised = parent.kind == "call" and node.field == "function" and parent.parent is not None
        if raised and parent.parent is not None and parent.parent.kind == "raise_statement":
            found[node.text] = None
        if parent.kind == "except_clause" or (parent.kind == "as_pattern" and _clause_of(node) is not None):
            found[node.text] = None
    return list(found)


def _clause_of(node: Node) -> Node | None:
    """The `except` clause whose classes `node` is one of."""
    for ancestor in node.ancestors():
        if ancestor.kind == "except_clause":
            return ancestor
        if ancestor.kind not in {"as_pattern", "tuple"}:
            return None
    return None


def _caught(node: Node, source: SourceContext) -> Iterator[Draft]:
    clause = _clause_of(node)
    if node.role != "load" or clause is None:
        return
    others = dict.fromkeys([*exceptions_of(source), *_relatives(node.text), "Exception"])
    for rank, name in enumerate([other for other in others if other != node.text][:_TRIED]):
        yield Draft(((node.start, node.end, name),), use(name, node.text), 0.4 + rank_cost(rank))
        parent = node.parent
        if parent is not None and parent.kind == "tuple":
            yield Draft(((node.end, node.end, f", {name}"),), f"catch {show(name)} too", rank_cost(rank))
        else:
            both = f"({node.text}, {name})"
            yield Draft(((node.start, node.end, both),), f"catch {show(name)} too", rank_cost(rank))


def _raised(node: Node, source: SourceContext) -> Iterator[Draft]:
    parent = node.parent
    called = parent is not None and parent.kind == "call" and node.field == "function"
    statement = parent.parent if called and parent is not None else parent
    if (
        node.role != "load"
        or statement is None
        or statement.kind != "raise_statement"
        or node.field == "cause"
    ):
        return
    others = dict.fromkeys([*exceptions_of(source), *_relatives(node.text)])
    for rank, name in enumerate([other for other in others if other != node.text][:_TRIED]):
        yield Draft(((node.start, node.end, name),), use(name, node.text), rank_cost(rank))


def _checked_type(node: Node, source: SourceContext) -> Iterator[Draft]:
    """The second argument of `isinstance` and `issubclass`."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or arguments is None or function.text not in {"isinstance", "issubclass"}:
        return
    if len(arguments.parts) != 2:
        return
    own = arguments.parts[1]
    present = {part.text for part in own.parts} if own.kind == "tuple" else {own.text}
    others = [name for name in dict.fromkeys([*_TYPES, *source.module.classes]) if name not in present]
    for rank, name in enumerate(others):
        if own.kind == "tuple" and own.parts:
            span = (own.parts[-1].end, own.parts[-1].end, f", {name}")
        else:
            span = (own.start, own.end, f"({own.text}, {name})")
            yield Draft(((own.start, own.end, name),), use(name, own.text), rank_cost(rank))
        yield Draft((span,), f"let {show(name)} pass the type check too", rank_cost(rank))


def _clause_order(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Neighbouring `except` clauses in the other order."""
    clauses = [part for part in node.parts if part.kind == "except_clause"]
    for first, second in pairwise(clauses):
        if first.get("value") is None or second.get("value") is None or not owns_lines(source, second):
            continue
        spans = ((first.start, first.end, second.text), (second.start, second.end, first.text))
        yield Draft(spans, f"swap {show(first.text.splitlines()[0])} and {show(second.text.splitlines()[0])}")


FAMILIES = (
    Family("caught", 3.8, kinds("identifier attribute"), _caught),
    Family("raised", 4.0, kinds("identifier attribute"), _raised),
    Family("checked-type", 3.8, kinds("call"), _checked_type),
    Family("except-order", 4.4, kinds("try_statement"), _clause_order),
)
