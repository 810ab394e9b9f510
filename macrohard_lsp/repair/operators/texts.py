"""String constants: near misses of others in the file, other case, brackets, white space, a missing `f`."""

from collections.abc import Iterator

from macrohard_lsp.repair.ingredients import plain_string
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, use
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_OTHERS_TRIED = 10
_PAIRS = {
    "(": ")", "[": "]", "{": "}", "<": ">", ",": ";", ".": ",", "/": "\\\\", "-": "_", ":": ";", "+": "-",
    "*": "/", "0": "1", "a": "A", "'": '"', "r": "w", " ": "", "": " ", "&": "|",
}  # fmt: skip
_OPENING, _CLOSING = "([{", ")]}"
_MIRROR = {**{close: open_ for open_, close in _PAIRS.items() if close}, **_PAIRS}
# Strings that the standard library gives a meaning to: modes of files, encodings, ways to treat errors.
_USUAL = {
    "r": ("w", "rb"), "w": ("r", "a", "wb"), "rb": ("r", "wb"), "wb": ("w", "rb"), "a": ("w", "ab"),
    "utf-8": ("utf-8-sig", "latin-1", "ascii"), "ascii": ("utf-8", "latin-1"), "latin-1": ("utf-8",),
    "utf8": ("utf-8-sig", "latin-1"), "iso-8859-1": ("utf-8",), "strict": ("replace", "ignore", "surrogateescape"),
    "ignore": ("replace", "strict"), "replace": ("ignore", "strict", "backslashreplace"),
}  # fmt: skip


def _another(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Another string of the file or of the tests: one that differs by a character first."""
    own = plain_string(node)
    if own is None or node.role != "load":
        return
    of_file = [text for item in source.strings if (text := plain_string(item.node)) is not None]
    others = [text for text in dict.fromkeys([*source.literals, *of_file]) if text != own]
    others = [text for text in others if text.isprintable() and not {node.text[0], "\\"} & set(text)]
    near = [text for text in others if nearly_equal(text, own)]
    for rank, text in enumerate(near):
        yield _written(node, text, 0.2 * rank)
    for rank, text in enumerate([text for text in others if text not in near][:_OTHERS_TRIED]):
        yield _written(node, text, 1.2 + rank_cost(rank))


def nearly_equal(first: str, second: str) -> bool:
    """Whether one insertion, deletion, replacement or exchange of neighbours turns one into the other."""
    if abs(len(first) - len(second)) > 1 or min(len(first), len(second)) < 2:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    end = 0
    while end < min(len(first), len(second)) - start and first[-1 - end] == second[-1 - end]:
        end += 1
    left, right = first[start : len(first) - end], second[start : len(second) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])


def _changed(node: Node, _source: SourceContext) -> Iterator[Draft]:
    own = plain_string(node)
    if own is None or node.role != "load":
        return
    if len(own) <= 1:
        yield from (_written(node, text, 0.0) for text in _mirrored(own))
    shapes = (own.lower(), own.upper(), own.capitalize(), own.title())
    for rank, text in enumerate(shapes):
        yield _written(node, text, 0.5 + 0.3 * rank)
    for rank, text in enumerate((own.strip(), own + " ", " " + own, own.rstrip(), own.lstrip(), own + "\\n")):
        yield _written(node, text, 0.7 + 0.2 * rank)
    for rank, text in enumerate((own[1:], own[:-1], "", *_mirrored_inside(own))):
        yield _written(node, text, 1.2 + 0.2 * rank)
    for rank, text in enumerate(_USUAL.get(own, ())):
        yield _written(node, text, 0.2 * rank)


def _mirrored(text: str) -> Iterator[str]:
    if text in _MIRROR:
        yield _MIRROR[text]
    if text in _PAIRS.values():
        yield from (open_ for open_, close in _PAIRS.items() if close == text)
    for row in (_OPENING, _CLOSING):
        if text and text in row:
            yield from (other for other in row if other != text)


def _mirrored_inside(text: str) -> Iterator[str]:
    """Each bracket of a longer string turned round."""
    for place, character in enumerate(text[:8]):
        if len(text) > 1 and character in "()[]{}<>":
            yield text[:place] + _MIRROR[character] + text[place + 1 :]


def _written(node: Node, text: str, cost: float) -> Draft:
    quote = node.text[0] * (3 if node.text[:3] in {"'''", '"""'} else 1)
    text = text.replace(node.text[0], "\\" + node.text[0])
    new = f"{quote}{text}{quote}"
    return Draft(((node.start, node.end, new),), use(new, node.text), cost)


def _formatted(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A string with names of this place in braces, as an f-string."""
    own = plain_string(node)
    if own is None or node.role != "load" or "{" not in own or "{}" in own:
        return
    fields = [part.split("}")[0] for part in own.split("{")[1:]]
    names = source.names_at(node)
    known = [field for field in fields if field.split(".")[0].split("[")[0].split(":")[0] in names]
    if known and len(known) == len(fields):
        yield Draft(((node.start, node.start, "f"),), "make the string an f-string")


FAMILIES = (
    Family("string-of-file", 3.2, kinds("string"), _another),
    Family("string-change", 3.8, kinds("string"), _changed),
    Family("f-prefix", 2.6, kinds("string"), _formatted),
)
