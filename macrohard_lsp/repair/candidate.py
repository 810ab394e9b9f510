"""The repair engine's private value for one possible edit; thousands a second, so it stays small."""

from dataclasses import dataclass

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

    def apply(self, text: str) -> str:
        """The file's text with this change made."""
        pieces: list[str] = []
        position = 0
        for edit in self.edits:
            pieces.append(text[position : edit.start])
            pieces.append(edit.new_text)
            position = edit.end
        pieces.append(text[position:])
        return "".join(pieces)
