"""Which test files a change can affect, as far as the imports say; in doubt all of them."""

from collections.abc import Collection

from macrohard_lsp.workspace.index import FileSummary, WorkspaceIndex

# A test file that imports one of these may run any file of the workspace without importing it.
_RUNS_ANYTHING = frozenset({"importlib", "runpy", "subprocess", "multiprocessing"})


def affected_tests(index: WorkspaceIndex, changed: Collection[str]) -> frozenset[str] | None:
    """The paths of the test files that a change of the files `changed` can affect; None for all.

    These are the changed test files, those below a changed conftest, and those that import what changed, over any
    number of files between. All, where the change is of something that is not imported to have its effect: data,
    configuration, what runs when a package is imported, a file nobody imports, a file that is gone or no Python.
    """
    affected: set[str] = set()
    for path in changed:
        found = _affected_by(index, path)
        if found is None:
            return None
        affected |= found
    if any(path in index.files for path in changed):
        affected |= {path for path, summary in index.files.items() if _runs_anything(summary)}
    return frozenset(affected)


def _affected_by(index: WorkspaceIndex, path: str) -> set[str] | None:
    folder, _, name = path.rpartition("/")
    summary = index.files.get(path)
    if summary is None or summary.has_error or name == "__init__.py":
        return None
    tests = [other for other, each in index.files.items() if each.is_test_file]
    if name == "conftest.py":
        return {other for other in tests if not folder or other.startswith(folder + "/")}
    reached = _importers(index, path)
    if not summary.is_test_file and len(reached) == 1:
        return None
    if any(other.rpartition("/")[2] == "conftest.py" for other in reached):
        return None
    return {other for other in tests if other in reached}


def _importers(index: WorkspaceIndex, path: str) -> set[str]:
    """The file, those that import it, those that import these, and so on."""
    reached, left = {path}, [path]
    while left:
        for other in index.importers.get(left.pop(), frozenset()):
            if other not in reached:
                reached.add(other)
                left.append(other)
    return reached


def _runs_anything(summary: FileSummary) -> bool:
    return summary.is_test_file and any(_top(item.module) in _RUNS_ANYTHING for item in summary.imports)


def _top(module: str) -> str:
    return module.partition(".")[0]
