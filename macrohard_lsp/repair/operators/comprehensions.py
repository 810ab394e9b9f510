"""Comprehensions: a condition dropped or added, another kind of collection."""

from collections.abc import Iterator

from macrohard_lsp.repair.bindings import target_names
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show
from macrohard_lsp.repair.operators.placing import OR, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import COMPREHENSIONS, Node, kinds

_CONDITIONS_TRIED = 6


def _dropped(node: Node, source: SourceContext) -> Iterator[Draft]:
    start = node.start
    while start and source.text[start - 1].isspace():
        start -= 1
    yield Draft(((start, node.end, ""),), f"drop {show(node.text)}")


def _added(node: Node, source: SourceContext) -> Iterator[Draft]:
    last = node.parts[-1]
    targets = [
        name for part in node.parts if (left := part.get("left")) is not None for name in target_names(left)
    ]
    if last.kind not in {"for_in_clause", "if_clause"} or not targets:
        return
    tests = [text for name in targets for text in (name, f"{name} is not None", f"not {name}", f"{name} > 0")]
    tests += [
        item.text if level_of(item.node) >= OR else f"({item.text})"
        for item in source.conditions_at(node)[:_CONDITIONS_TRIED]
    ]
    for rank, test in enumerate(dict.fromkeys(tests)):
        yield Draft(
            ((last.end, last.end, f" if {test}"),), f"take only what {show(test)} holds for", rank_cost(rank)
        )


def _collection(node: Node, _source: SourceContext) -> Iterator[Draft]:
    opening, closing = node.children[0], node.children[-1]
    if (node.kind, opening.text) not in {("list_comprehension", "["), ("set_comprehension", "{")}:
        return
    other = "{}" if opening.text == "[" else "[]"
    kind = "set" if opening.text == "[" else "list"
    spans = ((opening.start, opening.end, other[0]), (closing.start, closing.end, other[1]))
    yield Draft(spans, f"make a {kind} of {show(node.text)}")


FAMILIES = (
    Family("drop-filter", 3.8, kinds("if_clause"), _dropped),
    Family("add-filter", 4.6, COMPREHENSIONS, _added),
    Family("other-collection", 4.8, kinds("list_comprehension set_comprehension"), _collection),
)
