"""Strings that are written with a prefix or with backslashes: their ends, their line breaks, the prefix itself."""

from collections.abc import Iterator

from macrohard_lsp.repair.ingredients import plain_string
from macrohard_lsp.repair.operators.family import Draft, Family, show, use
from macrohard_lsp.repair.operators.literals import literal_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_LONGEST = 120
_LINE_BREAKS = (
    ("\r\n", "\n"),
    ("\n", "\r\n"),
    ("\n", ""),
    ("\n", " "),
    ("\n", "\n\n"),
    ("\t", " "),
    ("\\", ""),
    ("\\", "/"),
)
_PREFIXES = {"": ("r", "b"), "r": ("", "rb"), "b": ("", "rb"), "u": ("",), "f": ("",), "rb": ("b", "r")}


def _ends(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """The first or last character dropped, white space or a line break added, another line break."""
    if node.role != "load" or plain_string(node) is not None or node.line != node.end_line:
        return
    literal = literal_of(node)
    if literal is None or len(literal.value) > _LONGEST:
        return
    value = literal.value
    end = len(value)
    changes = [(end, end, "\n"), (end, end, " "), (0, 0, " ")]
    if value:
        changes += [(end - 1, end, ""), (0, 1, "")]
    for old, new in _LINE_BREAKS:
        place = value.find(old)
        if place >= 0 and not (old == "\n" and value[place - 1 : place] == "\r"):
            changes.insert(0, (place, place + len(old), new))
    for rank, (start, stop, new) in enumerate(changes):
        span = literal.edit(start, stop, new)
        if span is not None:
            old = value[start:stop]
            words = f"drop {show(repr(old))}" if not new else use(repr(new), repr(old))
            words = words if old else f"add {show(repr(new))}"
            yield Draft((span,), f"{words} in {show(node.text)}", 0.2 * rank)


def _prefix(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """Text as bytes and bytes as text; backslashes as they are, or as escapes; an `f` that isn't meant."""
    if node.role != "load":
        return
    prefix = node.text[: min(at for sign in "'\"" if (at := node.text.find(sign)) >= 0)]
    for rank, other in enumerate(_PREFIXES.get(prefix.lower(), ())):
        raw = "r" in (prefix + other).lower() and "\\" not in node.text
        text = "b" in other and not node.text.isascii()
        if (
            raw
            or text
            or (prefix.lower() == "f" and any(part.kind == "interpolation" for part in node.parts))
        ):
            continue
        words = (
            f"write {show(node.text)} with {show(other)} before it"
            if other
            else f"drop the prefix {show(prefix)}"
        )
        yield Draft(((node.start, node.start + len(prefix), other),), words, 0.3 * rank)


FAMILIES = (
    Family("string-ends", 3.8, kinds("string concatenated_string"), _ends),
    Family("string-prefix", 4.6, kinds("string"), _prefix),
)
