"""Finding the interpreter of a project without starting anything.

The places, best first:

1.  the setting `interpreter`, which is final: when it can't be used, nothing else is tried;
2.  an environment lying in the project directory or a parent up to the workspace folder (`.venv`, `venv`,
    `env`, `.conda`, else the only one there is). It comes before an activated one, which may be left from
    other work; when it is broken, nothing else is tried;
3.  `UV_PROJECT_ENVIRONMENT`, or the `.venv` of a uv workspace around the folder;
4.  the environment that is active: `VIRTUAL_ENV`, or `CONDA_PREFIX` unless it is conda's base. This is also
    how this program's own environment is met when a person activates it, and it is honoured like any other:
    who runs the program from there without activating it changes neither variable nor `PATH`;
5.  Poetry's, then Pipenv's directory of environments;
6.  the conda environment that `environment.yml` names;
7.  the pyenv version that `PYENV_VERSION` or `.python-version` names;
8.  conda's base environment, when it is active;
9.  `python3`, then `python`, on `PATH`; a pyenv shim stands for what it would start.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from macrohard_lsp.core.interpreter import InterpreterChoice
from macrohard_lsp.environment.conda import look_at_conda_base, look_at_conda_file
from macrohard_lsp.environment.errors import NoInterpreter
from macrohard_lsp.environment.layout import is_program, python_in, venv_prefix
from macrohard_lsp.environment.mounts import mounts_for
from macrohard_lsp.environment.own import look_at_active, look_in_folder
from macrohard_lsp.environment.pipenv import look_at_pipenv
from macrohard_lsp.environment.poetry import look_at_poetry
from macrohard_lsp.environment.pyenv import look_at_pyenv, look_behind_shim, pyenv_root
from macrohard_lsp.environment.search import Answer, Hit, Miss, Search
from macrohard_lsp.environment.uv import look_at_uv

_SETTING = "the setting `interpreter`"


def find_interpreter(
    folder: Path, directory: str, *, configured: str | None, variables: Mapping[str, str], home: Path
) -> InterpreterChoice:
    """The interpreter for the tests in `directory` (relative to `folder`, "" for the folder itself).

    `configured` is the setting `interpreter`: a program, an environment, or a program's name on PATH; a
    relative path starts at `folder`. `variables` are the user's environment variables. Raises NoInterpreter
    with where was looked and what to do, UnsafeInterpreter when running it would show a Machine too much.
    """
    root = folder.resolve()
    search = Search(root, root / directory, variables, home)
    hit = _configured(configured, search) if configured else _first_hit(search)
    executable = hit.executable
    if venv_prefix(executable) is None:
        # Only a virtual environment depends on the name its interpreter is started by.
        executable = executable.resolve()
    mounts = mounts_for(executable, home)
    return InterpreterChoice(executable, hit.origin, _besides_workspace(mounts, root))


def _first_hit(search: Search) -> Hit:
    places: tuple[Callable[[Search], Answer], ...] = (
        look_in_folder,
        look_at_uv,
        look_at_active,
        look_at_poetry,
        look_at_pipenv,
        look_at_conda_file,
        look_at_pyenv,
        look_at_conda_base,
        look_on_path,
    )
    misses: list[str] = []
    for look in places:
        answer = look(search)
        if isinstance(answer, Hit):
            return answer
        misses.append(answer.looked)
    raise NoInterpreter(
        f"No Python interpreter was found for {search.directory}. Looked at: {'; '.join(misses)}. "
        "Make an environment there with `python3 -m venv .venv`, activate one before starting, or name one "
        "as `interpreter` in [tool.macrohard] of pyproject.toml."
    )


def _configured(setting: str, search: Search) -> Hit:
    """The setting's interpreter; a bare name that is nothing in the folder is looked up on PATH."""
    named = search.expand(setting) or search.folder / setting
    if not named.exists() and "/" not in setting:
        on_path = _first_on_path(setting, search)
        if isinstance(on_path, Hit):
            return Hit(on_path.executable, _SETTING)
    executable = python_in(named) if named.is_dir() else named
    if executable is None or not executable.exists():
        raise NoInterpreter(
            f"The setting `interpreter` names {setting}, but there is no Python interpreter at "
            f"{executable or named / 'bin/python'}. Correct it, or take it out to have one looked for."
        )
    if not is_program(executable):
        raise NoInterpreter(
            f"The setting `interpreter` names {setting}, which is not a program this system can start. "
            "A script that starts Python does not do: name the interpreter itself."
        )
    return Hit(executable, _SETTING)


def look_on_path(search: Search) -> Answer:
    for name in ("python3", "python"):
        answer = _first_on_path(name, search)
        if isinstance(answer, Hit):
            return answer
    return Miss("no python3 or python on PATH")


def _first_on_path(name: str, search: Search) -> Answer:
    """The first program of this name. Relative entries of PATH are not followed: they could lead into the
    folder.

    A script (another version manager's shim, a wrapper) is passed over: what it starts can't be known by
    reading it.
    """
    for entry in search.variables.get("PATH", "").split(":"):
        directory = Path(entry)
        if not directory.is_absolute():
            continue
        if directory == pyenv_root(search) / "shims" and (directory / name).exists():
            behind = look_behind_shim(search)
            if isinstance(behind, Hit):
                return behind
        elif is_program(directory / name):
            return Hit(directory / name, f"{name} on PATH")
    return Miss(f"no {name} on PATH")


def _besides_workspace(mounts: tuple[Path, ...], folder: Path) -> tuple[Path, ...]:
    """Without what the workspace shows anyway: the folder itself, and links lying in it."""
    return tuple(
        mount
        for mount in mounts
        if mount != folder
        and not (mount.is_relative_to(folder) and not mount.resolve().is_relative_to(folder))
    )
