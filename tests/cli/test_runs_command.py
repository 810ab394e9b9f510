"""The journal as people and programs read it; Runs are written by the recorder, as the commands do."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.events import MachineOpened, StageStarted, TestEnded
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.runs.recorder import start_run

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

PATCH = "--- a/naïve.py\n+++ b/naïve.py\n@@ -1 +1 @@\n-x\r\n+y\r\n"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    directory = tmp_path / "state" / "macrohard"
    directory.mkdir(parents=True)
    return directory / "journal.sqlite3"


@pytest.fixture
def run_id(journal: Path) -> str:
    recorder = start_run(journal, "fix", "/some/folder", {"tests": ["t.py::a"], "seed": 3, "jobs": None})
    recorder.record(StageStarted("baseline", "Running the tests"))
    recorder.record(MachineOpened(Tier.NAMESPACE, ("no network",)))
    for number in range(3):
        recorder.record(TestEnded(TestResult(f"t.py::{number}", Outcome.PASSED)))
    recorder.record(TestEnded(TestResult("t.py::a", Outcome.FAILED, message="assert \x1b[2J1 == 2\nmore")))
    recorder.attach("fix.patch", PATCH)
    recorder.finish("fixed", "1 failing test fixed.", Spent(seconds=1.0))
    return str(recorder.run_id)


def test_a_list(cli: Cli, run_id: str) -> None:
    done = cli("runs", "list")
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(run_id)
    assert line.split()[3:5] == ["fix", "fixed"]
    assert line.endswith("/some/folder")
    (run,) = json.loads(cli("runs", "list", "--json").stdout)["runs"]
    assert (run["id"], run["state"], run["status"]) == (run_id, "finished", "fixed")
    assert run["request"] == {"tests": ["t.py::a"], "seed": 3, "jobs": None}


def test_an_empty_list(cli: Cli) -> None:
    assert cli("runs", "list").stderr == "No run is in the journal.\n"
    assert json.loads(cli("runs", "list", "--json").stdout)["runs"] == []


def test_one_run_event_by_event(cli: Cli, run_id: str) -> None:
    text = cli("runs", "show", run_id[:7]).stderr
    told = [line.partition("s  ")[2] for line in text.splitlines() if line.strip().startswith("+")]
    assert told[:3] == [
        "baseline: Running the tests",
        "machine: namespace (no network)",
        "failed: t.py::a assert \\x1b[2J1 == 2",
    ]
    assert "3 tests without trouble" in text
    assert "Asked for: tests: ['t.py::a'], seed: 3" in text
    run = json.loads(cli("runs", "show", run_id, "--json").stdout)["run"]
    assert [event["event"] for event in run["events"]][:2] == ["RunStarted", "StageStarted"]
    assert run["attachments"] == {"fix.patch": PATCH}


def test_the_patch_comes_out_byte_for_byte(cli: Cli, run_id: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "macrohard_lsp", "runs", "show", run_id, "--patch"],
        env={**environment, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == PATCH.encode()


def test_no_such_run_and_no_such_patch(cli: Cli, journal: Path) -> None:
    assert cli("runs", "show", "zzz").returncode == 2
    recorder = start_run(journal, "test", "/f", {})
    recorder.finish("passed", "")
    done = cli("runs", "show", recorder.run_id, "--patch", "--json")
    assert done.returncode == 2
    assert "only a `fix` that found something has" in json.loads(done.stdout)["message"]


def test_a_killed_run_says_so(cli: Cli, journal: Path, environment: dict[str, str]) -> None:
    source = (
        "import os, sys; from pathlib import Path; from macrohard_lsp.runs.recorder import start_run;"
        "start_run(Path(sys.argv[1]), 'fix', '/f', {}); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", source, str(journal)], env=environment, check=False)
    assert "interrupted (killed)" in cli("runs", "list").stderr
    (run,) = json.loads(cli("runs", "list", "--json").stdout)["runs"]
    assert (run["state"], run["status"]) == ("interrupted", None)
    assert "wrote no last word" in cli("runs", "show", run["id"]).stderr


def test_prune(cli: Cli, run_id: str, journal: Path) -> None:
    start_run(journal, "test", "/f", {}).finish("passed", "")
    assert json.loads(cli("runs", "prune", "--json").stdout)["removed"] == 0
    done = cli("runs", "prune", "--keep", "1")
    assert (done.stdout, done.stderr) == ("", "Deleted 1 run.\n")
    assert cli("runs", "show", run_id).returncode == 2
    assert json.loads(cli("runs", "prune", "--days", "0", "--json").stdout)["removed"] == 1


def test_a_damaged_journal_is_set_aside_with_a_word(cli: Cli, journal: Path) -> None:
    journal.write_bytes(b"junk" * 1000)
    done = cli("runs", "list")
    assert done.returncode == 0
    assert "Note: The journal was damaged; it is kept as" in done.stderr


@pytest.mark.parametrize("redirection", ["| true", "| head -c 1 >/dev/null", ">&-"])
def test_a_reader_that_goes_away_is_no_error(
    redirection: str, run_id: str, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [
            "bash",
            "-c",
            f'"$0" -m macrohard_lsp runs list --json {redirection}; exit ${{PIPESTATUS[0]}}',
            sys.executable,
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_full_disk_under_stdout_has_a_sentence(environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "macrohard_lsp", "runs", "list", "--json"],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "The output can't be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
