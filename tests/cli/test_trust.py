import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def test_given_listed_and_taken_back(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    given = cli("trust", "project")
    assert given.returncode == 0
    assert f"{folder} is trusted. To take that back: macrohard-lsp trust --revoke {folder}" in given.stderr
    listed = cli("trust", "--list", "--json")
    assert json.loads(listed.stdout)["trusted"] == [str(folder)]
    assert str(folder) in cli("trust", "--list").stderr
    assert "no longer trusted" in cli("trust", "--revoke", folder).stderr
    assert json.loads(cli("trust", "--list", "--json").stdout)["trusted"] == []


def test_trust_in_a_folder_that_is_gone_can_be_taken_back(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    cli("trust", folder)
    folder.rmdir()
    assert cli("trust", "--revoke", folder).returncode == 0
    assert "No folder is trusted" in cli("trust", "--list").stderr


@pytest.mark.parametrize(
    ("path", "sentence"), [("/", "holds your whole home directory"), ("home", "whole home")]
)
def test_what_is_refused(path: str, sentence: str, cli: Cli) -> None:
    done = cli("trust", path, "--json")
    assert done.returncode == 2
    assert sentence in json.loads(done.stdout)["message"]
    assert sentence in done.stderr
