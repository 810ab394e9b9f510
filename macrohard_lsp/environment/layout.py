"""How environments and installations lie on a disk. Files are read and never executed."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

MAX_CONFIGURATION_BYTES = 1 << 20

OWN_NAMES = (".venv", "venv", "env", ".conda")

_PYTHON_NAMES = ("python", "python3", "pypy3")
_LANDMARKS = ("lib*/python3.*/os.py", "lib*/pypy3.*/os.py")
_ELF = b"\x7fELF"


def read_text(path: Path) -> str | None:
    """The text of a small regular file; None where there is none, it is too large, or it can't be read as
    UTF-8.
    """
    try:
        if not path.is_file() or path.stat().st_size > MAX_CONFIGURATION_BYTES:
            return None
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def read_toml(path: Path) -> Mapping[str, Any]:
    """The tables of a TOML file; empty where there is none, and where it is broken: who needs it says so
    elsewhere.
    """
    text = read_text(path)
    if text is None:
        return {}
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def read_json(path: Path, *keys: str) -> Any:
    """The value below these keys of a JSON file, None where there is none."""
    text = read_text(path)
    try:
        return None if text is None else at(json.loads(text), *keys)
    except (ValueError, RecursionError):
        return None


def at(tables: Mapping[str, Any], *keys: str) -> Any:
    """The value below these keys, or None where one of them is missing."""
    value: Any = tables
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = cast(Mapping[str, Any], value).get(key)
    return value


def is_file(path: Path) -> bool:
    """Path.is_file that takes a directory it may not enter for one that holds nothing."""
    try:
        return path.is_file()
    except OSError:
        return False


def venv_configuration(prefix: Path) -> Mapping[str, str] | None:
    """The keys of `pyvenv.cfg`, in lower case; None where the directory is no virtual environment."""
    text = read_text(prefix / "pyvenv.cfg")
    if text is None:
        return None
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def is_environment(prefix: Path) -> bool:
    """Whether a virtual environment or a conda environment lies here."""
    return is_file(prefix / "pyvenv.cfg") or is_file(prefix / "conda-meta" / "history")


def venv_prefix(executable: Path) -> Path | None:
    """The virtual environment that Python enters when it is started by this name."""
    for prefix in (executable.parent, executable.parent.parent):
        if is_file(prefix / "pyvenv.cfg"):
            return prefix
    return None


def installation_prefix(directory: Path) -> Path | None:
    """The installation whose programs are in `directory`: the one that has a standard library beside it."""
    prefix = directory.parent
    try:
        found = any(next(prefix.glob(pattern), None) for pattern in _LANDMARKS)
    except OSError:
        return None
    return prefix if found else None


def is_program(path: Path) -> bool:
    """Whether the kernel can start it without another interpreter: an executable binary, not a script."""
    try:
        if not path.is_file() or not os.access(path, os.X_OK):
            return False
        with path.open("rb") as file:
            return file.read(len(_ELF)) == _ELF
    except OSError:
        return False


def python_in(prefix: Path) -> Path | None:
    """The interpreter of an environment or installation, whether or not it can be started; None where none is
    named.
    """
    for name in _PYTHON_NAMES:
        candidate = prefix / "bin" / name
        if os.path.lexists(candidate):
            return candidate
    return None
