"""Taking one element out of a comma-separated row."""

from macrohard_lsp.repair.operators.family import Span
from macrohard_lsp.repair.tree import Node


def removed(row: Node, element: Node) -> Span | None:
    """The span that takes `element` and one comma out of `row`; None when it isn't one of its elements."""
    elements = row.parts
    if element not in elements:
        return None
    place = elements.index(element)
    if place + 1 < len(elements):
        return (element.start, elements[place + 1].start, "")
    if place:
        return (elements[place - 1].end, element.end, "")
    comma = next(
        (child for child in row.children if child.kind == "," and child.start >= element.end), element
    )
    return (element.start, comma.end, "")
