"""The whole program on real projects: what comes out of it, what becomes of the files, how it is stopped."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("sandbox")

Cli = Callable[..., "subprocess.CompletedProcess[str]"]
Project = Callable[[str], Path]

BROKEN = """
--- calc.py
def largest(values):
    best = values[0]
    for value in values:
        if value < best:
            best = value
    return best
--- test_calc.py
from calc import largest


def test_largest():
    assert largest([1, 3, 2]) == 3


def test_largest_of_one():
    assert largest([4]) == 4
"""
GOOD = "--- test_good.py\ndef test_good():\n    pass\n"
ENDLESS = "--- test_endless.py\nimport time\n\ndef test_endless():\n    time.sleep(600)\n"
FAILING_ID = "test_calc.py::test_largest"


@pytest.fixture
def start(environment: dict[str, str]) -> Callable[..., "subprocess.Popen[str]"]:
    def begin(*words: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "macrohard_lsp", *map(str, words)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


def read_until(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stderr
    seen = ""
    for line in process.stderr:
        seen += line
        if words in line:
            return
    pytest.fail(f"{words!r} never came: {seen}")


def processes_in(folder: Path) -> list[str]:
    """The processes that work in a folder, however they were started."""
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        try:
            inside = entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder)
        except OSError:
            continue
        if inside:
            found.append(entry.name)
    return found


def test_tests_that_pass(cli: Cli, project: Project) -> None:
    done = cli("test", project(GOOD), "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["tests"] == [{"id": "test_good.py::test_good", "outcome": "passed"}]
    assert (answer["passed"], answer["tier"], answer["schema"]) == (1, "namespace", 1)
    assert done.stderr.splitlines()[-1].startswith("1 passed in ")


def test_tests_that_fail(cli: Cli, project: Project) -> None:
    folder = project(BROKEN)
    done = cli("test", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"FAILED {FAILING_ID}  test_calc.py:5" in done.stderr
    assert "assert 1 == 3" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("1 passed, 1 failed in ")
    assert cli("test", "test_calc.py::test_largest_of_one", cwd=folder).returncode == 0


@pytest.mark.parametrize(
    ("files", "words", "sentence"),
    [
        ("--- notes.txt\nno tests\n", ["test"], "test"),
        (GOOD, ["test", "test_good.py::test_missing"], "test_missing"),
        (
            GOOD,
            ["fix", "--test", "test_good.py::test_missing"],
            "There is no test test_good.py::test_missing",
        ),
        (GOOD, ["test", "--tier", "vm"], "The tier `vm` is not part of this version"),
        ("--- pyproject.toml\n[tool.macrohard]\nspeed = 1\n", ["test"], "there is no setting `speed`"),
    ],
)
def test_what_could_not_run(files: str, words: list[str], sentence: str, cli: Cli, project: Project) -> None:
    folder = project(files)
    done = cli(*words, "--json", cwd=folder)
    assert done.returncode == 2, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "error"
    assert sentence in answer["message"]
    assert answer["message"] in done.stderr
    assert "Traceback" not in done.stderr
    assert "error" in cli("runs", "list").stderr


def test_a_fix_is_a_patch_on_stdout_that_git_takes(cli: Cli, project: Project) -> None:
    folder = project(BROKEN)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = cli("fix", "--quiet", cwd=folder)
    (run,) = json.loads(cli("runs", "list", "--json").stdout)["runs"]
    assert cli("runs", "show", run["id"], "--patch").stdout == done.stdout
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert json.loads(cli("learned", folder, "--json").stdout)["learned"] == [], (
        "only printed, it says nothing"
    )
    subprocess.run(["git", "apply", "-"], cwd=folder, input=done.stdout, text=True, check=True)
    assert (folder / "calc.py").read_bytes() != before[folder / "calc.py"]
    assert cli("fix", cwd=folder).stderr.splitlines()[-2].startswith("Nothing to repair: 2 passed")


def test_apply_writes_it_and_the_journal_takes_it_back(
    cli: Cli, project: Project, environment: dict[str, str]
) -> None:
    folder = project(BROKEN)
    before = (folder / "calc.py").read_bytes()
    done = cli("fix", folder, "--apply", "--json", "--seed", "1", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "fixed"
    best = answer["proposals"][0]
    assert (best["kind"], best["rung"], best["fixes"]) == ("fix", "failing-test-passes", [FAILING_ID])
    assert (folder / "calc.py").read_bytes() != before
    assert "Written: calc.py" in done.stderr
    undo = next(line for line in done.stderr.splitlines() if line.startswith("To undo: "))
    command = undo.removeprefix("To undo: ").replace("macrohard-lsp", f"{sys.executable} -m macrohard_lsp")
    subprocess.run(command, shell=True, env=environment, check=True)
    assert (folder / "calc.py").read_bytes() == before
    (learned,) = json.loads(cli("learned", folder, "--json").stdout)["learned"]
    assert (learned["kind"], learned["accepted"], learned["dismissed"]) == ("comparison-operator", 1, 0)


def test_apply_leaves_a_file_alone_that_was_edited_meanwhile(
    start: Callable[..., "subprocess.Popen[str]"], project: Project
) -> None:
    folder = project(BROKEN)
    process = start("fix", folder, "--apply", "--json")
    read_until(process, "Searching for a repair")
    edited = (folder / "calc.py").read_text() + "# mine\n"
    (folder / "calc.py").write_text(edited)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 2
    assert (folder / "calc.py").read_text() == edited
    answer = json.loads(out)
    assert answer["status"] == "error"
    assert "could not be written" in answer["message"]
    assert answer["proposals"], "what was found is not lost"
    assert answer["message"] in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_and_everything_it_started(
    number: signal.Signals,
    code: int,
    start: Callable[..., "subprocess.Popen[str]"],
    cli: Cli,
    project: Project,
) -> None:
    folder = project(ENDLESS)
    process = start("test", folder, "--json")
    read_until(process, "Running the tests")
    deadline = time.monotonic() + 30
    while not processes_in(folder):
        assert time.monotonic() < deadline, "the test never started"
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err
    answer = json.loads(out)
    assert answer["status"] == "error"
    assert answer["message"].startswith(f"Stopped by {'Ctrl-C' if number is signal.SIGINT else 'SIGTERM'}")
    assert processes_in(folder) == []
    (run,) = json.loads(cli("runs", "list", "--json").stdout)["runs"]
    assert run["status"] == "cancelled"


def test_killed_outright_it_leaves_no_child_and_an_honest_journal(
    start: Callable[..., "subprocess.Popen[str]"], cli: Cli, project: Project
) -> None:
    folder = project(ENDLESS)
    process = start("test", folder)
    read_until(process, "Running the tests")
    deadline = time.monotonic() + 30
    while not processes_in(folder):
        assert time.monotonic() < deadline, "the test never started"
        time.sleep(0.1)
    process.kill()
    process.communicate(timeout=10)
    deadline = time.monotonic() + 2
    while processes_in(folder):
        assert time.monotonic() < deadline, "a child outlived the program by two seconds"
        time.sleep(0.05)
    (run,) = json.loads(cli("runs", "list", "--json").stdout)["runs"]
    assert run["state"] == "interrupted"
    assert sorted(path.name for path in folder.iterdir()) == ["test_endless.py"]
