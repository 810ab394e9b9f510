"""`doctor` starts quickly, tells the truth about this computer, and starts nothing outside a Machine."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from macrohard_lsp import __version__
from macrohard_lsp.cli import platforms
from macrohard_lsp.cli.main import main

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

FOREIGN = ("pygls", "lsprotocol", "openai", "git", "tree_sitter", "pytest", "hypothesis")


def asked(cli: Cli, *words: object, **more: str) -> dict:
    done = cli("doctor", "--json", *words, **more)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    return json.loads(done.stdout)


def test_it_imports_nothing_it_does_not_need(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "macrohard_lsp", "doctor"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert "macrohard_lsp" in imported
    assert imported.isdisjoint(FOREIGN)


def test_the_commands_load_only_when_they_are_used(environment: dict[str, str]) -> None:
    """The arguments of every command are understood without pydantic, SQLite or the engine."""
    done = subprocess.run(
        [sys.executable, "-c", "import macrohard_lsp.cli.main, sys; print(*sys.modules)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({*FOREIGN, "pydantic", "sqlite3"})
    assert "macrohard_lsp.engine.engine" not in done.stdout.split()


def test_what_it_says_field_by_field(cli: Cli, project: Callable[[str], Path], tmp_path: Path) -> None:
    folder = project(
        "--- pyproject.toml\n[tool.macrohard]\ntier = 'namespace'\n[tool.macrohard.fix]\nseed = 7\n"
    )
    answer = asked(cli, folder)
    assert answer["schema"] == 1
    assert answer["version"] == __version__
    assert answer["python"]["executable"] == sys.executable
    assert answer["folder"] == str(folder.resolve())
    assert answer["state_dir"] == str(tmp_path / "state" / "macrohard")
    assert {tier["tier"] for tier in answer["tiers"]} == {"namespace", "process"}
    assert all(tier["protections"] if tier["available"] else tier["reason"] for tier in answer["tiers"])
    assert answer["trusted"] is False
    assert answer["settings"]["fix.seed"]["value"] == 7
    assert "pyproject.toml" in answer["settings"]["fix.seed"]["source"]
    assert answer["settings"]["fix.jobs"] == {"value": None, "source": "default"}
    assert answer["interpreter"]["origin"] == "VIRTUAL_ENV"
    usable = [tier["tier"] for tier in answer["tiers"] if tier["available"]]
    if "namespace" in usable:
        assert answer["interpreter"]["pytest"] == pytest.__version__
        assert answer["tier"] == "namespace"


def test_for_people(cli: Cli, project: Callable[[str], Path]) -> None:
    folder = project("--- pyproject.toml\n[tool.macrohard.fix]\nseed = 7\n")
    done = cli("doctor", folder)
    assert done.returncode == 0
    assert done.stdout == ""
    assert f"macrohard-lsp  {__version__}" in done.stderr
    assert "fix.seed = 7" in done.stderr
    assert cli("doctor", folder, "--quiet").stderr == ""


def test_trust_shows(cli: Cli, project: Callable[[str], Path]) -> None:
    folder = project("--- a.py\n")
    assert cli("trust", folder).returncode == 0
    assert asked(cli, folder)["trusted"] is True


TROUBLE = {
    "--- pyproject.toml\n[tool.macrohard]\nspeed = 1\n": "there is no setting `speed`",
    "--- pyproject.toml\n[tool.macrohard\n": "is not TOML",
    "--- .venv/pyvenv.cfg\nhome = /nowhere\n--- .venv/bin/python\nnothing\n": ".venv",
}


@pytest.mark.parametrize("files", TROUBLE, ids=lambda files: files.splitlines()[-1])
def test_what_stands_in_the_way_is_said_and_nothing_else_stops(
    files: str, cli: Cli, project: Callable[[str], Path]
) -> None:
    answer = asked(cli, project(files))
    assert TROUBLE[files] in " ".join(answer["problems"])
    assert answer["message"] == " ".join(answer["problems"])
    assert len(answer["tiers"]) == 2


def test_places_that_are_no_projects_are_looked_at_but_never_opened(cli: Cli) -> None:
    answer = asked(cli, "/")
    assert "root of the whole system" in answer["message"]
    assert answer["interpreter"]["pytest"] is None


def test_a_computer_without_a_sandbox(cli: Cli, tmp_path: Path, environment: dict[str, str]) -> None:
    """No place for state: that is a problem named, no reason to stop."""
    (tmp_path / "file").write_text("")
    answer = asked(cli, XDG_STATE_HOME=str(tmp_path / "file"))
    assert answer["state_dir"] is None
    assert "can't be used" in answer["message"]


@pytest.mark.parametrize(("system", "name"), [("darwin", "macOS"), ("win32", "Windows")])
def test_other_systems_are_held_back_and_it_says_so(
    system: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # There is no such computer here; what is replaced is the name Python has for this one.
    monkeypatch.setattr(platforms.sys, "platform", system)
    assert main(["doctor", "--json"]) == 0
    assert f"{name} is held back" in json.loads(capsys.readouterr().out)["message"]
    assert main(["test", "--json"]) == 2
    assert f"{name} is held back" in json.loads(capsys.readouterr().out)["message"]
