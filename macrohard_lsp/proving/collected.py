"""Files that could not be collected: which tests are theirs, and what shows that they can be again."""

from collections.abc import Iterable

from macrohard_lsp.core.testrun import Outcome, TestRun

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


def why_not_collected(run: TestRun, name: str) -> str | None:
    """None where the file is collected, tests of it pass, and none breaks; else what is wrong, in words."""
    own = [result for result in run.results if belongs(result.id, name)]
    if broken := next((result for result in own if result.broken), None):
        if broken.phase == "collect":
            return f"{broken.id} can't be collected ({broken.message.partition(chr(10))[0]})"
        return f"{name} can be collected, but {broken.id} is {broken.outcome.value}"
    if not any(result.outcome is Outcome.PASSED for result in own):
        return run.problem or f"no test of {name} passes"
    return None


def passing_tests_of(run: TestRun, names: Iterable[str]) -> tuple[str, ...]:
    """The tests that pass and that belong to one of the files."""
    files = tuple(names)
    return tuple(
        result.id
        for result in run.results
        if result.outcome is Outcome.PASSED and any(belongs(result.id, name) for name in files)
    )
