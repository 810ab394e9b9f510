"""Several edits of one file as one Candidate, whichever of them came first."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from macrohard_lsp.core.apply import apply_edits
from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.repair.candidate import Candidate, trimmed


def compose(text: str, first: Sequence[TextEdit], second: Sequence[TextEdit]) -> tuple[TextEdit, ...]:
    """Edits of `text` that do what `first` does and then `second`, which counts in the text that `first` leaves.

    What `second` changes of what `first` wrote becomes one edit with it; what comes to nothing is left out.
    """
    places = Places(first)
    middle = apply_edits(text, first)
    marks = [(start, end, False) for start, end in places.written]
    marks += [(edit.start, edit.end, True) for edit in second]
    marks.sort(key=lambda mark: (mark[0], mark[1]))
    edits: list[TextEdit] = []
    while marks:
        start, end, _ = marks[0]
        taken = 1
        while taken < len(marks) and marks[taken][0] <= end:
            end = max(end, marks[taken][1])
            taken += 1
        marks = marks[taken:]
        inside = [edit for edit in second if start <= edit.start and edit.end <= end]
        shifted = [TextEdit(edit.start - start, edit.end - start, edit.new_text) for edit in inside]
        made = trimmed(text, places.before(start), places.after(end), apply_edits(middle[start:end], shifted))
        if made is not None:
            edits.append(made)
    return tuple(edits)


class Places:
    """Where what stands in an edited text stood before its sorted edits were made."""

    def __init__(self, edits: Sequence[TextEdit]) -> None:
        self._edits = edits
        self.written: list[tuple[int, int]] = []
        """The spans of the edited text that the edits wrote."""
        grown = 0
        for edit in edits:
            start = edit.start + grown
            self.written.append((start, start + len(edit.new_text)))
            grown += len(edit.new_text) - (edit.end - edit.start)

    def before(self, offset: int) -> int:
        """The offset in the text as it was; for what an edit wrote, where that edit begins."""
        return self._place(offset, at_end=False)

    def after(self, offset: int) -> int:
        """The same; for what an edit wrote, where that edit ends."""
        return self._place(offset, at_end=True)

    def _place(self, offset: int, at_end: bool) -> int:
        grown = 0
        for edit, (start, end) in zip(self._edits, self.written, strict=True):
            if offset < start:
                break
            if offset <= end:
                return edit.end if at_end else edit.start
            grown += len(edit.new_text) - (edit.end - edit.start)
        return offset - grown


def beside(one: Candidate, other: Candidate) -> tuple[TextEdit, ...]:
    """The edits of both, made for the same text, in order; none where they meet."""
    edits = sorted((*one.edits, *other.edits), key=lambda edit: (edit.start, edit.end))
    for before, after in pairwise(edits):
        if after.start < before.end or (after.start == before.start):
            return ()
    return tuple(edits)


def merged(
    one: Candidate, other: Candidate, edits: tuple[TextEdit, ...], prior: float, summary: str
) -> Candidate:
    """The Candidate of `edits`, which do what both do."""
    return replace(
        one,
        edits=edits,
        prior=prior,
        family=f"{one.family}+{other.family}",
        function=one.function if one.function == other.function else "",
        summary=summary,
        more_lines=(*one.more_lines, *other.lines),
    )
