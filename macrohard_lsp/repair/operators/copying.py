"""A copy where the same object would be shared, and `is` where `==` stands."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, replace, show, use
from macrohard_lsp.repair.operators.placing import PRIMARY
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_SHARED = kinds("identifier attribute subscript")
_WAYS = (
    ("list({})", 0.0),
    ("{}.copy()", 0.1),
    ("dict({})", 0.3),
    ("{}[:]", 0.5),
    ("tuple({})", 0.5),
    ("set({})", 0.7),
)
# Where an object begins to be shared, by the kind of what is around it.
_PLACES = {
    "assignment": 0.0,
    "return_statement": 0.1,
    "argument_list": 0.5,
    "pair": 0.4,
    "for_statement": 0.1,
    "keyword_argument": 0.4,
}
_IDENTITY = {"==": "is", "!=": "is not"}


def _copied(node: Node, source: SourceContext) -> Iterator[Draft]:
    parent = node.parent
    place = _PLACES.get(parent.kind) if parent is not None else None
    if node.role != "load" or place is None or node.field in {"type", "left", "name"}:
        return
    module = "copy" in source.module.imports
    ways = (*_WAYS, ("copy.copy({})", 0.0), ("copy.deepcopy({})", 0.2)) if module else _WAYS
    if "deepcopy" in source.module.imports:
        ways = (*ways, ("deepcopy({})", 0.0))
    for way, cost in ways:
        text = way.format(node.text)
        yield replace(source, node, text, PRIMARY, summary=f"copy: {use(text, node.text)}", cost=cost + place)


def _identity(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`==` as `is`; where two are compared, an equal one may not be the same."""
    operators = [child for child in node.children if child.field == "operators"]
    if len(operators) != 1 or operators[0].text not in _IDENTITY:
        return
    other = _IDENTITY[operators[0].text]
    literal = node.parts[-1].kind in {"true", "false", "none"}
    if node.parts[-1].kind in {"integer", "string", "float", "list", "tuple", "dictionary", "set"}:
        return
    span = (operators[0].start, operators[0].end, other)
    yield Draft((span,), f"test {show(node.text)} for identity", 0.0 if literal else 0.6)


FAMILIES = (
    Family("copy", 3.9, _SHARED, _copied),
    Family("identity", 3.8, kinds("comparison_operator"), _identity),
)
