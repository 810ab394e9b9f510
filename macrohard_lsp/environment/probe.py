"""Asking the user's interpreter what it is and what is installed in it.

The question runs inside a Machine, through whatever runner the caller has; here is only what is asked and how
the answer is understood. The answer comes from code that is not trusted, so that it is checked like any
input.
"""

import shlex
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice
from macrohard_lsp.environment.errors import BadInterpreter

OLDEST_PYTHON = (3, 9)

_MARK = "macrohard-interpreter "
_SHOWN_CHARACTERS = 300

# Runs on Python 3.6 and later, as `[executable, "-c", PROBE]`. What lies in the working directory must not be
# imported in place of the standard library, so that directory leaves the import path first. Plugins are
# counted as pytest does: by entry points of installed distributions, the first of a name on the path. A
# distribution whose metadata is broken is passed over, because it must not hide the others.
PROBE = f"""
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import json
import platform

plugins = {{}}
pytest = None
try:
    from importlib.metadata import distributions
except ImportError:
    distributions = lambda: ()
seen = set()
for distribution in distributions():
    try:
        name = distribution.metadata["Name"]
        if not name or name.lower() in seen:
            continue
        seen.add(name.lower())
        if name.lower() == "pytest":
            pytest = str(distribution.version)
        if any(point.group == "pytest11" for point in distribution.entry_points):
            plugins[name] = str(distribution.version)
    except Exception:
        continue
print("\\n" + {_MARK!r} + json.dumps({{
    "version": list(sys.version_info[:3]),
    "implementation": platform.python_implementation(),
    "prefix": sys.prefix,
    "base_prefix": getattr(sys, "base_prefix", sys.prefix),
    "pytest": pytest,
    "plugins": plugins,
    "path": sys.path,
}}))
"""

_Word = Annotated[str, Field(max_length=200)]


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    version: Annotated[list[int], Field(min_length=3, max_length=3)]
    implementation: _Word
    prefix: str
    base_prefix: str
    pytest: _Word | None
    plugins: Annotated[dict[_Word, _Word], Field(max_length=1000)]
    path: Annotated[list[str], Field(max_length=1000)] = []


def parse_probe(choice: InterpreterChoice, stdout: bytes) -> Interpreter:
    """The interpreter that answered PROBE with `stdout`.

    A missing pytest is an answer (`pytest` is None). Raises BadInterpreter when this is no answer, or that of
    a Python which is too old.
    """
    text = stdout.decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.startswith(_MARK)]
    try:
        answer = _Answer.model_validate_json(lines[-1].removeprefix(_MARK))
    except (IndexError, ValidationError) as error:
        shown = text.strip()[-_SHOWN_CHARACTERS:] or "nothing"
        raise BadInterpreter(
            f"{choice.executable} ({choice.origin}) did not answer as a Python interpreter; it printed: "
            f"{shown}. Start it yourself to see what is wrong, or set `interpreter` in [tool.macrohard] to "
            "another one."
        ) from error
    major, minor, micro = answer.version
    if (major, minor) < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise BadInterpreter(
            f"{choice.executable} ({choice.origin}) is Python {major}.{minor}.{micro}; tests are run with "
            f"Python {oldest} or later. Make an environment with a newer Python, or set `interpreter` in "
            "[tool.macrohard] to one."
        )
    return Interpreter(
        choice,
        (major, minor, micro),
        answer.implementation,
        answer.pytest,
        answer.plugins,
        tuple(answer.path),
    )


def pytest_missing_sentence(interpreter: Interpreter) -> str:
    """What to tell a person whose interpreter has no pytest: the command to type depends on who looks after
    it.
    """
    choice = interpreter.choice
    return (
        f"pytest is not installed in {choice.executable} (Python {interpreter.version_text}, found as "
        f"{choice.origin}). {_how_to_install(choice)}"
    )


def _how_to_install(choice: InterpreterChoice) -> str:
    executable = shlex.quote(str(choice.executable))
    prefix = choice.executable.parent.parent
    commands = {
        "(uv)": "uv add --dev pytest",
        "(uv pip)": f"uv pip install --python {executable} pytest",
        "(Poetry)": "poetry add --group dev pytest",
        "Poetry": "poetry add --group dev pytest",
        "(Pipenv)": "pipenv install --dev pytest",
        "Pipenv": "pipenv install --dev pytest",
        "(conda)": f"conda install --prefix {shlex.quote(str(prefix))} pytest",
        "CONDA_PREFIX": f"conda install --prefix {shlex.quote(str(prefix))} pytest",
    }
    for ending, command in commands.items():
        if choice.origin.endswith(ending):
            return f"Install it with `{command}`."
    if choice.origin.endswith(("on PATH", "(pyenv)")) and not (prefix / "pyvenv.cfg").is_file():
        return (
            f"Make an environment for the project with `{executable} -m venv .venv` and install it there "
            "with `.venv/bin/python -m pip install pytest`. Packages installed with `pip install --user` are "
            "not seen: a sandbox does not show the home directory."
        )
    return f"Install it with `{executable} -m pip install pytest`."
