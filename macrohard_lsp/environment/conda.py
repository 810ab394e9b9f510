"""conda: the environment that a project's `environment.yml` names."""

import re
from pathlib import Path

from macrohard_lsp.environment.layout import is_environment, is_file, python_in, read_text
from macrohard_lsp.environment.own import is_conda_base, startable
from macrohard_lsp.environment.search import Answer, Hit, Miss, Search

_FILES = ("environment.yml", "environment.yaml")


def look_at_conda_file(search: Search) -> Answer:
    """The environment of that name among those conda has listed in `~/.conda/environments.txt`."""
    for directory in search.upward:
        for file in _FILES:
            name = _environment_name(directory / file)
            if name:
                return _look_for(name, directory / file, search)
    return Miss("conda: no environment.yml")


def _look_for(name: str, file: Path, search: Search) -> Answer:
    for prefix in _known_prefixes(search):
        if prefix.name == name and is_environment(prefix) and python_in(prefix) is not None:
            return Hit(startable(prefix), f"{file.name} (conda)")
    return Miss(f"conda: {file} names the environment {name}, which ~/.conda/environments.txt does not list")


def _environment_name(file: Path) -> str:
    """The value of the top-level `name`: all of the file that is needed, and plain enough to be read without
    YAML.
    """
    match = re.search(r"^name:[ \t]*[\"']?([^\s\"'#]+)", read_text(file) or "", re.MULTILINE)
    return match.group(1) if match else ""


def _known_prefixes(search: Search) -> tuple[Path, ...]:
    listed = read_text(search.home / ".conda" / "environments.txt") or ""
    return tuple(Path(line.strip()) for line in listed.splitlines() if line.strip().startswith("/"))


def look_at_conda_base(search: Search) -> Answer:
    """conda's own environment, when it is active: better than the system's Python, worse than anything of the
    project's.
    """
    prefix = search.expand(search.variables.get("CONDA_PREFIX", ""))
    if prefix is None or not is_conda_base(prefix, search):
        return Miss("conda: the base environment is not active")
    if is_file(prefix / "conda-meta" / "history") and python_in(prefix) is not None:
        return Hit(startable(prefix), "the base environment (conda)")
    return Miss(f"conda: no interpreter in {prefix}")
