"""uv: where the environment of a project is when it does not lie in the workspace folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from macrohard_lsp.environment.layout import at, is_environment, is_file, read_toml
from macrohard_lsp.environment.own import startable
from macrohard_lsp.environment.search import Answer, Hit, Miss, Search


def look_at_uv(search: Search) -> Answer:
    """`UV_PROJECT_ENVIRONMENT`, then the `.venv` of a uv workspace that the folder is a member of."""
    project = next((directory for directory in search.upward if is_file(directory / "pyproject.toml")), None)
    if project is None:
        return Miss("uv: no pyproject.toml")
    root = _workspace_root(project, search.home) or project
    named = search.variables.get("UV_PROJECT_ENVIRONMENT", "")
    environment = root / (search.expand(named) or named) if named else root / ".venv"
    if is_environment(environment):
        return Hit(startable(environment), "UV_PROJECT_ENVIRONMENT (uv)" if named else f"{environment} (uv)")
    return Miss(f"uv: no environment at {environment}")


def _workspace_root(project: Path, home: Path) -> Path | None:
    """The nearest directory above that names the project as a member; nothing at or above the home directory
    is read.
    """
    for parent in project.parents:
        if home.is_relative_to(parent):
            return None
        workspace = at(read_toml(parent / "pyproject.toml"), "tool", "uv", "workspace")
        if isinstance(workspace, Mapping):
            tables = cast(Mapping[str, Any], workspace)
            relative = project.relative_to(parent)
            member = _matches(relative, tables.get("members")) and not _matches(
                relative, tables.get("exclude")
            )
            return parent if member else None
    return None


def _matches(relative: Path, patterns: Any) -> bool:
    if not isinstance(patterns, list):
        return False
    texts = [item for item in cast(list[Any], patterns) if isinstance(item, str) and item.strip("/.")]
    return any(len(relative.parts) == len(Path(text).parts) and relative.match(text) for text in texts)
