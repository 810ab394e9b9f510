"""Several projects in one folder: which tests belong to which, and what each has to leave alone."""

import posixpath
from collections.abc import Sequence

from macrohard_lsp.core.interpreter import Project
from macrohard_lsp.environment.projects import nested_directories


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
    begins_with_name = any(mark in problem.partition(" ")[0] for mark in "./")
    sentence = problem if begins_with_name else problem[:1].upper() + problem[1:]
    if not sentence.endswith((".", "!", "?")):
        sentence += "."
    return f"{project.directory}: {sentence}" if project.directory else sentence


def _owner(path: str, projects: Sequence[Project]) -> str:
    holding = [
        project.directory
        for project in projects
        if not project.directory or path.startswith(project.directory + "/") or path == project.directory
    ]
    return max(holding, key=len, default="")
