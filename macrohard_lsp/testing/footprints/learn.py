"""Brings up to date what is known of tests, from a run that watched them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from macrohard_lsp.core.testrun import TestResult, is_import, named_by
from macrohard_lsp.testing.affected import needed_files
from macrohard_lsp.testing.footprints.compare import Comparison, is_listed
from macrohard_lsp.testing.footprints.configuration import configurations
from macrohard_lsp.testing.footprints.model import (
    EVERYTHING,
    Footprints,
    Kept,
    KeptFile,
    Module,
    Needs,
    Present,
    together,
)
from macrohard_lsp.testing.messages import Footprint
from macrohard_lsp.workspace.index import WorkspaceIndex


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
            before,
            tests=tests,
            files=files,
            outside=lesson.outside(),
            modules=lesson.modules({}, [*files.values(), *tests.values()]),
            known=frozenset(index.files),
        )
    others, imported = _of_files_that_were_imported(before, watched, present, index)
    files = {**before.files, **imported, **files}
    files = {path: kept for path, kept in files.items() if present.has(path)}
    names = {name for kept in files.values() for name in kept.ids}
    tests = {name: kept for name, kept in {**others, **tests}.items() if name in names}
    return replace(
        before,
        files=files,
        tests=tests,
        modules=lesson.modules(before.modules, [*files.values(), *tests.values()]),
    )


def _of_files_that_were_imported(
    before: Footprints, watched: WatchedRun, present: Present, index: WorkspaceIndex
) -> tuple[dict[str, Kept], dict[str, KeptFile]]:
    """What is known of the tests that did not run, and of files some of whose tests did.

    Where a file was imported, and all tests that could tell the difference have run, it counts for the rest as it
    is now.
    """
    comparison = Comparison(before, present, index)
    ran: dict[str, set[str]] = defaultdict(set)
    for name in (*watched.collected, *filter(is_import, watched.asked)):
        ran[name.partition("::")[0]].add(name)
    failed = {result.id for result in watched.results if result.phase == "collect" and result.broken}
    tests = {
        name: kept for name, kept in before.tests.items() if name not in ran.get(name.partition("::")[0], ())
    }
    files: dict[str, KeptFile] = {}
    for path in before.files.keys() & ran.keys() - failed:
        file, found = before.files[path], comparison.of_file(path)
        named = {other for name in ran[path] for other in named_by(name)}
        if found.unmet or not found.changes or not named.issuperset(found.added):
            continue
        ids = [name for name in file.ids if not is_listed(name, (*found.added, *found.gone))]
        left = [name for name in ids if name in tests]
        if any(comparison.of_test(path, name) for name in left):
            continue
        tests.update((name, replace(tests[name], needs=comparison.now(tests[name].needs))) for name in left)
        ids += [name for name in watched.collected if name in ran[path]]
        files[path] = KeptFile(tuple(dict.fromkeys(ids)), comparison.now(file.needs))
    return tests, files


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
        return {path: KeptFile(tuple(ids[path]), self.needs_of_file(path)) for path in dict.fromkeys(whole)}

    def modules(self, before: Mapping[str, Module], kept: Sequence[Kept | KeptFile]) -> dict[str, Module]:
        """What the digests of modules in there stand for."""
        wanted = {digest for each in kept for digests in each.needs.values() for digest in digests}
        found = {digest: module for digest, module in before.items() if digest in wanted}
        for path in {path for each in kept for path in each.needs} & self._index.files.keys():
            if (module := self._present.module(path)) is not None and module.digest in wanted:
                found[module.digest] = module
        return found

    def outside(self) -> Needs:
        """What all tests need: pytest's configuration, and what it or a plugin used before the first test."""
        present = self._present
        needs = {
            path: frozenset({present.configuration(path)})
            for directory in self._watched.directories
            for path in configurations(directory)
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

    def needs_of_file(self, path: str) -> Needs:
        """What is executed by the imports of a test file: the bodies of modules, and the functions those call."""
        partial = any(message.partial for message in self._outside)
        needs: Needs = {
            each: frozenset({self._present.whole(each)})
            if partial
            else self._blocks(each, ()) | self._called_by_imports.get(each, frozenset())
            for each in self._closure(path) | self._unaccounted
        }
        if path in self._with_doctests:
            # Every string of it may be the text of a test.
            return together([needs, {path: frozenset({self._present.whole(path)})}])
        return needs

    @cached_property
    def _with_doctests(self) -> frozenset[str]:
        """The files with tests that are named by a module's dotted name."""
        named = (name.partition("[")[0].partition("::") for name in self._watched.collected)
        return frozenset(path for path, _, inside in named if "." in inside)

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
        return frozenset({Module.of(blocks).digest, *map(blocks.at, lines)})

    def _closure(self, path: str) -> frozenset[str]:
        return self._closures.get(path, frozenset({path}))

    @cached_property
    def _unaccounted(self) -> frozenset[str]:
        """Modules that were imported, and by none of the imports that can be read in the tests' files."""
        loaded = {path for message in self._outside for path in message.loaded}
        tests = (path for path, summary in self._index.files.items() if summary.is_test_file)
        return frozenset(loaded).difference(*map(self._closure, tests))
