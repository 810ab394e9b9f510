"""What changed between two sequences, and between two texts, by Myers' greedy algorithm."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from macrohard_lsp.core.changeset import TextEdit

T = TypeVar("T")

# The work grows with the square of the number of differences; beyond this many, what lies between the common
# beginning and the common end counts as one change.
MAX_DIFFERENCES = 500


@dataclass(frozen=True, slots=True)
class Region:
    """`old[old_start:old_end]` became `new[new_start:new_end]`; one of the two may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def changed_regions(old: Sequence[T], new: Sequence[T]) -> tuple[Region, ...]:
    """The places that differ, in order, with at least one equal element between any two."""
    limit = min(len(old), len(new))
    head = 0
    while head < limit and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < limit - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    return tuple(_between_matches(_matches(middle_old, middle_new), len(middle_old), len(middle_new), head))


def edits_between(old: str, new: str) -> tuple[TextEdit, ...]:
    """Edits of whole lines that turn `old` into `new`."""
    old_lines, new_lines = lines_of(old), lines_of(new)
    starts = [0]
    for line in old_lines:
        starts.append(starts[-1] + len(line))
    return tuple(
        TextEdit(
            starts[region.old_start],
            starts[region.old_end],
            "".join(new_lines[region.new_start : region.new_end]),
        )
        for region in changed_regions(old_lines, new_lines)
    )


def lines_of(text: str) -> list[str]:
    """Lines with their terminators, split at `\\n` only, as patches count them."""
    return io.StringIO(text, newline="\n").readlines()


def byte_lines(data: bytes) -> list[bytes]:
    return io.BytesIO(data).readlines()


def _between_matches(
    matches: list[tuple[int, int]], old_size: int, new_size: int, head: int
) -> Iterator[Region]:
    old_here = new_here = 0
    for old_match, new_match in [*matches, (old_size, new_size)]:
        if old_match > old_here or new_match > new_here:
            yield Region(head + old_here, head + old_match, head + new_here, head + new_match)
        old_here, new_here = old_match + 1, new_match + 1


def _matches(old: Sequence[T], new: Sequence[T]) -> list[tuple[int, int]]:
    """Pairs of equal elements in a longest common subsequence; none where there are too many differences.

    `furthest[d]` is how far into `old` the best path gets on diagonal `d` (place in `old` less `new`'s).
    """
    trail: list[dict[int, int]] = []
    furthest = {1: 0}
    for differences in range(min(len(old) + len(new), MAX_DIFFERENCES) + 1):
        trail.append(furthest)
        reached: dict[int, int] = {}
        for diagonal in range(-differences, differences + 1, 2):
            x = furthest[diagonal + 1] if _down(furthest, diagonal) else furthest[diagonal - 1] + 1
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            reached[diagonal] = x
            if x >= len(old) and x - diagonal >= len(new):
                return _walk_back(trail, len(old), len(new))
        furthest = reached
    return []


def _down(furthest: dict[int, int], diagonal: int) -> bool:
    """Whether the best path to a diagonal takes an element of `new` (else one of `old`)."""
    return furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)


def _walk_back(trail: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    matches: list[tuple[int, int]] = []
    for furthest in reversed(trail):
        diagonal = x - y
        before = diagonal + 1 if _down(furthest, diagonal) else diagonal - 1
        start_x = furthest[before]
        start_y = start_x - before
        while x > start_x and y > start_y:
            x, y = x - 1, y - 1
            matches.append((x, y))
        x, y = start_x, start_y
    return matches[::-1]
