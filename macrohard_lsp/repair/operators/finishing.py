"""From a draft to edits fit to be tried: smallest possible, new, harmless to comments and f-strings."""

from bisect import bisect_left
from itertools import pairwise

from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.repair.candidate import trimmed
from macrohard_lsp.repair.operators.family import Draft, Span
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node

# Before Python 3.12 none of these may stand inside the braces of an f-string.
_NOT_IN_FSTRINGS = frozenset("'\"\\#\n{}")


class Finisher:
    """Turns the drafts for one file into edits; remembers what it gave out, so that no text comes twice."""

    def __init__(self, source: SourceContext) -> None:
        self._text = source.text
        self._comments = [(node.start, node.end) for node in source.nodes if node.kind == "comment"]
        self._comment_starts = [start for start, _ in self._comments]
        self._has_interpolation = any(node.kind == "interpolation" for node in source.nodes)
        self._seen: set[tuple[TextEdit, ...]] = set()

    def edits(self, site: Node, draft: Draft) -> tuple[TextEdit, ...]:
        """The edits of `draft`, sorted; empty when there is nothing new in it or it may not be tried."""
        made = (trimmed(self._text, *span) for span in draft.spans)
        edits = tuple(sorted((e for e in made if e is not None), key=lambda e: (e.start, e.end, e.new_text)))
        if not edits or edits in self._seen:
            return ()
        self._seen.add(edits)
        if any(first.end > second.start for first, second in pairwise(edits)):
            return ()
        if self._has_interpolation and not _fits_fstring(site, edits):
            return ()
        if self._comments and not self._keeps_comments(draft.spans):
            return ()
        return edits

    def _keeps_comments(self, spans: tuple[Span, ...]) -> bool:
        written = [text for _, _, text in spans]
        for start, end, _ in spans:
            index = bisect_left(self._comment_starts, start)
            while index < len(self._comments) and self._comments[index][0] < end:
                begin, finish = self._comments[index]
                if not any(self._text[begin:finish] in text for text in written):
                    return False
                index += 1
        return True


def _fits_fstring(site: Node, edits: tuple[TextEdit, ...]) -> bool:
    for ancestor in site.ancestors():
        if ancestor.kind == "interpolation":
            return not any(_NOT_IN_FSTRINGS.intersection(edit.new_text) for edit in edits)
        if ancestor.kind.endswith("_statement"):
            return True
    return True
