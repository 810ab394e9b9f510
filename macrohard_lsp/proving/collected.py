"""Files that could not be collected: which tests are theirs, and what shows that they can be again."""

from collections.abc import Iterable

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestRun
from macrohard_lsp.workspace.outline import outline
from macrohard_lsp.workspace.python_syntax import parse

_FOR_A_FOLDER = ("conftest.py", "__init__.py")


def stands_for_folder(name: str) -> bool:
    """Whether what can't be collected keeps all tests of its folder from running, not only its own."""
    return not name.endswith(".py") or name.rpartition("/")[2] in _FOR_A_FOLDER


def belongs(test: str, name: str) -> bool:
    """Whether a test (or another file) is one of those that ran no more because `name` could not be collected."""
    path = test.partition("::")[0]
    if not stands_for_folder(name):
        return path == name
    folder = name.rpartition("/")[0] if name.endswith(".py") else name.strip(".")
    return not folder or path == folder or path.startswith(f"{folder}/")


def why_not_collected(run: TestRun, name: str, after: Snapshot) -> str | None:
    """None where the file is collected, tests of it pass, and none breaks; else what is wrong, in words.

    A file that only looks like one of tests and holds none in `after` has to be collected, and no more.
    """
    own = [result for result in run.results if belongs(result.id, name)]
    if broken := next((result for result in own if result.broken), None):
        if broken.phase == "collect":
            return f"{broken.id} can't be collected ({broken.message.partition(chr(10))[0]})"
        return f"{name} can be collected, but {broken.id} is {broken.outcome.value}"
    if not own and run.problem is None and not _holds_tests(after, name):
        return None
    if not any(result.outcome is Outcome.PASSED for result in own):
        return run.problem or f"no test of {name} passes"
    return None


def is_collected(run: TestRun, name: str) -> bool:
    """Whether tests of the file were found, however they ended."""
    own = [result for result in run.results if belongs(result.id, name)]
    return bool(own) and not any(result.broken and result.phase == "collect" for result in own)


def _holds_tests(snapshot: Snapshot, name: str) -> bool:
    """Whether a file defines tests by pytest's own naming; a folder always may."""
    file = snapshot.get(name)
    if stands_for_folder(name) or file is None or file.text is None:
        return True
    return any(definition.is_test for definition in outline(parse(file.text)).definitions)


def passing_tests_of(run: TestRun, names: Iterable[str]) -> tuple[str, ...]:
    """The tests that pass and that belong to one of the files."""
    files = tuple(names)
    return tuple(
        result.id
        for result in run.results
        if result.outcome is Outcome.PASSED and any(belongs(result.id, name) for name in files)
    )
