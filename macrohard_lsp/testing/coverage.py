"""Which lines each test executed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from macrohard_lsp.testing.messages import Lines, Ranges

FileLines = Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Part:
    """What was executed by one line of a test, that line and all that it called."""

    line: int
    lines: FileLines


@dataclass(frozen=True, slots=True)
class Held:
    """Of a test that failed, what each of its assertions executed that held, and what all the rest of it did."""

    assertions: tuple[FileLines, ...]
    rest: FileLines


@dataclass(frozen=True, slots=True)
class Coverage:
    """Executed lines (counted from 1) by file, files relative to the workspace folder.

    `by_test` is keyed by test id; a test's fixtures count as the test. `outside` are lines executed
    while no test ran: imports and collection. `partial` names tests whose lines are known only in part.
    `parts` are those of tests of which they were asked for, one for each line of the test (0 for what came
    before the first), and the last part once more by itself: what ran until the test ended.
    """

    by_test: Mapping[str, FileLines]
    outside: FileLines
    partial: frozenset[str]
    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict[str, tuple[Part, ...]])


def coverage_of(messages: Iterable[Lines]) -> Coverage:
    """Put together what was told; a test that ran more than once executed what any of its runs did.

    Its parts are those of the last run.
    """
    by_test: dict[str, dict[str, set[int]]] = {}
    outside: dict[str, set[int]] = {}
    partial: set[str] = set()
    parts: dict[str, tuple[Part, ...]] = {}
    for message in messages:
        files = outside if message.id is None else by_test.setdefault(message.id, {})
        _add(files, message.files)
        if message.id is not None:
            parts[message.id] = tuple(Part(line, _frozen(_add({}, part))) for line, part in message.parts)
            if message.partial:
                partial.add(message.id)
    return Coverage(
        {name: _frozen(files) for name, files in by_test.items()},
        _frozen(outside),
        frozenset(partial),
        {name: found for name, found in parts.items() if found},
    )


def _add(files: dict[str, set[int]], ranges: Ranges) -> dict[str, set[int]]:
    for path, spans in ranges.items():
        lines = files.setdefault(path, set())
        for first, last in spans:
            lines.update(range(first, last + 1))
    return files


def _frozen(files: Mapping[str, set[int]]) -> FileLines:
    return {path: frozenset(lines) for path, lines in files.items()}
