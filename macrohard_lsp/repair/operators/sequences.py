"""Indexes, slices and ranges."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, exchange, rank_cost, replace, show, use
from macrohard_lsp.repair.operators.placing import PRIMARY, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NAMES_TRIED = 5
_INDEXES = ("-1", "0", "1", "-2", "2")
_SLICES = ("1:", ":-1", "::-1", ":", ":1", "-1:", "::2", "2:")
_TAKEN_APART = kinds("identifier attribute call subscript list list_comprehension tuple")


def _index(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Another index."""
    indexes = _subscripts(node)
    if len(indexes) != 1 or indexes[0].kind == "slice" or not node.role:
        return
    own = indexes[0]
    names = [name for name in source.names_at(node) if name != own.text][:_NAMES_TRIED]
    for rank, text in enumerate((*(() if own.kind == "string" else _INDEXES), *names)):
        if text != own.text:
            yield Draft(
                ((own.start, own.end, text),), f"index with {use(text, own.text)[4:]}", rank_cost(rank)
            )
    if own.kind != "string":
        for rank, text in enumerate((f"{own.text}:", f":{own.text}", f"{own.text}, None")[:2]):
            if level_of(own) > 1:
                yield Draft(
                    ((own.start, own.end, text),), f"take the slice `[{_short(text)}]`", 1.5 + 0.2 * rank
                )


def _short(text: str) -> str:
    return show(text).strip("`")


def _subscripts(node: Node) -> list[Node]:
    return [child for child in node.children if child.field == "subscript"]


def _exchanged(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x[i][j]` as `x[j][i]`, `x[i, j]` as `x[j, i]`, and `a[b]` as `b[a]`."""
    indexes = _subscripts(node)
    value = node.get("value")
    if len(indexes) == 2:
        yield exchange(source, indexes[0], indexes[1], "swap the indexes")
    if value is None or len(indexes) != 1:
        return
    inner = _subscripts(value) if value.kind == "subscript" else []
    if len(inner) == 1 and inner[0].text != indexes[0].text:
        yield exchange(source, inner[0], indexes[0], "swap the indexes")
    elif value.kind == indexes[0].kind == "identifier" and value.text != indexes[0].text:
        yield exchange(source, value, indexes[0], f"swap {show(value.text)} and its index", cost=1.0)


def _bounds(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A slice with a bound dropped, added or exchanged, or with another step."""
    bounds = _slice_bounds(node)
    choices = ("1", "-1", *source.names_at(node)[:_NAMES_TRIED])
    written: dict[str, float] = {}
    for place in (0, 1):
        if bounds[place]:
            _note(written, bounds, place, "", 0.0)
        for rank, text in enumerate(choices):
            _note(written, bounds, place, text, (0.3 if bounds[place] else 0.0) + rank_cost(rank))
    if bounds[0] != bounds[1]:
        written.setdefault(_slice_text([bounds[1], bounds[0], bounds[2]]), 0.8)
    for rank, step in enumerate(("-1", "2", "")):
        _note(written, bounds, 2, step, 0.8 + rank_cost(rank))
    for text, cost in written.items():
        if text != node.text:
            yield Draft(((node.start, node.end, text),), f"take the slice `[{_short(text)}]`", cost)


def _slice_bounds(node: Node) -> list[str]:
    bounds = ["", "", ""]
    place = 0
    for child in node.children:
        if child.kind == ":":
            place += 1
        elif child.named and child.kind != "comment":
            bounds[place] = child.text
    return bounds


def _note(written: dict[str, float], bounds: list[str], place: int, text: str, cost: float) -> None:
    changed = [text if index == place else bound for index, bound in enumerate(bounds)]
    written.setdefault(_slice_text(changed), cost)


def _slice_text(bounds: list[str]) -> str:
    return f"{bounds[0]}:{bounds[1]}" + (f":{bounds[2]}" if bounds[2] else "")


def _part(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x` as `x[1:]`, `x[0]`, `x[i]`: a part of any expression."""
    parent = node.parent
    if node.role != "load" or node.field in {"function", "object"} or parent is None:
        return
    if parent.kind in {"expression_statement", "decorator", "except_clause", "raise_statement"}:
        return
    names = [name for name in source.names_at(node) if name != node.text][:_NAMES_TRIED]
    looped = (
        0.0 if parent.kind in {"for_statement", "for_in_clause", "argument_list", "return_statement"} else 0.5
    )
    bounds = [*_SLICES, *(text for name in names[:3] for text in (f"{name}:", f":{name}"))]
    for rank, text in enumerate(bounds):
        words = f"take {show(f'[{text}]')} of {show(node.text)}"
        yield replace(
            source, node, f"{node.text}[{text}]", PRIMARY, summary=words, cost=looped + rank_cost(rank)
        )
    for rank, text in enumerate((*names, "0", "-1", "1")):
        words = f"take {show(f'[{text}]')} of {show(node.text)}"
        yield replace(
            source, node, f"{node.text}[{text}]", PRIMARY, summary=words, cost=0.3 + rank_cost(rank)
        )


def _range(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """Where a range starts, how it steps; what `enumerate` counts from."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or arguments is None or arguments.kind != "argument_list":
        return
    own = [part for part in arguments.parts if part.role == "load"]
    inner = (arguments.start + 1, arguments.end - 1)
    texts = [part.text for part in own]
    for cost, changed in _ranges(function.text, texts):
        row = ", ".join(changed)
        yield Draft(((*inner, row),), use(f"{function.text}({row})", node.text), cost)


def _ranges(function: str, texts: list[str]) -> Iterator[tuple[float, list[str]]]:
    if function == "enumerate" and len(texts) == 1:
        yield 0.0, [texts[0], "1"]
    if function == "range" and len(texts) == 1:
        stop = texts[0]
        yield 0.0, ["1", stop]
        yield 0.3, ["1", f"{stop} + 1"]
        yield 0.8, ["2", stop]
        yield 1.0, ["2", f"{stop} + 1"]
        yield 1.0, [f"{stop} - 1", "-1", "-1"]
        yield 1.2, ["0", stop, "2"]
        yield 0.8, [f"len({stop})"]
    if function == "range" and len(texts) == 2:
        yield 0.4, [texts[1]]
        yield 0.8, [texts[0], texts[1], "2"]
        yield 0.6, [texts[0], texts[1], "-1"]
        yield 0.9, [texts[1], texts[0], "-1"]
    if function == "range" and len(texts) == 3:
        yield 0.4, texts[:2]
        yield 0.5, [*texts[:2], f"-{texts[2]}"]


FAMILIES = (
    Family("index", 3.8, kinds("subscript"), _index),
    Family("index-swap", 4.0, kinds("subscript"), _exchanged),
    Family("slice", 3.2, kinds("slice"), _bounds),
    Family("part", 4.3, _TAKEN_APART, _part),
    Family("range", 3.0, kinds("call"), _range),
)
