"""An editor's settings, as JSON, in the form that `load_settings` takes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def editor_overrides(section: object) -> dict[str, object]:
    """The values of the section `macrohard` by dotted field, `timeoutSeconds` as `timeout_seconds`.

    null is what editors send for a setting that nobody set, so it is left out. What only concerns the
    editor's own client (`path`, `trace`) is left out, too. What is no table of settings at all gives none.
    """
    if not isinstance(section, Mapping):
        return {}
    tables = cast(Mapping[str, Any], section)
    return dict(_leaves({name: tables[name] for name in tables if name not in _CLIENTS_OWN}, ""))


_CLIENTS_OWN = frozenset({"path", "trace"})


def _leaves(tables: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in tables.items():
        name = prefix + _name(key)
        if isinstance(value, Mapping):
            yield from _leaves(cast(Mapping[str, Any], value), f"{name}.")
        elif isinstance(value, list):
            yield name, [_table(item) for item in cast(list[object], value)]
        elif value is not None:
            yield name, value


def _table(item: object) -> object:
    """An item of a list; the names in a table are written as everywhere else."""
    if not isinstance(item, Mapping):
        return item
    return {_name(key): value for key, value in cast(Mapping[str, Any], item).items() if value is not None}


def _name(key: str) -> str:
    return _CAPITAL.sub(lambda found: "_" + found[1].lower(), str(key))
