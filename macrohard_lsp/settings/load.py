"""Bringing settings together, the most particular source first:

1.  the command line, or the editor;
2.  the user's file, `$XDG_CONFIG_HOME/macrohard/settings.toml` (`~/.config` where that is not set);
3.  `[tool.macrohard]` in the folder's `pyproject.toml`;
4.  defaults.

A list replaces the list of a lower source.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from macrohard_lsp.settings.errors import SettingsError
from macrohard_lsp.settings.explain import sentence_for
from macrohard_lsp.settings.model import Settings
from macrohard_lsp.settings.untrusted import allowed_before_trust

MAX_FILE_BYTES = 1 << 20

DEFAULT = "default"
COMMAND_LINE = "command line"
EDITOR = "editor"


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """`sources` says for each dotted field where its value came from. `notes` are sentences about what was
    not honoured and why.
    """

    settings: Settings
    sources: Mapping[str, str]
    notes: tuple[str, ...]


def load_settings(
    folder: Path,
    *,
    trusted: bool,
    overrides: Mapping[str, Any],
    variables: Mapping[str, str] = os.environ,
    home: Path | None = None,
    overrides_from: str = COMMAND_LINE,
) -> LoadedSettings:
    """The settings for one workspace folder.

    `overrides` are the command line's or the editor's, by dotted field (`fix.seed`); None is not given. `home` is
    None for the user's own home directory. Raises SettingsError, naming file and field, for a value that is not
    allowed, an unknown field, or a file that can't be read.
    """
    pyproject = folder / "pyproject.toml"
    user = _configuration_directory(variables, home or Path.home()) / "macrohard" / "settings.toml"
    folders = f"{pyproject} [tool.macrohard]"
    of_folder = _checked(_section(_read(pyproject), pyproject), folders)
    notes: tuple[str, ...] = ()
    if not trusted:
        of_folder, notes = allowed_before_trust(of_folder, folders)
    given = _nested({field: value for field, value in overrides.items() if value is not None})
    layers = (
        (folders, of_folder),
        (str(user), _checked(_read(user), str(user))),
        (overrides_from, _checked(given, f"the {overrides_from}")),
    )
    values: dict[str, Any] = {}
    sources = dict.fromkeys((field for field, _ in _leaves(Settings().model_dump())), DEFAULT)
    for source, tables in layers:
        for field, value in _leaves(tables):
            values[field] = value
            sources[field] = source
    return LoadedSettings(Settings.model_validate(_nested(values)), sources, notes)


def _configuration_directory(variables: Mapping[str, str], home: Path) -> Path:
    named = Path(variables.get("XDG_CONFIG_HOME", ""))
    return named if named.is_absolute() else home / ".config"


def _read(file: Path) -> Mapping[str, Any]:
    """The file's tables; none where there is no file."""
    try:
        if not file.exists():
            return {}
        if not file.is_file() or file.stat().st_size > MAX_FILE_BYTES:
            raise SettingsError(
                f"{file} is not a file of at most {MAX_FILE_BYTES >> 20} MiB. Put one in its place."
            )
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file} can't be read: {error.strerror or error}. Change its permissions, or move it away."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{file} is not UTF-8 at byte {error.start}, and TOML has to be. Save it in that encoding."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}{_place(str(error))}. Correct it there.") from error


def _place(message: str) -> str:
    """tomllib's message with the place in front, where an editor's user looks for it."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", message, re.DOTALL)
    if found:
        return f", line {found[2]}, column {found[3]}, is not TOML: {found[1]}"
    return f" is not TOML: {message}"


def _section(tables: Mapping[str, Any], file: Path) -> Mapping[str, Any]:
    tool = tables.get("tool")
    section: Any = cast(Mapping[str, Any], tool).get("macrohard", {}) if isinstance(tool, Mapping) else {}
    if not isinstance(section, Mapping):
        raise SettingsError(
            f"{file}: `tool.macrohard` is {section!r}; it has to be a table, [tool.macrohard]."
        )
    return cast(Mapping[str, Any], section)


def _checked(tables: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """The same tables, each value of which is allowed. Every source is checked alone, so that it can be
    named.
    """
    try:
        Settings.model_validate(tables)
    except ValidationError as error:
        raise SettingsError(f"{source}: {sentence_for(error)}") from error
    return tables


def _leaves(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from _leaves(cast(Mapping[str, Any], value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for field, value in values.items():
        *path, last = field.split(".")
        table = tables
        for key in path:
            # An editor can say `test` and `test.run` at once; the table wins over what stands in its place.
            if not isinstance(table.get(key), dict):
                table[key] = {}
            table = table[key]
        table[last] = value
    return tables
