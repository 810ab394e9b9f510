"""Which test files a change can affect, told from who imports whom; where that can't be told, all of them.

Too many test files cost time, one too few hides a failure: every doubt is decided for more. What runs code
without importing it in a way that can be read is taken to import everything.
"""

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from macrohard_lsp.workspace.index import FileSummary, WorkspaceIndex
from macrohard_lsp.workspace.outline import Definition, Import

CONFTEST = "conftest.py"
PACKAGE = "__init__.py"
CONFIGURATION = frozenset({"setup.py"})
"""Python files that configure; other configuration is no Python and in doubt for that reason."""

LOADERS = frozenset({"importlib", "imp", "runpy", "pkgutil", "__import__"})
"""Modules with which a program imports by a name that it has made up."""
STARTERS = frozenset({"subprocess", "multiprocessing", "pexpect"})
"""Modules with which a program starts another, which may import anything."""
HARMLESS = frozenset({"version", "metadata", "PackageNotFoundError", "resources"})
"""What is asked of `importlib` to read a version or a data file, which imports nothing of interest."""


def affected_tests(index: WorkspaceIndex, changed: Collection[str]) -> frozenset[str] | None:
    """The paths of the test files that a change of the files `changed` can affect; None: all, in doubt.

    All paths are relative to the workspace folder. Tests in files that pytest's default naming doesn't know,
    and doctests, are beyond it: those of a changed file are in doubt only where no test file imports it.
    """
    if not changed:
        return frozenset()
    graph = _Graph(index)
    if any(graph.is_doubtful(path) for path in changed):
        return None
    changing = graph.followers(changed)
    reached = changing | graph.followers(graph.dynamic)
    if any(map(graph.is_plugin, reached)) or any(map(graph.may_be_named_to_pytest, changing)):
        return None
    return frozenset(path for path in reached if index.files[path].is_test_file)


def needed_files(index: WorkspaceIndex) -> Mapping[str, frozenset[str]]:
    """For each file, the files whose import it brings about, directly or not, itself and conftests included."""
    wanted = _Graph(index).wanted
    return {path: _closure({path}, wanted) for path in index.files}


class AtCollection:
    """The files that are imported as a test file is collected: imports inside of functions come later."""

    def __init__(self, index: WorkspaceIndex) -> None:
        self._index = index
        self._steps: dict[tuple[str, bool], tuple[str, ...]] = {}

    def imported(self, test_file: str, *, sure: bool) -> frozenset[str]:
        """Without those that a failing import leaves out unseen, if they are to be `sure`: those inside a `try`."""
        conftests = (f"{folder}{CONFTEST}" for folder in _folders_above(test_file))
        found: set[str] = set()
        waiting = [path for path in (test_file, *conftests) if path in self._index.files]
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += self._imported_by(path, sure)
        return frozenset(found)

    def _imported_by(self, path: str, sure: bool) -> tuple[str, ...]:
        key = (path, sure)
        if key not in self._steps:
            found = [f"{folder}{PACKAGE}" for folder in _folders_above(path)]
            for item in self._index.files[path].imports:
                if not (item.in_function or item.type_checking or (sure and item.guarded)):
                    found += self._index.imported_by(path, item)
            self._steps[key] = tuple(each for each in dict.fromkeys(found) if each in self._index.files)
        return self._steps[key]


def _folders_above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["".join(f"{part}/" for part in parts[:length]) for length in range(len(parts) + 1)]


def may_hold_tests(index: WorkspaceIndex, path: str) -> bool:
    """Whether a file that nothing is known of yet may be a plugin, or a test file by the project's own naming."""
    return path.rpartition("/")[2] == CONFTEST or _Graph(index).may_be_named_to_pytest(path)


