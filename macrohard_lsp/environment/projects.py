"""Which directories of one workspace folder are projects of their own.

The rules, in full:

-   A directory is a project when tests lie below it and it has an environment with a usual name (`.venv` …)
    or its own pytest configuration. Its tests are started there, with the interpreter found from there; a
    package without an environment of its own gets the one of the nearest parent.
-   A directory of tests, and what lies below one, is never a project: sample projects for tests live there.
-   A test belongs to the nearest project above it. The folder itself is a project when a test is left for
    it, or when there is no other project.
"""

import configparser
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from macrohard_lsp.core.interpreter import InterpreterChoice, Project
from macrohard_lsp.environment.errors import NoInterpreter
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.environment.layout import at
from macrohard_lsp.environment.own import named_environment

_TEST_DIRECTORIES = frozenset({"test", "tests", "testing", "testdata", "fixtures"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_PYTEST_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
_INI_SECTIONS = (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))


def find_projects(
    folder: Path,
    paths: Iterable[str],
    *,
    read: Callable[[str], str | None],
    configured: str | None,
    variables: Mapping[str, str],
    home: Path,
) -> tuple[Project, ...]:
    """The projects of `folder`, the folder itself first, then by directory.

    `paths` are the Snapshot's, relative to the folder; `read` gives the text of one, None where it has none.
    The others are those of `find_interpreter`. Raises NoInterpreter when one project has none that
    can be used.
    """
    known = frozenset(paths)
    tests = [path for path in map(PurePosixPath, sorted(known)) if _is_test(path)]
    candidates = {parent.as_posix() for path in tests for parent in path.parents} - {"."}
    found = [
        directory
        for directory in sorted(candidates)
        if _may_be_project(directory)
        and (named_environment(folder / directory) or has_pytest_configuration(directory, known, read))
    ]
    left = any(not any(test.is_relative_to(directory) for directory in found) for test in tests)
    directories = ["", *found] if left or not found else found
    choices = (_choice(folder, directory, configured, variables, home) for directory in directories)
    return tuple(map(Project, directories, choices))


def has_test_modules(paths: Iterable[str]) -> bool:
    """Whether a file is named as pytest and unittest name theirs: what a folder needs where other commands test it."""
    return any(_is_named_test(PurePosixPath(path)) for path in paths)


def test_modules(directory: str, inside: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
    """The test files below a directory, without those below the directories `inside`."""
    tests = (path for path in map(PurePosixPath, sorted(paths)) if _is_test(path))
    return tuple(
        path.as_posix()
        for path in tests
        if path.is_relative_to(directory) and not any(path.is_relative_to(other) for other in inside)
    )


def nested_directories(project: Project, projects: Iterable[Project]) -> tuple[str, ...]:
    """Directories inside `project` that are other projects: what a test run of it has to leave out."""
    inside = PurePosixPath(project.directory)
    others = (other.directory for other in projects if other.directory != project.directory)
    return tuple(other for other in others if PurePosixPath(other).is_relative_to(inside))


def _choice(
    folder: Path, directory: str, configured: str | None, variables: Mapping[str, str], home: Path
) -> InterpreterChoice:
    try:
        return find_interpreter(folder, directory, configured=configured, variables=variables, home=home)
    except NoInterpreter as error:
        if not directory:
            raise
        raise type(error)(
            f"{error} ({directory} has tests, and an environment or pytest configuration of its own; name it "
            "in `exclude` in [tool.macrohard] to go on without it.)"
        ) from error


def _is_test(path: PurePosixPath) -> bool:
    """pytest's own rule for the names of test files, and any module in a directory of tests."""
    if path.suffix != ".py" or not _INSTALLED.isdisjoint(path.parts):
        return False
    return _is_named_test(path) or any(part in _TEST_DIRECTORIES for part in path.parts[:-1])


def _is_named_test(path: PurePosixPath) -> bool:
    named = path.name.startswith("test_") or path.stem.endswith("_test")
    return named and path.suffix == ".py" and _INSTALLED.isdisjoint(path.parts)


def _may_be_project(directory: str) -> bool:
    return not any(part in _TEST_DIRECTORIES for part in PurePosixPath(directory).parts)


def has_pytest_configuration(
    directory: str, paths: frozenset[str], read: Callable[[str], str | None]
) -> bool:
    """Whether pytest, started in `directory`, finds its configuration there and not in a parent."""

    def text_of(name: str) -> str:
        path = f"{directory}/{name}" if directory else name
        return (read(path) or "") if path in paths else ""

    if any((f"{directory}/{name}" if directory else name) in paths for name in _PYTEST_FILES):
        return True
    tables = _toml(text_of("pyproject.toml"))
    if at(tables, "tool", "pytest") is not None:
        return True
    return any(_has_section(text_of(name), section) for name, section in _INI_SECTIONS)


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        # pytest itself stops at a broken pyproject.toml and says where; that is the better message.
        return {"tool": {"pytest": {}}} if "[tool.pytest" in text else {}


def _has_section(text: str, section: str) -> bool:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return f"[{section}]" in text
    return parser.has_section(section)
