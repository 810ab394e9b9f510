"""A variable for a value, brought into another form at once."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace
from macrohard_lsp.repair.operators.placing import PRIMARY
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NAMES_TRIED = 4
_FORMS = (
    "len({})", "str({})", "int({})", "abs({})", "sum({})", "set({})", "list({})", "max({})", "min({})", "bin({})",
    "sorted({})", "float({})", "ord({})", "chr({})", "range({})", "reversed({})",
)  # fmt: skip
_TEXTS = ("{}.encode()", "str({})", "{}.lower()", "{}.upper()", "{}.strip()", "repr({})", "{}.decode()")


def _converted(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A variable as a conversion of another one: `xs` as `str(n)`."""
    parent = node.parent
    if node.role != "load" or node.field == "function" or parent is None:
        return
    if parent.kind in {"expression_statement", "decorator", "except_clause"}:
        return
    names = source.names_at(node)
    for rank, name in enumerate([name for name in names if name != node.text][:_NAMES_TRIED]):
        for place, form in enumerate(form for form in _FORMS if form.partition("(")[0] not in names):
            cost = rank_cost(rank) + 0.5 * rank_cost(place)
            yield replace(source, node, form.format(name), PRIMARY, cost=cost)


def _text_of(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A fixed string as the text, or the bytes, of a variable."""
    if node.role != "load":
        return
    for rank, name in enumerate(source.names_at(node)[:_NAMES_TRIED]):
        for place, form in enumerate(_TEXTS):
            cost = rank_cost(rank) + 0.5 * rank_cost(place)
            yield replace(source, node, form.format(name), PRIMARY, cost=cost)


FAMILIES = (
    Family("text-of-variable", 4.8, kinds("string"), _text_of),
    Family("converted-variable", 5.8, kinds("identifier"), _converted),
)
