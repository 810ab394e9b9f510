"""Arguments of calls: swapped, dropped, added from what is in reach."""

from collections.abc import Iterator
from itertools import combinations

from macrohard_lsp.repair.operators.family import Draft, Family, exchange, rank_cost, show, use
from macrohard_lsp.repair.operators.listing import removed
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_BY_KEYWORD = kinds("keyword_argument dictionary_splat")
_SWAPPED_AT_MOST = 6
_NAMES_TRIED = 8
_KEYS = ("key=len", "key=str", "key=abs", "key=lambda item: item[0]", "key=lambda item: item[1]", "key=int")
_SORTING = {
    "sorted": ("reverse=True", *_KEYS),
    "sort": ("reverse=True", *_KEYS),
    "min": (*_KEYS, "default=None", "default=0"),
    "max": (*_KEYS, "default=None", "default=0"),
}
_CONSTANTS = ("None", "0", "1", "True", "False")


def _swapped(node: Node, source: SourceContext) -> Iterator[Draft]:
    arguments = [part for part in _arguments(node) if part.kind not in _BY_KEYWORD][:_SWAPPED_AT_MOST]
    for left, right in combinations(range(len(arguments)), 2):
        first, second = arguments[left], arguments[right]
        if first.text == second.text or "splat" in first.kind + second.kind:
            continue
        words = f"swap the arguments {show(first.text)} and {show(second.text)}"
        yield exchange(source, first, second, words, cost=0.5 * (right - left - 1))


def _swapped_keywords(node: Node, source: SourceContext) -> Iterator[Draft]:
    keywords = [part for part in _arguments(node) if part.kind == "keyword_argument"][:_SWAPPED_AT_MOST]
    for first, second in combinations(keywords, 2):
        left, right = first.get("value"), second.get("value")
        if left is not None and right is not None and left.text != right.text:
            names = f"{show(first.parts[0].text)} and {show(second.parts[0].text)}"
            yield exchange(source, left, right, f"swap the values of {names}")


def _dropped(node: Node, _source: SourceContext) -> Iterator[Draft]:
    arguments = _arguments(node)
    for argument in arguments:
        span = removed(node, argument)
        if span is not None and node.kind == "argument_list":
            last = 0.0 if argument is arguments[-1] else 0.5
            yield Draft((span,), f"drop the argument {show(argument.text)}", last)


def _added(node: Node, source: SourceContext) -> Iterator[Draft]:
    arguments = [part for part in _arguments(node) if part.kind not in _BY_KEYWORD]
    present = {part.text for part in arguments}
    names = [name for name in source.names_at(node) if name not in present][:_NAMES_TRIED]
    for place in range(len(arguments), -1, -1):
        late = 0.4 * (len(arguments) - place)
        for rank, text in enumerate((*names, *_CONSTANTS)):
            if place < len(arguments):
                start = arguments[place].start
                span = (start, start, f"{text}, ")
            elif arguments:
                span = (arguments[-1].end, arguments[-1].end, f", {text}")
            else:
                following = ", " if node.parts else ""
                span = (node.start + 1, node.start + 1, text + following)
            yield Draft((span,), f"add the argument {show(text)}", rank_cost(rank) + late)


def _keyword_from_name(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`key=x` where the variable of the same name was meant."""
    name, value = node.get("name"), node.get("value")
    if name is None or value is None:
        return
    if value.text != name.text and name.text in source.names_at(node):
        yield Draft(((value.start, value.end, name.text),), use(name.text, value.text))


def _sorting(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """Another order for what sorts or picks the largest."""
    function = node.get("function")
    arguments = node.get("arguments")
    if function is None or arguments is None or arguments.kind != "argument_list":
        return
    name = function.parts[-1].text if function.kind == "attribute" else function.text
    if name not in _SORTING or any("splat" in part.kind for part in arguments.parts):
        return
    present = {part.parts[0].text for part in arguments.parts if part.kind == "keyword_argument"}
    choices = [text for text in _SORTING[name] if text.split("=")[0] not in present]
    comma = ", " if arguments.parts else ""
    place = arguments.parts[-1].end if arguments.parts else arguments.start + 1
    for rank, text in enumerate(choices):
        yield Draft(((place, place, comma + text),), f"add the argument {show(text)}", rank_cost(rank))


def _arguments(node: Node) -> list[Node]:
    if node.kind != "argument_list" or node.parent is None or node.parent.kind != "call":
        return []
    return node.parts


FAMILIES = (
    Family("argument-swap", 2.9, kinds("argument_list"), _swapped),
    Family("keyword-swap", 4.2, kinds("argument_list"), _swapped_keywords),
    Family("argument-drop", 4.0, kinds("argument_list"), _dropped),
    Family("argument-add", 4.2, kinds("argument_list"), _added),
    Family("sorting", 4.2, kinds("call"), _sorting),
    Family("keyword-from-name", 3.8, kinds("keyword_argument"), _keyword_from_name),
)
