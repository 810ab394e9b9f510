"""The places outside that an environment puts on the import path."""

import json
from pathlib import Path

import pytest

from macrohard_lsp.environment.outside import outside_paths


@pytest.fixture
def packages(home: Path) -> Path:
    directory = home / "env" / "lib" / "python3.12" / "site-packages"
    directory.mkdir(parents=True)
    return directory


FILES = {
    "plain.pth": "{other}\n",
    "relative.pth": "../../../../other\n",
    "old.egg-link": "{other}\n../\n",
    "__editable__.thing-1.0.pth": "# comment\n{other}\n",
    "__editable___thing_1_0_finder.py": "X = 1\nMAPPING: dict[str, str] = {{'thing': '{other}'}}\n",
    "__editable___older_1_0_finder.py": "MAPPING = {{'thing': '{other}'}}\n",
    "thing-1.0.dist-info/direct_url.json": json.dumps(
        {"url": "file://@other@", "dir_info": {"editable": True}}
    )
    .replace("{", "{{")
    .replace("}", "}}")
    .replace("@other@", "{other}"),
}


@pytest.mark.parametrize("name", FILES)
def test_each_way_to_name_a_place(home: Path, folder: Path, packages: Path, name: str):
    other = home / "other"
    other.mkdir()
    (packages / name).parent.mkdir(exist_ok=True)
    (packages / name).write_text(FILES[name].format(other=other))
    assert outside_paths(home / "env", folder) == (other,)
    assert outside_paths(home / "env", home) == ()


def test_what_lies_inside_or_nowhere_or_runs_code_is_left_out(home: Path, folder: Path, packages: Path):
    (folder / "src").mkdir()
    (packages / "vendored").mkdir()
    (packages / "many.pth").write_text(
        f"{folder / 'src'}\nvendored\n/gone\n{home / 'other file'}\nimport os; os.abort()\n"
    )
    direct = {"url": "https://example.org/x", "dir_info": {"editable": True}}
    for name, text in {
        "a": json.dumps(direct),
        "b": json.dumps({"url": f"file://{home}"}),
        "c": "[]",
        "d": "{",
        "e": "[" * 100_000,
    }.items():
        (packages / f"{name}.dist-info").mkdir()
        (packages / f"{name}.dist-info" / "direct_url.json").write_text(text)
    (packages / "__editable___broken_finder.py").write_text("MAPPING = {")
    (packages / "binary.pth").write_bytes(b"\xff\xfe")
    assert outside_paths(home / "env", folder) == ()
    (home / "other file").mkdir()
    assert outside_paths(home / "env", folder) == (home / "other file",)


def test_an_escaped_url_is_read(home: Path, folder: Path, packages: Path):
    other = home / "with space"
    other.mkdir()
    (packages / "x.dist-info").mkdir()
    record = {"url": other.as_uri(), "dir_info": {"editable": True}}
    (packages / "x.dist-info" / "direct_url.json").write_text(json.dumps(record))
    assert outside_paths(home / "env", folder) == (other,)
