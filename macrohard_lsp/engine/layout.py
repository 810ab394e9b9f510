"""Several projects in one folder: which tests belong to which, and what each has to leave alone."""

import posixpath
import re
from collections.abc import Sequence

from macrohard_lsp.core.interpreter import Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.environment.projects import has_pytest_configuration, nested_directories, test_modules

_IMPORTS_PYTEST = re.compile(r"^\s*(?:import|from)\s+_?pytest\b", re.MULTILINE)
_DEFINES_TEST_CASE = re.compile(r"^\s*(?:import|from)\s+unittest\b", re.MULTILINE)


def ignore_arguments(project: Project, projects: Sequence[Project]) -> tuple[str, ...]:
    """Arguments for pytest, started in the project's directory, that leave out the projects inside it."""
    start = project.directory or "."
    nested = nested_directories(project, projects)
    return tuple(f"--ignore={posixpath.relpath(path, start)}" for path in nested)


def ids_of(project: Project, projects: Sequence[Project], ids: Sequence[str]) -> tuple[str, ...]:
    """Those of the test ids whose file lies in this project and in no project inside it."""
    return tuple(name for name in ids if _owner(name.partition("::")[0], projects) == project.directory)


def sentence_about(problem: str, project: Project) -> str:
    """A problem as a sentence that says which project it is about."""
    sentence = sentence_of(problem)
    return f"{project.directory}: {sentence}" if project.directory else sentence


def sentence_of(problem: str) -> str:
    """With a capital letter, unless it begins with the name of a file, and a full stop."""
    begins_with_name = any(mark in problem.partition(" ")[0] for mark in "./")
    sentence = problem if begins_with_name else problem[:1].upper() + problem[1:]
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def runs_without_pytest(directory: str, inside: Sequence[str], snapshot: Snapshot) -> bool:
    """Whether a project's tests are plain unittest: some use it, none uses pytest, and pytest isn't configured.

    `inside` are the directories of the projects inside it.
    """

    def read(path: str) -> str | None:
        file = snapshot.get(path)
        return file.text if file is not None else None

    if has_pytest_configuration(directory, frozenset(snapshot.files), read):
        return False
    texts = [read(path) or "" for path in test_modules(directory, inside, snapshot.files)]
    return any(map(_DEFINES_TEST_CASE.search, texts)) and not any(map(_IMPORTS_PYTEST.search, texts))


def _owner(path: str, projects: Sequence[Project]) -> str:
    holding = [
        project.directory
        for project in projects
        if not project.directory or path.startswith(project.directory + "/") or path == project.directory
    ]
    return max(holding, key=len, default="")
