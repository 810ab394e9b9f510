"""Brings up to date what is known of tests, from a run that watched them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.testing.affected import needed_files
from macrohard_lsp.testing.footprints.model import (
    EVERYTHING,
    Footprints,
    Kept,
    KeptFile,
    Needs,
    Present,
    together,
)
from macrohard_lsp.testing.messages import Footprint
from macrohard_lsp.workspace.index import WorkspaceIndex

CONFIGURATIONS = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """One run. `asked` are the ids that were asked for, empty for all tests; `collected` those that were to run."""

    asked: tuple[str, ...]
    collected: tuple[str, ...]
    results: Sequence[TestResult]
    footprints: Sequence[Footprint]
    directories: tuple[str, ...] = ("",)


def learn(before: Footprints, watched: WatchedRun, present: Present, index: WorkspaceIndex) -> Footprints:
    """What is known after a run. Nothing is, before all tests have run once.

    A test of which nothing was told (it ran in another process, or not at all) is listed in its file, and no more.
    """
    if watched.asked and not before.files:
        return before
    lesson = _Lesson(watched, present, index)
    tests, files = lesson.tests(), lesson.files()
    if not watched.asked:
        return replace(
            before, tests=tests, files=files, outside=lesson.outside(), known=frozenset(index.files)
        )
    files = {path: kept for path, kept in {**before.files, **files}.items() if present.has(path)}
    names = {name for kept in files.values() for name in kept.ids}
    ran = frozenset(watched.collected)
    others = {name: kept for name, kept in before.tests.items() if name not in ran}
    return replace(
        before, files=files, tests={name: kept for name, kept in {**others, **tests}.items() if name in names}
    )


class _Lesson:
    def __init__(self, watched: WatchedRun, present: Present, index: WorkspaceIndex) -> None:
        self._watched = watched
        self._present = present
        self._index = index
        self._closures = needed_files(index)
        self._outside = [message for message in watched.footprints if message.id is None]

    def tests(self) -> dict[str, Kept]:
        results = {result.id: result for result in self._watched.results}
        told: dict[str, list[Needs]] = defaultdict(list)
        for message in self._watched.footprints:
            if message.id is not None and message.id in results:
                told[message.id].append(self._needs(message))
        return {
            name: Kept(together(needs), results[name].seconds, results[name].broken)
            for name, needs in told.items()
        }

    def files(self) -> dict[str, KeptFile]:
        """Those of which all tests are known now."""
        ids: dict[str, list[str]] = defaultdict(list)
        for name in self._watched.collected:
            ids[name.partition("::")[0]].append(name)
        if self._watched.asked:
            whole = [name for name in self._watched.asked if "::" not in name]
        else:
            whole = [*ids, *(path for path, summary in self._index.files.items() if summary.is_test_file)]
        return {path: KeptFile(tuple(ids[path]), self._needs_of_file(path)) for path in dict.fromkeys(whole)}

    def outside(self) -> Needs:
        """What all tests need: pytest's configuration, and what it or a plugin used before the first test."""
        present = self._present
        needs = {
            path: frozenset({present.configuration(path)})
            for directory in self._watched.directories
            for name in CONFIGURATIONS
            for path in [f"{directory}/{name}" if directory else name]
        }
        opened = {path for message in self._outside for path in message.opened if not path.endswith(".py")}
        listed = {path for message in self._outside for path in message.listed}
        wholes = {path: frozenset({present.whole(path)}) for path in opened}
        folders = {path: frozenset({present.names_in(path)}) for path in listed}
        everything = (
            {EVERYTHING: frozenset({present.everything})} if any(m.starts for m in self._outside) else {}
        )
        return together([needs, wholes, folders, everything])

    def _needs(self, message: Footprint) -> Needs:
        present = self._present
        needs: list[Needs] = [{path: self._blocks(path, lines) for path, lines in message.calls.items()}]
        needs.append({path: frozenset({present.whole(path)}) for path in message.opened})
        needs.append({path: frozenset({present.names_in(path)}) for path in message.listed})
        if message.starts:
            needs.append({EVERYTHING: frozenset({present.everything})})
        if message.partial:
            closure = self._closure((message.id or "").partition("::")[0])
            needs.append({path: frozenset({present.whole(path)}) for path in closure})
        return together(needs)

    def _needs_of_file(self, path: str) -> Needs:
        """What is executed by the imports of a test file: the bodies of modules, and the functions those call."""
        partial = any(message.partial for message in self._outside)
        return {
            each: frozenset({self._present.whole(each)})
            if partial
            else self._blocks(each, ()) | self._called_by_imports.get(each, frozenset())
            for each in self._closure(path) | self._unaccounted
        }

    @cached_property
    def _called_by_imports(self) -> Needs:
        return together(
            {path: self._blocks(path, lines) for path, lines in message.calls.items()}
            for message in self._outside
        )

    def _blocks(self, path: str, lines: Iterable[int]) -> frozenset[str]:
        blocks = self._present.blocks(path)
        if blocks is None:
            return frozenset({self._present.whole(path)})
        return frozenset({blocks.body, *map(blocks.at, lines)})

    def _closure(self, path: str) -> frozenset[str]:
        return self._closures.get(path, frozenset({path}))

    @cached_property
    def _unaccounted(self) -> frozenset[str]:
        """Modules that were imported, and by none of the imports that can be read in the tests' files."""
        loaded = {path for message in self._outside for path in message.loaded}
        tests = (path for path, summary in self._index.files.items() if summary.is_test_file)
        return frozenset(loaded).difference(*map(self._closure, tests))
