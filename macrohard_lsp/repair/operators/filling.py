"""A collection that is made empty and asked, and that nothing is ever put into."""

from collections.abc import Iterator
from functools import lru_cache

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show
from macrohard_lsp.repair.operators.layout import COMPOUND, SIMPLE, before, siblings
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node

_EMPTY = {
    "set()": "{}.add({})",
    "[]": "{}.append({})",
    "list()": "{}.append({})",
    "deque()": "{}.append({})",
    "{}": "{}[{}] = {}",
    "dict()": "{}[{}] = {}",
}
# Calls that look at what they are given and leave it as it is.
_LOOKING = frozenset(
    [
        "len",
        "sorted",
        "list",
        "tuple",
        "set",
        "any",
        "all",
        "sum",
        "min",
        "max",
        "enumerate",
        "zip",
        "iter",
        "str",
        "print",
    ]
)
_NAMES_TRIED = 4
_FILES_KNOWN = 8


def _filled(node: Node, source: SourceContext) -> Iterator[Draft]:
    function = source.function_of(node)
    if function is None or node not in siblings(node):
        return
    known = source.names_at(node)
    for owner, name, shape, tested in _never_filled(source):
        if name not in known or not owner.contains(node):
            continue
        values = [text for text in tested if text in known]
        values += [other for other in known[:_NAMES_TRIED] if other not in {name, *values}]
        for rank, value in enumerate(values):
            others = known[:_NAMES_TRIED] if shape.endswith("= {}") else ("",)
            for place, other in enumerate(others):
                text = shape.format(name, value, other)
                span = before(source, node, text)
                if span is not None:
                    likely = 0.0 if value in tested else 1.0
                    yield Draft((span,), f"add {show(text)}", likely + rank_cost(rank) + rank_cost(place))


@lru_cache(maxsize=_FILES_KNOWN)
def _never_filled(source: SourceContext) -> tuple[tuple[Node, str, str, tuple[str, ...]], ...]:
    """Such variables: their function, the name, how it would be filled, and what is looked for in it."""
    found: list[tuple[Node, str, str, tuple[str, ...]]] = []
    for node in source.nodes:
        left, right = node.get("left"), node.get("right")
        function = source.function_of(node) if node.kind == "assignment" else None
        if function is None or left is None or right is None or left.kind != "identifier":
            continue
        uses = [
            inner
            for inner in source.inside(function)
            if inner.kind == "identifier" and inner.text == left.text and inner is not left
        ]
        if right.text in _EMPTY and uses and not any(_may_fill(use) for use in uses):
            tested = [text for use in uses if (text := _looked_for(use))]
            found.append((function, left.text, _EMPTY[right.text], tuple(dict.fromkeys(tested))))
    return tuple(found)


def _may_fill(use: Node) -> bool:
    parent = use.parent
    if parent is None or use.role != "load":
        return True
    if parent.kind == "attribute":
        return parent.field == "function" and parent.parts[-1].text not in {"keys", "values", "items", "get"}
    if parent.kind == "subscript":
        return parent.role == "store"
    if parent.kind == "argument_list" and parent.parent is not None:
        return parent.parent.parts[0].text not in _LOOKING
    return parent.kind in {"augmented_assignment", "assignment", "keyword_argument", "list_splat", "pair"}


def _looked_for(use: Node) -> str:
    parent = use.parent
    if parent is None or parent.kind != "comparison_operator" or len(parent.parts) != 2:
        return ""
    operators = [child.text for child in parent.children if child.field == "operators"]
    asked = operators[0] in {"in", "not in"} and use is parent.parts[1]
    return parent.parts[0].text if asked else ""


FAMILIES = (Family("never-filled", 2.6, SIMPLE | COMPOUND, _filled),)
