"""From a draft to edits fit to be tried: smallest possible, new, harmless to comments and f-strings."""

from bisect import bisect_left
from itertools import pairwise

from macrohard_lsp.core.changeset import TextEdit
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
        self._seen: set[tuple[Span, ...]] = set()

    def edits(self, site: Node, draft: Draft) -> tuple[TextEdit, ...]:
        """The edits of `draft`, sorted; empty when there is nothing new in it or it may not be tried."""
        spans = tuple(sorted(trimmed for span in draft.spans if (trimmed := self._trim(span)) is not None))
        if not spans or spans in self._seen:
            return ()
        self._seen.add(spans)
        if any(first[1] > second[0] for first, second in pairwise(spans)):
            return ()
        if self._has_interpolation and not _fits_fstring(site, spans):
            return ()
        if self._comments and not self._keeps_comments(draft.spans):
            return ()
        return tuple(TextEdit(start, end, text) for start, end, text in spans)

    def _trim(self, span: Span) -> Span | None:
        """The same change without what it leaves as it was at either end; None if that is everything."""
        start, end, new = span
        old = self._text[start:end]
        if old == new:
            return None
        shorter = min(len(old), len(new))
        front = 0
        while front < shorter and old[front] == new[front]:
            front += 1
        back = 0
        while back < shorter - front and old[-1 - back] == new[-1 - back]:
            back += 1
        return (start + front, end - back, new[front : len(new) - back])

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


def _fits_fstring(site: Node, spans: tuple[Span, ...]) -> bool:
    for ancestor in site.ancestors():
        if ancestor.kind == "interpolation":
            return not any(_NOT_IN_FSTRINGS.intersection(text) for _, _, text in spans)
        if ancestor.kind.endswith("_statement"):
            return True
    return True
