"""How usual what an edit writes is in some Python text, by the pairs of tokens that stand beside one another there."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log

from macrohard_lsp.core.changeset import TextEdit

# What is added to the cost of an edit for each nat of surprise, and the most that is.
NAT_COST = 1 / 30
STRANGEST = 1.0
# What it costs to go by a token alone where the pair is new: Brants et al., "Large Language Models in Machine
# Translation" (2007).
FALL_BACK = log(0.4)

_TOKENS = re.compile(
    r"""
    \#[^\n]*
    |(
        [rbfu]{0,2}(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
        |[^\W\d]\w*|\d[\w.]*|\*\*=?|//=?|<<=?|>>=?|[-+*/%&|^<>=!:@]=|->|[^\s\w]|\n
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)

Inner = tuple[str, str, float]
"""The first token of what is written, the last, and the surprise between them; empty where it has none."""


def tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text, ends of lines among them, comments not."""
    return tuple(filter(None, _TOKENS.findall(text)))


class Usage:
    """Counts which tokens of a text, and of `others`, stand beside one another; asked for edits of the text.

    What things are called changes nothing, as long as what is called alike is called alike.
    """

    def __init__(self, text: str, others: Iterable[str] = ()) -> None:
        self._text = text
        found = [match for match in _TOKENS.finditer(text) if match.group(1)]
        self._starts = [match.start() for match in found]
        self._ends = [match.end() for match in found]
        self._tokens = ("\n", *(match.group() for match in found), "\n")
        self._single: Counter[str] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()
        for row in (self._tokens, *map(tokens, others)):
            self._single.update(row)
            self._pairs.update(pairwise(row))
        self._total = self._single.total()
        self._surprises: dict[tuple[str, str], float] = {}
        self._inner: dict[str, Inner] = {}

    def cost(self, edits: Sequence[TextEdit]) -> float:
        """Between 0 and STRANGEST: the surprise at the tokens that are written, each after the one before it."""
        return min(STRANGEST, NAT_COST * sum(self._surprise_at(edit) for edit in edits))

    def written(self, edits: Sequence[TextEdit]) -> int:
        """How many tokens they write: what is taken for strange might only be long."""
        return sum(len(tokens(edit.new_text)) for edit in edits)

    def _surprise_at(self, edit: TextEdit) -> float:
        """Of whole tokens, also where only some characters of one change."""
        first, last = bisect_left(self._ends, edit.start), bisect_right(self._starts, edit.end)
        text = edit.new_text
        if first < last:
            before = self._text[self._starts[first] : edit.start]
            text = before + text + self._text[edit.end : self._ends[last - 1]]
        head, tail, inside = self._inner.get(text) or self._learn(text)
        left, right = self._tokens[first], self._tokens[max(first, last) + 1]
        if not head:
            return self._surprise(left, right)
        return self._surprise(left, head) + inside + self._surprise(tail, right)

    def _learn(self, text: str) -> Inner:
        row = tokens(text)
        inside = sum(self._surprise(one, other) for one, other in pairwise(row))
        self._inner[text] = made = (row[0], row[-1], inside) if row else ("", "", 0.0)
        return made

    def _surprise(self, one: str, other: str) -> float:
        """Minus the logarithm of how often `other` follows `one`, or of how usual it is where it never does."""
        pair = one, other
        known = self._surprises.get(pair)
        if known is None:
            if count := self._pairs[pair]:
                known = log(self._single[one] / count)
            else:
                known = log((self._total + 1) / (self._single[other] + 0.5)) - FALL_BACK
            self._surprises[pair] = known
        return known
