"""Every wrong argument has a sentence that names it, exit code 2, and JSON for a program that wants it."""

import json
from pathlib import Path

import pytest

from macrohard_lsp.cli.arguments import MAX_JOBS, MAX_SECONDS, MAX_SEED, UsageProblem, folder_and_rest
from macrohard_lsp.cli.main import main
from macrohard_lsp.settings.model import MOST_JOBS, Settings

WRONG = [
    ("", "Name a command"),
    ("nonsense", "invalid choice: 'nonsense'"),
    ("ask something", "invalid choice: 'ask'"),
    ("fix --team", "unrecognized arguments: --team"),
    ("fix --appl", "unrecognized arguments: --appl"),
    ("fix --seed x", "--seed: 'x' is not a whole number"),
    ("fix --seed -1", "--seed: -1 is out of range"),
    ("fix --jobs 0", "--jobs: 0 is out of range; give a number from 1 to 64"),
    ("fix --jobs 1.5", "--jobs: '1.5' is not a whole number"),
    ("fix --budget-seconds 0", "--budget-seconds: 0 seconds is out of range; give more than 0"),
    ("fix --budget-seconds -3", "--budget-seconds: -3 seconds is out of range"),
    ("fix --budget-seconds nan", "--budget-seconds: nan seconds is out of range"),
    ("fix --budget-cpu-seconds inf", "--budget-cpu-seconds: inf seconds is out of range"),
    ("fix --budget-cpu-seconds soon", "--budget-cpu-seconds: 'soon' is not a number of seconds"),
    ("fix nowhere", "There is no directory 'nowhere'"),
    ("fix file.py", "'file.py' is a file; give the folder it is in"),
    ("test nowhere", "There is no file or directory 'nowhere'"),
    ("test nowhere tests/test_a.py::test_b", "There is no file or directory 'nowhere'"),
    ("test --tier cloud", "there is no tier 'cloud'; the tiers are vm, namespace, process"),
    ("trust", "Say which folder"),
    ("trust . --list", "Say which folder"),
    ("trust nowhere", "There is no directory 'nowhere'"),
    ("trust --list --revoke", "not allowed with argument --list"),
    ("runs", "the following arguments are required: list|show|prune"),
    ("runs show", "the following arguments are required: ID"),
    ("runs list --limit 0", "--limit: 0 is out of range"),
    ("runs prune --days -1", "--days: -1 is out of range"),
    ("doctor nowhere", "There is no directory 'nowhere'"),
]
WITH_JSON = [(words, sentence) for words, sentence in WRONG if words not in ("", "runs")]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.py").write_text("")


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[words or "nothing" for words, _ in WRONG])
def test_what_is_wrong_is_said(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("words", "sentence"), WITH_JSON, ids=[words for words, _ in WITH_JSON])
def test_and_said_in_json(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words.split(), "--json"]) == 2
    out, _ = capsys.readouterr()
    answer = json.loads(out)
    assert answer["schema"] == 1
    assert answer["status"] == "error"
    assert sentence in answer["message"]
    assert answer["seconds"] >= 0


@pytest.mark.parametrize("words", ["--help", "test --help", "fix --help", "runs show --help", "--version"])
def test_help_and_version(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 0
    assert "macrohard-lsp" in capsys.readouterr().out


def test_the_first_word_is_the_folder_if_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    here = tmp_path.resolve()
    assert folder_and_rest([]) == (here, ())
    assert folder_and_rest(["sub"]) == (here / "sub", ())
    assert folder_and_rest(["sub", "a.py::t", "b.py"]) == (here / "sub", ("a.py::t", "b.py"))
    assert folder_and_rest(["file.py"]) == (here, ("file.py",))
    assert folder_and_rest(["gone.py::test_x", "sub"]) == (here, ("gone.py::test_x", "sub"))


def test_a_name_too_long_for_the_disk_has_a_sentence() -> None:
    with pytest.raises(UsageProblem, match="can't be followed: File name too long"):
        folder_and_rest(["x" * 5000])


def test_the_limits_are_those_of_the_settings() -> None:
    limits = {"jobs": MAX_JOBS, "seed": MAX_SEED, "budget_seconds": MAX_SECONDS}
    assert Settings.model_validate({"fix": limits}).fix.model_dump(include=limits.keys()) == limits
    assert MAX_JOBS == MOST_JOBS
