"""An editor's JSON becomes the dotted fields that `load_settings` takes."""

from pathlib import Path
from typing import Any

import pytest

from macrohard_lsp.settings.editor import editor_overrides
from macrohard_lsp.settings.errors import SettingsError
from macrohard_lsp.settings.load import EDITOR, load_settings
from macrohard_lsp.settings.model import RunWhen

CASES: dict[str, tuple[Any, dict[str, object]]] = {
    "nothing": (None, {}),
    "no table": (["test"], {}),
    "camel case": ({"test": {"timeoutSeconds": 5}}, {"test.timeout_seconds": 5}),
    "snake case": ({"test": {"timeout_seconds": 5}}, {"test.timeout_seconds": 5}),
    "dotted": ({"test.run": "type"}, {"test.run": "type"}),
    "tables in a list": (
        {"test": {"commands": [{"command": ["x"], "kind": "tap", "timeoutSeconds": 5, "name": None}]}},
        {"test.commands": [{"command": ["x"], "kind": "tap", "timeout_seconds": 5}]},
    ),
    "null is not given": ({"interpreter": None, "fix": {"jobs": None}}, {}),
    "the client's own": ({"path": "/x", "trace": {"server": "off"}, "lenses": False}, {"lenses": False}),
    "unknown is kept, to be named": ({"zzz": 1}, {"zzz": 1}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_section_becomes_dotted_fields(name: str):
    section, expected = CASES[name]
    assert editor_overrides(section) == expected


def test_the_editor_wins_over_the_folder_and_is_named_where_it_is_wrong(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.macrohard.test]\nrun = "manual"\n')

    def load(section: object):
        given = editor_overrides(section)
        return load_settings(
            tmp_path, trusted=True, overrides=given, home=tmp_path, variables={}, overrides_from=EDITOR
        )

    loaded = load({"test": {"run": "type"}})
    assert loaded.settings.test.run is RunWhen.TYPE
    assert loaded.sources["test.run"] == EDITOR
    with pytest.raises(SettingsError, match=r"the editor: `test\.run` is 'never'; it has to be one of"):
        load({"test": {"run": "never"}})
    with pytest.raises(SettingsError, match=r"the editor: there is no setting `test\.runs`"):
        load({"test": 3, "test.runs": "x"})
