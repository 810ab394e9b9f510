"""Strings that stand for the characters in them: one more, one less. And white space that `strip` and `split` take."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show
from macrohard_lsp.repair.operators.literals import Literal, literal_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_METHODS = kinds("strip lstrip rstrip translate maketrans quote quote_plus")
_COLLECTIONS = kinds("set frozenset list tuple")
_KEYWORDS = kinds("safe chars")
_USUAL = (
    "\\",
    '"',
    "'",
    "-",
    "_",
    ".",
    " ",
    "\t",
    "\n",
    "\r",
    "/",
    ":",
    ",",
    "+",
    "~",
    "*",
    "(",
    ")",
    "[",
    "]",
    "#",
    "@",
)
_WANTED_TRIED = 12
_LARGEST_SET = 40
_DROPPED_AT_MOST = 24
_STRIPPED_TRIED = 4
_STRIPPED = ('" "', '"\\n"', '"\\r\\n"', '" \\t"')


def _characters(node: Node) -> Literal | None:
    parent = node.parent
    if node.role != "load" or parent is None or not _is_set(node, parent):
        return None
    literal = literal_of(node)
    if literal is None or not 0 < len(literal.value) <= _LARGEST_SET:
        return None
    return literal if len(set(literal.value)) == len(literal.value) else None


def _is_set(node: Node, parent: Node) -> bool:
    if parent.kind == "comparison_operator":
        operator = next((child.text for child in parent.children if child.field == "operators"), "")
        return node is parent.parts[-1] and operator in {"in", "not in"}
    if parent.kind == "keyword_argument":
        return parent.parts[0].text in _KEYWORDS
    if parent.kind == "argument_list" and parent.parent is not None:
        function = parent.parent.get("function")
        name = function.parts[-1].text if function is not None and function.kind == "attribute" else ""
        return name in _METHODS or (function is not None and function.text in _COLLECTIONS)
    if parent.kind in {"for_statement", "for_in_clause"}:
        return node.field == "right"
    return parent.kind == "assignment" and not any(one.isalnum() or one.isspace() for one in node.text[1:-1])


def _added(node: Node, source: SourceContext) -> Iterator[Draft]:
    literal = _characters(node)
    if literal is None:
        return
    end = len(literal.value)
    wanted = dict.fromkeys("".join(source.literals))
    special = [one for one in wanted if not one.isalnum() and one.isprintable()][:_WANTED_TRIED]
    missing = [one for one in dict.fromkeys([*special, *_USUAL]) if one not in literal.value]
    for rank, one in enumerate(missing):
        # At the end, or, where a raw string can't end so, at the start.
        span = literal.edit(end, end, one) or literal.edit(0, 0, one)
        if span is not None:
            words = f"add {show(one)} to the characters {show(literal.value)}"
            yield Draft((span,), words, rank_cost(rank))


def _dropped(node: Node, _source: SourceContext) -> Iterator[Draft]:
    literal = _characters(node)
    if literal is None or len(literal.value) < 2:
        return
    for place, one in enumerate(literal.value[:_DROPPED_AT_MOST]):
        span = literal.edit(place, place + 1, "")
        if span is not None:
            words = f"drop {show(one)} from the characters {show(literal.value)}"
            yield Draft((span,), words, 0.05 * place)


def _stripped(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x.strip()` and `x.split()` with the characters to look for."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or function.kind != "attribute" or arguments is None or arguments.parts:
        return
    name = function.parts[-1].text
    if arguments.kind != "argument_list" or name not in {"strip", "lstrip", "rstrip", "split", "rsplit"}:
        return
    special = [
        one for one in dict.fromkeys("".join(source.literals)) if not one.isalnum() and one.isprintable()
    ]
    expected = [f'"{one}"' for one in special if one not in '"\\ '][:_STRIPPED_TRIED]
    for rank, text in enumerate((*expected, *(_STRIPPED if "strip" in name else _STRIPPED[:2]))):
        span = (arguments.start, arguments.end, f"({text})")
        yield Draft((span,), f"let `{name}` look for {show(text)} only", 0.3 * rank)


FAMILIES = (
    Family("character-add", 3.2, kinds("string"), _added),
    Family("character-drop", 3.8, kinds("string"), _dropped),
    Family("white-space", 4.2, kinds("call"), _stripped),
)
