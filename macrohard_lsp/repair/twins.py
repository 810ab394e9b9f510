"""The same edit at two places of a function, or at all it has: faults are copied along with the code around them."""

from collections.abc import Iterator
from dataclasses import replace

from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.combining import beside, merged
from macrohard_lsp.repair.operators.family import rank_cost
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node

# How much rarer the same edit at two places is the fix than at one, in the unit of the priors.
TWIN_PENALTY = 2.0
# What the same edit costs the other way round, as where two results were swapped.
MIRRORED_PENALTY = 0.5
# What it costs when it is one name for another in the whole function.
RENAMING_PENALTY = 1.0
# Places of one edit that are remembered, and how many of them a new one is put together with, nearest first.
MOST_PLACES = 12
MOST_PAIRED = 4

_SYMBOLS = frozenset("<>=!+-*/%&|^~")
_QUOTES = frozenset("'\"")

Kind = tuple[str, str, str]
Priced = tuple[Candidate, float]


class Twins:
    """Remembers the candidates of one text that were brought up, and makes twins of those that do the same.

    A twin costs what the dearer half does and a penalty; as candidates come in order of cost, so do twins.
    """

    def __init__(self, source: SourceContext) -> None:
        self._source = source
        self._places: dict[Kind, list[Priced]] = {}

    def meet(self, candidate: Candidate, cost: float) -> Iterator[Priced]:
        """The twins that a new candidate makes with those before it, each with what it costs."""
        if len(candidate.edits) != 1 or not candidate.function or "\n" in candidate.edits[0].new_text:
            return
        start, end, new = self._change(candidate.edits[0])
        old = self._source.text[start:end]
        yield from self._renamed(candidate, cost, (start, end), new)
        same = self._places.setdefault((candidate.function, *_likened(old, new)), [])
        if len(same) > 1:
            yield from _everywhere(candidate, cost, same)
        for rank, other in enumerate(reversed(same[-MOST_PAIRED:])):
            yield from _twin(candidate, cost, other, rank_cost(rank))
        if len(same) < MOST_PLACES:
            same.append((candidate, cost))
        if old and new:
            mirrored = self._places.get((candidate.function, new, old), [])
            for rank, other in enumerate(reversed(mirrored[-MOST_PAIRED:])):
                yield from _twin(candidate, cost, other, MIRRORED_PENALTY + rank_cost(rank))

    def _renamed(
        self, candidate: Candidate, cost: float, span: tuple[int, int], new: str
    ) -> Iterator[Priced]:
        """One name for another in the whole function, also where nothing ran yet: behind where it stopped."""
        site = next((n for n in self._source.sites_of_line(candidate.line) if _is_name_at(n, span)), None)
        function = self._source.function_of(site) if site is not None else None
        if site is None or function is None or not new.isidentifier():
            return
        others = [
            node
            for node in self._source.inside(function)
            if node.kind == "identifier" and node.text == site.text and node.role
        ]
        if len(others) < 2 or site not in others:
            return
        edits = tuple(TextEdit(node.start, node.end, new) for node in others)
        lines = tuple(node.line for node in others if node is not site)
        summary = f"{candidate.summary} everywhere"
        yield replace(candidate, edits=edits, summary=summary, more_lines=lines), cost + RENAMING_PENALTY

    def _change(self, edit: TextEdit) -> tuple[int, int, str]:
        """What is replaced by what, in whole words: an edit names only the characters that change."""
        text = self._source.text
        start, end = edit.start, edit.end
        neighbours = text[start - 1 : start] + edit.new_text + text[start:end] + text[end : end + 1]
        for belongs in (_is_word, _SYMBOLS.__contains__, _QUOTES.__contains__):
            if not any(belongs(character) for character in neighbours):
                continue
            while start > 0 and belongs(text[start - 1]):
                start -= 1
            while end < len(text) and belongs(text[end]):
                end += 1
            if (start, end) != (edit.start, edit.end):
                break
        new = text[start : edit.start] + edit.new_text + text[edit.end : end]
        return start, end, new


def _everywhere(candidate: Candidate, cost: float, others: list[Priced]) -> Iterator[Priced]:
    """The edit at this and all earlier places at once, where each does literally the same."""
    whole = candidate
    for other, _ in others:
        edits = beside(whole, other)
        if not edits or whole.summary != other.summary:
            return
        whole = merged(whole, other, edits, max(whole.prior, other.prior), whole.summary)
    summary = f"{whole.summary} in {len(others) + 1} places"
    yield replace(whole, summary=summary), max(cost, *(known for _, known in others)) + TWIN_PENALTY


def _likened(old: str, new: str) -> tuple[str, str]:
    """`a` to `f(a)` is the same edit as `b` to `f(b)`, and `<=` to `<` the same as `>=` to `>`."""
    if old and (likened := _without(new, old)) != new:
        return "", likened
    if new and (likened := _without(old, new)) != old:
        return likened, ""
    return old, new


def _without(text: str, part: str) -> str:
    """`text` with a mark in place of the first `part` of it that is no piece of a longer word."""
    start = text.find(part)
    while start >= 0:
        end = start + len(part)
        before, after = text[start - 1 : start], text[end : end + 1]
        if not (_is_word(part[0]) and _is_word(before)) and not (_is_word(part[-1]) and _is_word(after)):
            return f"{text[:start]}\0{text[end:]}"
        start = text.find(part, start + 1)
    return text


def _twin(candidate: Candidate, cost: float, known: Priced, extra: float) -> Iterator[Priced]:
    other, known_cost = known
    first, second = sorted((candidate, other), key=lambda half: half.edits[0].start)
    if edits := beside(first, second):
        same = first.summary == second.summary
        summary = f"{first.summary} in both places" if same else f"{first.summary}, and {second.summary}"
        twin = merged(first, second, edits, max(first.prior, second.prior), summary)
        yield twin, max(cost, known_cost) + TWIN_PENALTY + extra


def _is_name_at(node: Node, span: tuple[int, int]) -> bool:
    return node.kind == "identifier" and (node.start, node.end) == span and bool(node.role)


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum()
