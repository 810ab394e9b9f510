"""Which names a name may have been meant to be: how far apart two are, in letters and in words."""

import re
from collections.abc import Iterable

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W_]+")
# Of the letters of the longer name, the share that may differ.
_DIFFERENT = 1 / 3
# What is only spelled otherwise is nearer than what has another letter.
_SPELLED_OTHERWISE = 0.5
_SHARED_WORDS = 3.0
_FEWEST_SHARED = 0.5
MOST_NEAR = 5
# How much farther the second nearest has to be for the first to be the only one meant.
CLEARLY = 1.0


def distance(left: str, right: str) -> int:
    """How many letters to put in, take out, replace, or swap with their neighbour lead from one to the other."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        before, row, above = row, [i], before
        for j, b in enumerate(right, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, above[j - 2] + 1)
            row.append(best)
    return row[-1]


def unlikeness(name: str, other: str) -> float | None:
    """A small number for names that may be mistaken for one another, None for those that hardly are."""
    if name == other:
        return 0.0
    if _plain(name) == _plain(other):
        return _SPELLED_OTHERWISE
    longer = max(len(name), len(other))
    letters = distance(name.lower(), other.lower())
    if longer > 2 and letters <= max(1, int(longer * _DIFFERENT)):
        return float(letters)
    mine, theirs = set(_words(name)), set(_words(other))
    shared = len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0
    return _SHARED_WORDS + 1 - shared if shared >= _FEWEST_SHARED else None


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Those of the `known` that `name` may have been meant to be, nearest first; itself is not among them."""
    ranked = [
        (far, other)
        for other in dict.fromkeys(known)
        if other != name and (far := unlikeness(name, other)) is not None
    ]
    ranked.sort(key=lambda pair: pair[0])
    return tuple(other for _, other in ranked[:MOST_NEAR])


def only_near(name: str, known: Iterable[str]) -> str | None:
    """The one of the `known` that is clearly nearer than every other; None where none is."""
    found = nearest(name, known)
    if not found:
        return None
    far = [unlikeness(name, other) or 0.0 for other in found]
    return found[0] if len(far) < 2 or far[1] - far[0] >= CLEARLY else None


def listed(names: str) -> tuple[str, ...]:
    """Names from one text with spaces between."""
    return tuple(names.split())


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]
