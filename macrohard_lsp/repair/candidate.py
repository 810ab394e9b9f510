"""The repair engine's private value for one possible edit; thousands a second, so it stays small."""

from dataclasses import dataclass

from macrohard_lsp.core.apply import apply_edits
from macrohard_lsp.core.changeset import TextEdit


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible change of one file.

    `edits` are sorted, don't overlap, and count code points of the file's text as it is. `prior` is a
    cost, about minus the logarithm of how often this kind of edit is the fix: lower is tried earlier.
    `line` counts from 1 and is where suspiciousness is looked up: the line of the first edit, or, where
    something is inserted, of the statement it is inserted before. `more_lines` are the same for the other
    edits where several were put together. `function` is the qualified name of the enclosing function,
    empty at module level. `summary` is an imperative without a full stop.
    """

    path: str
    edits: tuple[TextEdit, ...]
    family: str
    prior: float
    line: int
    function: str
    summary: str
    more_lines: tuple[int, ...] = ()

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines of all its edits, each once."""
        return tuple(dict.fromkeys((self.line, *self.more_lines)))

    @property
    def families(self) -> tuple[str, ...]:
        """The families of its edits, each once; several where edits were put together."""
        return tuple(dict.fromkeys(self.family.split("+")))

    def apply(self, text: str) -> str:
        """The file's text with this change made."""
        return apply_edits(text, self.edits)


def trimmed(text: str, start: int, end: int, new: str) -> TextEdit | None:
    """The edit that puts `new` in this place, without what it leaves as it was at either end; None if that is all."""
    old = text[start:end]
    if old == new:
        return None
    shorter = min(len(old), len(new))
    front = 0
    while front < shorter and old[front] == new[front]:
        front += 1
    back = 0
    while back < shorter - front and old[-1 - back] == new[-1 - back]:
        back += 1
    return TextEdit(start + front, end - back, new[front : len(new) - back])
