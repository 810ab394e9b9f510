"""Another variable, attribute or function in place of the one named."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show, use
from macrohard_lsp.repair.operators.placing import ATOM, PRIMARY
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_CALLABLES_TRIED = 12
_ATTRIBUTES_TRIED = 16
# Somebody had a reason to bind a name: an edit after which nothing uses it is rarely the one.
_LEFT_UNUSED = 1.5


def _variable(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node.role != "load" or node.field == "function":
        return
    extra = _LEFT_UNUSED if _is_only_use(node, source) else 0.0
    for rank, name in enumerate(source.names_at(node)):
        if name != node.text:
            yield replace(source, node, name, ATOM, cost=rank_cost(rank) + extra)


def _is_only_use(node: Node, source: SourceContext) -> bool:
    """Whether a variable of the function around, or a parameter, would be good for nothing without `node`."""
    function = source.function_of(node)
    return function is not None and len(source.bindings(function).get(node.text, ())) == 2


def _target(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Another name to assign to."""
    if node.role != "store":
        return
    for rank, name in enumerate(source.names_at(node)):
        if name != node.text:
            words = f"assign to {show(name)} instead of {show(node.text)}"
            yield Draft(((node.start, node.end, name),), words, rank_cost(rank))


def _target_expression(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Another subscript or attribute of the function to assign to."""
    if node.role != "store":
        return
    places = [
        item.node for item in source.expressions_at(node) if item.node.kind in {"subscript", "attribute"}
    ]
    for rank, place in enumerate(other for other in places if other.text != node.text):
        words = f"assign to {show(place.text)} instead of {show(node.text)}"
        yield Draft(((node.start, node.end, place.text),), words, rank_cost(rank))


def _member(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Another attribute that this file takes of the same object."""
    base, attribute = node.get("object"), node.get("attribute")
    if not node.role or base is None or attribute is None:
        return
    others = source.attributes_of(base, called=node.field == "function")
    for rank, name in enumerate([other for other in others if other != attribute.text][:_ATTRIBUTES_TRIED]):
        yield Draft(((attribute.start, attribute.end, name),), use(name, attribute.text), rank_cost(rank))


def _member_of_file(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Any attribute this file takes of anything without calling it."""
    attribute = node.get("attribute")
    if not node.role or attribute is None or node.field == "function":
        return
    others = [name for name in source.members if name != attribute.text]
    for rank, name in enumerate(others[:_ATTRIBUTES_TRIED]):
        yield Draft(((attribute.start, attribute.end, name),), use(name, attribute.text), rank_cost(rank))


def _own_attribute(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`self.x` where `x` or another variable stands."""
    mine = source.self_name(node)
    if node.role != "load" or mine is None or node.text == mine:
        return
    known = source.attributes.get(mine, {})
    if node.text in known:
        yield replace(source, node, f"{mine}.{node.text}", PRIMARY)
    if node.field == "function":
        return
    others = [name for name in known if name not in source.methods and name != node.text]
    for rank, name in enumerate(others[:_ATTRIBUTES_TRIED]):
        yield replace(source, node, f"{mine}.{name}", PRIMARY, cost=1.2 + rank_cost(rank))


def _without_self(node: Node, source: SourceContext) -> Iterator[Draft]:
    """The variable `x` where `self.x` or another attribute stands."""
    base, attribute = node.get("object"), node.get("attribute")
    if node.role != "load" or base is None or attribute is None or node.field == "function":
        return
    names = source.names_at(node)
    if attribute.text in names:
        yield replace(source, node, attribute.text, ATOM)
    if base.kind == "identifier":
        for rank, name in enumerate(name for name in names if name != attribute.text):
            yield replace(source, node, name, ATOM, cost=1.0 + rank_cost(rank))


def _callee(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Another function or class of this file to call."""
    if node.role != "load" or node.field != "function":
        return
    for rank, name in enumerate(source.callables_at(node)[:_CALLABLES_TRIED]):
        if name != node.text:
            yield replace(source, node, name, ATOM, cost=rank_cost(rank))


def _class_or_function(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Another function or class of this file where one is named without being called."""
    if node.role != "load" or node.field == "function" or node.text in source.names_at(node):
        return
    known = source.callables_at(node)
    if node.text in known:
        for rank, name in enumerate([other for other in known if other != node.text][:_CALLABLES_TRIED]):
            yield replace(source, node, name, ATOM, cost=rank_cost(rank))


FAMILIES = (
    Family("variable", 2.3, kinds("identifier"), _variable),
    Family("target", 4.2, kinds("identifier"), _target),
    Family("target-expression", 4.4, kinds("identifier subscript attribute"), _target_expression),
    Family("member", 2.9, kinds("attribute"), _member),
    Family("member-of-file", 3.9, kinds("attribute"), _member_of_file),
    Family("own-attribute", 3.4, kinds("identifier"), _own_attribute),
    Family("without-self", 3.7, kinds("attribute"), _without_self),
    Family("callee", 3.9, kinds("identifier"), _callee),
    Family("other-definition", 4.2, kinds("identifier"), _class_or_function),
)
