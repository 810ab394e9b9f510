"""Two bugs at once: recordings of two projects as one of a project that has both."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from bench.localisation.recording import Recording
from macrohard_lsp.core.testrun import Frame
from macrohard_lsp.testing.coverage import Coverage, FileLines

T = TypeVar("T")


def in_twos(recordings: Sequence[Recording]) -> list[Recording]:
    """Each bug with the next one or the one before; a bug at the end may be left over."""
    found: list[Recording] = []
    for first, second in zip(recordings[::2], recordings[1::2], strict=False):
        one, other = _moved(first, "a"), _moved(second, "b")
        found += [_together(one, other), _together(other, one)]
    return found


def _together(one: Recording, other: Recording) -> Recording:
    """With the place of the first."""
    coverage = Coverage(
        {**one.coverage.by_test, **other.coverage.by_test},
        {**one.coverage.outside, **other.coverage.outside},
        one.coverage.partial | other.coverage.partial,
    )
    return replace(
        one,
        failing={**one.failing, **other.failing},
        passing=(*one.passing, *other.passing),
        coverage=coverage,
        texts={**one.texts, **other.texts},
    )


def _moved(recording: Recording, folder: str) -> Recording:
    """The same with everything in a folder."""

    def below(values: Mapping[str, T]) -> dict[str, T]:
        return {f"{folder}/{name}": value for name, value in values.items()}

    def frame(place: Frame) -> Frame:
        return replace(place, path=f"{folder}/{place.path}") if place.in_workspace else place

    failing = {
        f"{folder}/{name}": replace(
            result,
            id=f"{folder}/{name}",
            frames=tuple(map(frame, result.frames)),
            defined_at=frame(result.defined_at) if result.defined_at else None,
        )
        for name, result in recording.failing.items()
    }
    by_test: dict[str, FileLines] = {name: below(lines) for name, lines in recording.coverage.by_test.items()}
    coverage = Coverage(below(by_test), below(recording.coverage.outside), frozenset())
    return replace(
        recording,
        path=f"{folder}/{recording.path}",
        failing=failing,
        passing=tuple(f"{folder}/{name}" for name in recording.passing),
        coverage=coverage,
        texts=below(recording.texts),
    )