class _Graph:
    """Who has to be looked at again when a file changes: its importers, and what its folder's tests get unasked."""

    def __init__(self, index: WorkspaceIndex) -> None:
        self._files = index.files
        self._index = index

    @cached_property
    def dynamic(self) -> tuple[str, ...]:
        """The files that may import anything, and those whose imports can't all be read."""
        return tuple(path for path, summary in self._files.items() if self._is_dynamic(summary))

    def is_doubtful(self, path: str) -> bool:
        """Whether a change of this file alone can affect tests that nobody could name."""
        summary = self._files.get(path)
        name = path.rpartition("/")[2]
        if summary is None or not path.endswith(".py") or name == PACKAGE or name in CONFIGURATION:
            return True
        # What no test file imports may still be run: as a program, a plugin, or by a name in some configuration.
        return summary.has_error or (name != CONFTEST and path not in self._seen_by_tests)

    def is_plugin(self, path: str) -> bool:
        """Whether this file has fixtures or hooks, which tests get that don't import it."""
        summary = self._files[path]
        return not self._is_of_tests(summary) and any(map(_is_for_pytest, summary.definitions))

    def may_be_named_to_pytest(self, path: str) -> bool:
        """Whether a file that nobody imports may be a plugin, or a test file by the project's own naming."""
        summary = self._files[path]
        if self._is_of_tests(summary) or self._direct.get(path):
            return False
        return any(definition.is_test for definition in summary.definitions) or any(
            item.module.partition(".")[0] in ("pytest", "_pytest") for item in summary.imports
        )

    def _is_of_tests(self, summary: FileSummary) -> bool:
        return summary.is_test_file or summary.path.rpartition("/")[2] == CONFTEST

    def followers(self, paths: Iterable[str]) -> frozenset[str]:
        """`paths` and every file that a change of one of them can reach."""
        found = set(paths)
        waiting = list(found)
        while waiting:
            path = waiting.pop()
            fresh = {*self._direct.get(path, ()), *self._unasked(path)} - found
            found |= fresh
            waiting += fresh
        return frozenset(found)

    @cached_property
    def _seen_by_tests(self) -> frozenset[str]:
        """The test files, and all that they import, directly or not."""
        return _closure({path for path, summary in self._files.items() if summary.is_test_file}, self.wanted)

    @cached_property
    def wanted(self) -> Mapping[str, set[str]]:
        """What each file brings about that is imported."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for path in self._files:
            for follower in (*self._direct.get(path, ()), *self._unasked(path)):
                wanted[follower].add(path)
        return wanted

    @cached_property
    def _direct(self) -> Mapping[str, frozenset[str]]:
        """The files that import each file, under any of the names that it may go by."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, summary in self._files.items():
            targets = set(self._index.imports[path])
            for item in summary.imports:
                targets.update(self._under_any_name(item))
            for target in targets - {path}:
                found[target].add(path)
        return {path: frozenset(who) for path, who in found.items()}

    def _under_any_name(self, item: Import) -> Iterator[str]:
        """The index names the likeliest file of an import; here are all those that it could mean."""
        if item.level:
            return
        full = item.module if item.name in (None, "*") else f"{item.module}.{item.name}"
        parts = full.split(".")
        modules = self._index.modules
        known = False
        for length in range(1, len(parts) + 1):
            paths = modules.get(".".join(parts[:length]), ())
            known = known or bool(paths)
            yield from paths
        if not known and parts[0] not in sys.stdlib_module_names:
            # A folder inside a package may have been put on the path: then the last names are all there is.
            for length in range(1, len(parts) + 1):
                yield from self._by_last_names.get(tuple(parts[:length]), ())

    @cached_property
    def _by_last_names(self) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        """Paths by each tail of the names of their folders and their own."""
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for path in self._files:
            parts = path.removesuffix("i").removesuffix(".py").split("/")
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            for start in range(len(parts)):
                found[tuple(parts[start:])].append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def _unasked(self, path: str) -> Iterator[str]:
        """The files below a conftest's folder that are tests, and those below a package's, imported after it."""
        folder, _, name = path.rpartition("/")
        if name in (CONFTEST, PACKAGE):
            for other in self._below.get(folder, ()):
                if name == PACKAGE or self._files[other].is_test_file:
                    yield other

    @cached_property
    def _below(self) -> Mapping[str, tuple[str, ...]]:
        """The files in each folder and in the folders inside it."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in self._files:
            parts = path.split("/")[:-1]
            for length in range(len(parts) + 1):
                found["/".join(parts[:length])].append(path)
        return {folder: tuple(paths) for folder, paths in found.items()}

    def _is_dynamic(self, summary: FileSummary) -> bool:
        if summary.has_error:
            return True
        with_tests = summary.path.rpartition("/")[0] in self._folders_of_tests
        for item in summary.imports:
            top = item.module.partition(".")[0]
            if item.level or top not in LOADERS | STARTERS:
                continue
            if with_tests:
                return True
            if top in LOADERS and not (item.name in HARMLESS or item.module == "importlib.resources"):
                return True
        return False

    @cached_property
    def _folders_of_tests(self) -> frozenset[str]:
        """The folders with a test file or a conftest in them; what else is there helps the tests."""
        return frozenset(
            path.rpartition("/")[0] for path, summary in self._files.items() if self._is_of_tests(summary)
        )


def _closure(paths: Iterable[str], steps: Mapping[str, Collection[str]]) -> frozenset[str]:
    found = set(paths)
    waiting = list(found)
    while waiting:
        fresh = {*steps.get(waiting.pop(), ())} - found
        found |= fresh
        waiting += fresh
    return frozenset(found)


def _is_for_pytest(definition: Definition) -> bool:
    """A fixture, or a hook by its name, at the top of a module."""
    if definition.qualified_name != definition.name:
        return False
    decorators = (decorator.partition("(")[0].rpartition(".")[2] for decorator in definition.decorators)
    return definition.name.startswith("pytest_") or any(
        name == "fixture" or name.endswith("_fixture") for name in decorators
    )
