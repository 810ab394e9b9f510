"""The text of messages brought into line with what the tests expect to read."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from macrohard_lsp.repair.operators.family import Draft, Family, use
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_SHORTEST = 3
_LONGEST = 120
# How much of two texts has to be the same for one to be a slip of the other.
_ALIKE = 0.6
# How many characters at an end of a text have to be the same for its other end to be looked for.
_ANCHOR = 3
_TRIED = 8
# By how much a text may be longer or shorter than what it was meant to be.
_SHIFTED = 6


def _worded(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A piece of a string as the part of an expected text that starts or ends as it does."""
    text = node.text
    usable = node.parent is not None and node.parent.kind == "string" and _is_evaluated(node.parent)
    if (
        not usable
        or not source.literals
        or not _SHORTEST < len(text) <= _LONGEST
        or "\\" in text
        or "\n" in text
    ):
        return
    found: dict[str, float] = {}
    for literal in source.literals:
        for part in _parts(text, literal):
            if part != text and part.isprintable() and not set(part) & {"\\", "'", '"', "{", "}"}:
                alike = SequenceMatcher(None, text, part, autojunk=False).ratio()
                if alike >= _ALIKE:
                    found[part] = alike
    nearest = sorted(found, key=lambda part: -found[part])[:_TRIED]
    for rank, part in enumerate(nearest):
        words = use(repr(part), repr(text))
        yield Draft(((node.start, node.end, part),), words, 0.3 * rank + 2 * (1 - found[part]))


def _is_evaluated(string: Node) -> bool:
    if string.parent is not None and string.parent.kind == "concatenated_string":
        return string.parent.role == "load"
    return string.role == "load"


def _parts(text: str, literal: str) -> Iterator[str]:
    """The parts of `literal` that share both ends with `text`, or one end and reach the literal's."""
    first, last = literal.find(text[:_ANCHOR]), literal.rfind(text[-_ANCHOR:])
    if 0 <= first <= last:
        yield literal[first : last + _ANCHOR]
    if last >= 0:
        yield literal[max(0, last + _ANCHOR - len(text)) : last + _ANCHOR]
        yield literal[: last + _ANCHOR]
        yield from (literal[at : last + _ANCHOR] for at in _boundaries(literal, last + _ANCHOR - len(text)))
    if first >= 0:
        yield literal[first : first + len(text)]
        yield literal[first:]
        yield from (literal[first:at] for at in _boundaries(literal, first + len(text)))


def _boundaries(literal: str, place: int) -> Iterator[int]:
    """Where words begin or end near `place`: values stand between them in the texts tests expect."""
    for at in range(max(1, place - _SHIFTED), min(len(literal), place + _SHIFTED + 1)):
        if literal[at - 1].isalnum() != literal[at].isalnum() or literal[at - 1].isspace():
            yield at


FAMILIES = (Family("wording", 3.0, kinds("string_content"), _worded),)
