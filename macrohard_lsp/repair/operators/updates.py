"""Containers kept up to date: stored under a key, added only once, taken out, indexed within their length."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show, use
from macrohard_lsp.repair.operators.layout import (
    SIMPLE,
    before,
    indent_of,
    inner_indent,
    owns_lines,
    siblings,
)
from macrohard_lsp.repair.operators.placing import NAMED, PRIMARY, PRODUCT, level_of
from macrohard_lsp.repair.operators.statements import head
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_ADDING = kinds("append add appendleft insert")
_NAMES_TRIED = 3
_PLACES_TRIED = 3
_KEPT = kinds("identifier attribute subscript")


def _only_if(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A statement of one line only where what it adds isn't there yet, or what it uses is there."""
    indent = indent_of(source, node)
    if (
        indent is None
        or node not in siblings(node)
        or node.line != node.end_line
        or not owns_lines(source, node)
    ):
        return
    unit = inner_indent(source, node)
    for cost, test in _tests(node, source):
        start = f"if {test}:{source.newline}{indent}{unit}"
        yield Draft(((node.start, node.start, start),), f"run {head(node)} only if {show(test)}", cost)


def _tests(node: Node, source: SourceContext) -> Iterator[tuple[float, str]]:
    value = node.parts[0] if node.parts else None
    if value is not None and value.kind == "call" and value.parts[0].kind == "attribute":
        base, method = value.parts[0].parts[0], value.parts[0].parts[-1].text
        arguments = value.get("arguments")
        if (
            arguments is not None
            and method in _ADDING
            and arguments.parts
            and level_of(arguments.parts[-1]) > NAMED
        ):
            yield 0.0, f"{arguments.parts[-1].text} not in {base.text}"
    target = value.get("left") if value is not None and value.kind == "assignment" else None
    if (
        target is not None
        and target.kind == "subscript"
        and len(target.parts) == 2
        and target.parts[1].kind != "slice"
    ):
        yield 0.0, f"{target.parts[1].text} not in {target.parts[0].text}"
    if target is not None and target.kind in {"attribute", "identifier"}:
        yield 0.6, f"{target.text} is None"
    known = set(source.names_at(node))
    used = [
        inner.text for inner in source.inside(node) if inner.kind == "identifier" and inner.role == "load"
    ]
    names = [name for name in dict.fromkeys(used) if name in known]
    for rank, name in enumerate(names[:_NAMES_TRIED]):
        for extra, test in enumerate((name, f"{name} is not None", f"not {name}")):
            yield 0.4 + rank_cost(rank) + 0.3 * extra, test


def _stored_by_call(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a[k] = v` as `a.setdefault(k, v)`; `a = b` as `a.update(b)`, `a.extend(b)` and `a[k] = b`."""
    assignment = node.parts[0] if node.parts else None
    if assignment is None or assignment.kind != "assignment" or node.line != node.end_line:
        return
    left, right = assignment.get("left"), assignment.get("right")
    if (
        left is None
        or right is None
        or left.role != "store"
        or right.role != "load"
        or assignment.get("type")
    ):
        return
    written: list[str] = []
    if left.kind == "subscript" and len(left.parts) == 2 and left.parts[1].kind != "slice":
        base, key = left.parts
        written = [
            f"{base.text}.setdefault({key.text}, {right.text})",
            f"{base.text}[{key.text}] += {right.text}",
        ]
        written += [f"{base.text}[{key.text}].append({right.text})", f"{left.text} = [{right.text}]"]
    elif left.kind in {"identifier", "attribute"}:
        names = [name for name in source.names_at(node) if name not in {left.text, right.text}][:_NAMES_TRIED]
        written = [f"{left.text}.{method}({right.text})" for method in ("update", "extend", "append", "add")]
        written += [f"{left.text}[{name}] = {right.text}" for name in names]
    for rank, text in enumerate(written):
        yield Draft(((node.start, node.end, text),), use(text, node.text), 0.8 * rank_cost(rank))


def _missing(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a[k] = v`, `del a[k]` and `a.pop(k, None)` for what the function takes apart by a key."""
    if source.function_of(node) is None or node not in siblings(node):
        return
    places = [item.node for item in source.expressions_at(node) if item.node.kind == "subscript"]
    usable = [
        place for place in places if len(place.parts) == 2 and place.parts[1].kind not in {"slice", "integer"}
    ]
    for rank, place in enumerate(usable[:_PLACES_TRIED]):
        base, key = place.parts
        texts = [
            f"{place.text} = {name}" for name in source.names_at(node)[:_NAMES_TRIED] if name != key.text
        ]
        texts += [f"del {place.text}", f"{base.text}.pop({key.text}, None)"]
        for extra, text in enumerate(texts):
            span = before(source, node, text)
            if span is not None:
                yield Draft((span,), f"add {show(text)}", rank_cost(rank) + 0.5 * rank_cost(extra))


def _within_length(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a[i]` as `a[i % len(a)]` and as `a[min(i, len(a) - 1)]`."""
    value, index = node.get("value"), node.get("subscript")
    if value is None or index is None or value.kind not in _KEPT or not node.role:
        return
    if index.kind in {"slice", "string", "integer", "unary_operator", "tuple"} or len(node.parts) != 2:
        return
    own = index.text if level_of(index) >= PRODUCT else f"({index.text})"
    yield replace(source, index, f"{own} % len({value.text})", PRODUCT)
    yield replace(source, index, f"min({index.text}, len({value.text}) - 1)", PRIMARY, cost=0.4)


def _joined(node: Node, source: SourceContext) -> Iterator[Draft]:
    """What `join` is given: as text, in order, without the empty ones."""
    function, arguments = node.get("function"), node.get("arguments")
    if (
        function is None
        or arguments is None
        or function.kind != "attribute"
        or function.parts[-1].text != "join"
    ):
        return
    if arguments.kind != "argument_list" or len(arguments.parts) != 1 or arguments.parts[0].role != "load":
        return
    own = arguments.parts[0]
    for rank, text in enumerate(
        (f"map(str, {own.text})", f"sorted({own.text})", f"filter(None, {own.text})")
    ):
        yield replace(source, own, text, PRIMARY, cost=0.4 * rank)


FAMILIES = (
    Family("only-if", 4.8, SIMPLE, _only_if),
    Family("store-by-call", 4.6, kinds("expression_statement"), _stored_by_call),
    Family("missing-update", 5.4, SIMPLE | kinds("if_statement for_statement"), _missing),
    Family("within-length", 5.0, kinds("subscript"), _within_length),
    Family("join-text", 4.2, kinds("call"), _joined),
)
