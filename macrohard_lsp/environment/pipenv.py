"""Pipenv: where it keeps a project's environment, worked out from files the way it does itself."""

import base64
import hashlib
import re
from pathlib import Path

from macrohard_lsp.environment.layout import is_environment, is_file
from macrohard_lsp.environment.own import startable
from macrohard_lsp.environment.search import Answer, Hit, Miss, Search

_NAME_LENGTH = 42


def look_at_pipenv(search: Search) -> Answer:
    """The environment of the nearest Pipfile, in `WORKON_HOME` or the user's data directory."""
    directory = next((place for place in search.upward if is_file(place / "Pipfile")), None)
    if directory is None:
        return Miss("Pipenv: no Pipfile")
    shared = search.variable_path("XDG_DATA_HOME", ".local/share") / "virtualenvs"
    environments = search.expand(search.variables.get("WORKON_HOME", "")) or shared
    name = search.variables.get("PIPENV_CUSTOM_VENV_NAME", "") or environment_name(directory)
    if "/" not in name and is_environment(environments / name):
        return Hit(startable(environments / name), "Pipenv")
    return Miss(f"Pipenv: no {name} in {environments}")


def environment_name(directory: Path) -> str:
    """What Pipenv calls the environment of the Pipfile in `directory`."""
    short = re.sub(r'[ &$`!*@"()\[\]\\\r\n\t]', "_", directory.name)[:_NAME_LENGTH]
    digest = hashlib.sha256(str(directory / "Pipfile").encode("utf-8", "surrogateescape")).digest()
    return f"{short}-{base64.urlsafe_b64encode(digest[:6]).decode()[:8]}"
