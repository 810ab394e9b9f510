"""Which lines each test executed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from macrohard_lsp.testing.messages import Lines

FileLines = Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Executed lines (counted from 1) by file, files relative to the workspace folder.

    `by_test` is keyed by test id; a test's fixtures count as the test. `outside` are lines executed
    while no test ran: imports and collection. `partial` names tests whose lines are known only in part.
    """

    by_test: Mapping[str, FileLines]
    outside: FileLines
    partial: frozenset[str]


def coverage_of(messages: Iterable[Lines]) -> Coverage:
    """Put together what was told; a test that ran more than once executed what any of its runs did."""
    by_test: dict[str, dict[str, set[int]]] = {}
    outside: dict[str, set[int]] = {}
    partial: set[str] = set()
    for message in messages:
        files = outside if message.id is None else by_test.setdefault(message.id, {})
        for path, ranges in message.files.items():
            lines = files.setdefault(path, set())
            for first, last in ranges:
                lines.update(range(first, last + 1))
        if message.partial and message.id is not None:
            partial.add(message.id)
    return Coverage(
        {name: _frozen(files) for name, files in by_test.items()}, _frozen(outside), frozenset(partial)
    )


def _frozen(files: Mapping[str, set[int]]) -> FileLines:
    return {path: frozenset(lines) for path, lines in files.items()}
