"""Poetry: where it keeps a project's environment, worked out from files the way it does itself."""

import base64
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from macrohard_lsp.environment.layout import at, is_environment, is_file, read_toml
from macrohard_lsp.environment.own import startable
from macrohard_lsp.environment.search import Answer, Hit, Miss, Search

# Poetry keeps the name short enough for the kernel's limit on the first line of a script.
_NAME_LENGTH = 42
_NAMELESS = "non-package-mode"


def look_at_poetry(search: Search) -> Answer:
    """The environment in Poetry's own directory. With several for one project, the one Poetry was told to use
    (`poetry env use`), else the one with the newest Python."""
    for directory in search.upward:
        tables = read_toml(directory / "pyproject.toml")
        if isinstance(at(tables, "tool", "poetry"), Mapping) or is_file(directory / "poetry.lock"):
            return _look_for(directory, tables, search)
    return Miss("Poetry: no project of its kind")


def _look_for(directory: Path, tables: Mapping[str, Any], search: Search) -> Answer:
    name = environment_name(_project_name(tables), directory)
    environments = _environments_directory(directory, search)
    chosen = at(read_toml(environments / "envs.toml"), name, "minor")
    if isinstance(chosen, str) and is_environment(environments / f"{name}-py{chosen}"):
        return Hit(startable(environments / f"{name}-py{chosen}"), "Poetry")
    try:
        found = [path for path in environments.glob(f"{name}-py*") if is_environment(path)]
    except OSError:
        found = []
    if not found:
        return Miss(f"Poetry: no {name}-py* in {environments}")
    return Hit(startable(max(found, key=lambda path: _version(path.name))), "Poetry")


def environment_name(project: str, directory: Path) -> str:
    """What Poetry calls the environments of a project, without the Python version."""
    plain = re.sub(r"[-_.]+", "-", project).lower()
    short = re.sub(r'[ $`!*@"\\\r\n\t]', "_", plain)[:_NAME_LENGTH]
    place = os.path.normcase(os.path.realpath(directory))
    digest = hashlib.sha256(place.encode("utf-8", "surrogateescape")).digest()
    return f"{short}-{base64.urlsafe_b64encode(digest).decode()[:8]}"


def _project_name(tables: Mapping[str, Any]) -> str:
    name = at(tables, "project", "name") or at(tables, "tool", "poetry", "name")
    return name if isinstance(name, str) and name else _NAMELESS


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name.rpartition("-py")[2]))


def _environments_directory(directory: Path, search: Search) -> Path:
    """`virtualenvs.path` from the variables, the project's `poetry.toml` or the user's `config.toml`, in this
    order.
    """
    home_configuration = search.variable_path("XDG_CONFIG_HOME", ".config") / "pypoetry"
    user = search.expand(search.variables.get("POETRY_CONFIG_DIR", "")) or home_configuration
    layers = (read_toml(directory / "poetry.toml"), read_toml(user / "config.toml"))
    cache_default = search.variable_path("XDG_CACHE_HOME", ".cache") / "pypoetry"
    cache = _setting("POETRY_CACHE_DIR", ("cache-dir",), layers, search)
    cache_directory = search.expand(cache) or cache_default
    path = _setting("POETRY_VIRTUALENVS_PATH", ("virtualenvs", "path"), layers, search)
    path = path.replace("{cache-dir}", str(cache_directory)).replace("{project-dir}", str(directory))
    if not path:
        return cache_directory / "virtualenvs"
    return search.expand(path) or directory / path


def _setting(
    variable: str, keys: tuple[str, ...], layers: tuple[Mapping[str, Any], ...], search: Search
) -> str:
    values = (search.variables.get(variable), *(at(layer, *keys) for layer in layers))
    return next((value for value in values if isinstance(value, str) and value), "")
