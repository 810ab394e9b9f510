"""Environments that lie in the workspace folder, and the one that is active."""

from pathlib import Path

from macrohard_lsp.environment.errors import NoInterpreter
from macrohard_lsp.environment.layout import (
    OWN_NAMES,
    is_environment,
    is_file,
    is_program,
    python_in,
    read_toml,
    venv_configuration,
)
from macrohard_lsp.environment.search import Answer, Hit, Miss, Search

MAX_CHILDREN = 1000


def named_environment(directory: Path) -> Path | None:
    """The environment in `directory` that has one of the usual names."""
    return next((directory / name for name in OWN_NAMES if is_environment(directory / name)), None)


def own_environment(directory: Path) -> Path | None:
    """The environment in `directory`: one with a usual name, else the only one there is."""
    named = named_environment(directory)
    if named is not None:
        return named
    try:
        children = [child for _, child in zip(range(MAX_CHILDREN), directory.iterdir(), strict=False)]
    except OSError:
        return None
    found = [child for child in children if is_environment(child)]
    return found[0] if len(found) == 1 else None


def look_in_folder(search: Search) -> Answer:
    """The nearest environment from the project directory up to the folder.

    Raises NoInterpreter when that one is broken: tests run with another Python than the project's own would
    tell nothing.
    """
    for directory in search.upward:
        environment = own_environment(directory)
        if environment is not None:
            return Hit(startable(environment), _described(environment, directory))
    names = ", ".join(OWN_NAMES[:-1]) + " or " + OWN_NAMES[-1]
    return Miss(f"no environment ({names}) in {search.upward[0]}{_and_above(search)}")


def _and_above(search: Search) -> str:
    return "" if search.directory == search.folder else f" or its parents up to {search.folder}"


def startable(environment: Path) -> Path:
    """The environment's interpreter. Raises NoInterpreter, naming what is broken, if it can't be started."""
    executable = python_in(environment)
    if executable is None:
        raise NoInterpreter(
            f"{environment} has no bin/python. Make the environment anew: `python3 -m venv {environment}`."
        )
    if not executable.exists():
        target = executable.readlink()
        raise NoInterpreter(
            f"{executable} leads to {target}, which does not exist any more. "
            f"Make the environment anew: `python3 -m venv --clear {environment}`."
        )
    if not is_program(executable):
        raise NoInterpreter(
            f"{executable} is not a program that can be started. "
            f"Make the environment anew: `python3 -m venv --clear {environment}`."
        )
    return executable


def _described(environment: Path, directory: Path) -> str:
    """The environment's name, and in brackets the tool that looks after it, where files say which."""
    if is_file(environment / "conda-meta" / "history"):
        return f"{environment.name} (conda)"
    if is_file(directory / "uv.lock"):
        return f"{environment.name} (uv)"
    if is_file(directory / "poetry.lock") or "poetry" in (
        read_toml(directory / "pyproject.toml").get("tool") or {}
    ):
        return f"{environment.name} (Poetry)"
    if is_file(directory / "Pipfile"):
        return f"{environment.name} (Pipenv)"
    if "uv" in (venv_configuration(environment) or {}):
        return f"{environment.name} (uv pip)"
    return environment.name


def look_at_active(search: Search) -> Answer:
    """An activated environment: `VIRTUAL_ENV`, else a conda environment that is not the base one."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = search.expand(search.variables.get(name, ""))
        if prefix is None or (name == "CONDA_PREFIX" and is_conda_base(prefix, search)):
            continue
        executable = python_in(prefix)
        if executable is not None and is_program(executable):
            return Hit(executable, name)
        return Miss(f"{name} names {prefix}, where no interpreter is")
    return Miss("no environment is active (VIRTUAL_ENV, CONDA_PREFIX)")


def is_conda_base(prefix: Path, search: Search) -> bool:
    """Whether this is the environment conda itself is installed in: often active by default, seldom meant."""
    return search.variables.get("CONDA_DEFAULT_ENV") == "base" or (prefix / "condabin").is_dir()
