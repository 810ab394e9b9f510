"""An expression of the same function in place of another."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace
from macrohard_lsp.repair.operators.placing import level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_SITES = kinds(
    "identifier integer float string true false none call attribute subscript binary_operator unary_operator "
    "list tuple dictionary conditional_expression list_comprehension"
)
# A whole expression of many nodes replaced by another is rarely a repair.
_LARGEST_SITE = 16
_TRIED = 24


def _ingredient(node: Node, source: SourceContext) -> Iterator[Draft]:
    parent = node.parent
    if node.role != "load" or parent is None or node.field == "function" or node.size > _LARGEST_SITE:
        return
    if parent.kind in {"expression_statement", "decorator"}:
        return
    head = node.field in {"object", "value"} and parent.kind in {"attribute", "subscript"}
    found = 0
    for item in source.expressions_at(node):
        other = item.node
        if other.text == node.text or (other.kind == "identifier" and node.kind == "identifier"):
            continue
        if head and other.kind not in {"identifier", "attribute", "subscript", "call"}:
            continue
        if other.kind == "identifier" and other.text not in source.names_at(node):
            continue
        found += 1
        if found > _TRIED:
            return
        unlike = 0.0 if other.kind == node.kind else 0.5
        cost = rank_cost(found) + 0.05 * other.size + unlike + (0.6 if head else 0.0)
        yield replace(source, node, other.text, level_of(other), cost=cost)


FAMILIES = (Family("ingredient", 3.2, _SITES, _ingredient),)
