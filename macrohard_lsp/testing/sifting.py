"""What a warm runner is asked and answers when it tries many edits at once, and tells of each in one letter."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from macrohard_lsp.core.changeset import TextEdit


class Sifted(StrEnum):
    """`UNTRIED` are edits that were left: time was up, or one before them was found that is enough for now.
    `BREAKS` says of one that passes all of its `first` and not all of `then`."""

    UNTRIED = "."
    REJECTED = "r"
    PASSED = "p"
    TIMEOUT = "t"
    NOT_SWAPPABLE = "n"
    BREAKS = "b"


@dataclass(frozen=True, slots=True)
class Row:
    """Tests that judge an edit: one of `first` has to pass, and all of `then`.

    The limits are seconds of processor time for each test.
    """

    first: tuple[str, ...]
    then: tuple[str, ...]
    cpu: float
    cpu_then: float


@dataclass(frozen=True, slots=True)
class Sieved:
    """One edit of one file, with the tests that judge it."""

    path: str
    edits: Sequence[TextEdit]
    row: Row


class SiftAnswer(BaseModel):
    """`verdicts` has a letter for each edit; `passed` are the tests of `first` that passed, for `PASSED` and `BREAKS`.

    `leaking`: what is left behind unseen changes how tests end, so that every edit gets a process of its own.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    verdicts: Annotated[str, StringConstraints(pattern=r"^[.rptnb]*$")]
    passed: dict[int, tuple[str, ...]] = {}
    leaking: bool = False
    cpu: float = 0.0


def request_of(
    entries: Sequence[Sieved],
    failing: Collection[str],
    *,
    seconds: float,
    wall_seconds: float,
    halt: bool,
) -> dict[str, object]:
    """The request: every path, test and row is written once. `failing` fail in the program as it is."""
    paths: dict[str, int] = {}
    tests: dict[str, int] = {}
    rows: dict[int, int] = {}
    written: list[tuple[list[int], list[int], float, float]] = []
    plain: list[tuple[int, int, list[tuple[int, int, str]]]] = []
    for entry in entries:
        row = entry.row
        number = rows.get(id(row))
        if number is None:
            number = rows[id(row)] = len(written)
            written.append((_places(row.first, tests), _places(row.then, tests), row.cpu, row.cpu_then))
        path = paths.setdefault(entry.path, len(paths))
        plain.append((path, number, [(edit.start, edit.end, edit.new_text) for edit in entry.edits]))
    return {
        "op": "sift",
        "paths": list(paths),
        "tests": list(tests),
        "failing": [place for name, place in tests.items() if name in failing],
        "rows": written,
        "entries": plain,
        "seconds": seconds,
        "wall": wall_seconds,
        "halt": halt,
    }


def _places(names: Sequence[str], known: dict[str, int]) -> list[int]:
    return [known.setdefault(name, len(known)) for name in names]
