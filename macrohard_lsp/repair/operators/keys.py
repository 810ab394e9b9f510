"""What things are sorted by: a property of each, the other way round, and the thing itself where that ties."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_PROPERTIES = (
    "len({})", "{}[0]", "{}[1]", "{}[-1]", "abs({})", "sum({})", "len(set({}))", "{}.lower()", "str({})",
    "int({})", "max({})", "{}",
)  # fmt: skip
_FORMS = ("({}, item)", "(-{}, item)", "-{}", "{}")
_SORTING = frozenset({"sorted", "sort", "min", "max"})


def _sorted_by(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`sorted(xs)` as `sorted(xs, key=lambda item: …)`."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or arguments is None or arguments.kind != "argument_list":
        return
    name = function.parts[-1].text if function.kind == "attribute" else function.text
    if name not in _SORTING or any("splat" in part.kind for part in arguments.parts):
        return
    if any(part.kind == "keyword_argument" and part.parts[0].text == "key" for part in arguments.parts):
        return
    place = arguments.parts[-1].end if arguments.parts else arguments.start + 1
    comma = ", " if arguments.parts else ""
    for rank, shape in enumerate(_PROPERTIES):
        for extra, form in enumerate(_FORMS):
            value = form.format(shape.format("item"))
            if value not in {"item", "(item, item)"}:
                text = f"{comma}key=lambda item: {value}"
                words = f"sort by {show(value)}"
                yield Draft(((place, place, text),), words, 0.5 * rank_cost(rank) + 0.2 * extra)


FAMILIES = (Family("sort-by", 5.0, kinds("call"), _sorted_by),)
