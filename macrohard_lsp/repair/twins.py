"""The same edit at two places of a function, or at all it has: faults are copied along with the code around them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import log1p

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.combining import beside, merged
from macrohard_lsp.repair.frontier import Attempt
from macrohard_lsp.testing.warm import WarmMode

# How much rarer the same edit at two places is the fix than at one, in the unit of the priors.
TWIN_PENALTY = 2.0
# What the same edit costs the other way round, as where two results were swapped.
MIRRORED_PENALTY = 0.5
# Places of one edit that are remembered, and how many of them a new one is put together with, nearest first.
MOST_PLACES = 12
MOST_PAIRED = 4

_SYMBOLS = frozenset("<>=!+-*/%&|^~")
_QUOTES = frozenset("'\"")

Kind = tuple[str, str, str, str]


class Twins:
    """Remembers the candidates that were brought up, and makes twins of those that do the same.

    A twin costs what the dearer half does and a penalty; as candidates come in order of cost, so do twins.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._places: dict[Kind, list[Attempt]] = {}

    def meet(self, attempt: Attempt) -> Iterator[Attempt]:
        """The twins that a new candidate makes with those before it."""
        candidate = attempt.candidate
        if len(candidate.edits) != 1 or not candidate.function or "\n" in candidate.edits[0].new_text:
            return
        old, new = self._change(candidate)
        where = (candidate.path, candidate.function)
        same = self._places.setdefault((*where, *_likened(old, new)), [])
        if len(same) > 1:
            yield from self._everywhere(attempt, same)
        for rank, other in enumerate(reversed(same[-MOST_PAIRED:])):
            yield from _twin(attempt, other, 0.6 * log1p(rank))
        if len(same) < MOST_PLACES:
            same.append(attempt)
        if old and new:
            for rank, other in enumerate(reversed(self._places.get((*where, new, old), ())[-MOST_PAIRED:])):
                yield from _twin(attempt, other, MIRRORED_PENALTY + 0.6 * log1p(rank))

    def _change(self, candidate: Candidate) -> tuple[str, str]:
        """What is replaced by what, in whole words: an edit names only the characters that change."""
        text = self._texts[candidate.path]
        edit = candidate.edits[0]
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
        return text[start:end], new

    def _everywhere(self, attempt: Attempt, others: list[Attempt]) -> Iterator[Attempt]:
        """The edit at this and all earlier places at once, where each does literally the same."""
        whole = attempt.candidate
        for other in others:
            edits = beside(whole, other.candidate)
            if not edits or whole.summary != other.candidate.summary:
                return
            whole = merged(whole, other.candidate, edits, max(whole.prior, other.candidate.prior), whole.summary)
        summary = f"{whole.summary} in {len(others) + 1} places"
        cost = max(attempt.cost, *(other.cost for other in others)) + TWIN_PENALTY
        yield replace(attempt, candidate=replace(whole, summary=summary), cost=cost, stream=None)


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


def _twin(attempt: Attempt, other: Attempt, extra: float) -> Iterator[Attempt]:
    first, second = sorted((attempt.candidate, other.candidate), key=lambda candidate: candidate.edits[0].start)
    edits = beside(first, second)
    if not edits:
        return
    same = first.summary == second.summary
    summary = f"{first.summary} in both places" if same else f"{first.summary}, and {second.summary}"
    candidate = merged(first, second, edits, max(first.prior, second.prior), summary)
    mode = WarmMode.RELOAD if WarmMode.RELOAD in {attempt.mode, other.mode} else WarmMode.SWAP
    cost = max(attempt.cost, other.cost) + TWIN_PENALTY + extra
    yield Attempt(cost, attempt.order, candidate, mode)


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum()
