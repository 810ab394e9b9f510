"""What people see while a Run works: a live line on a real terminal, plain lines anywhere else."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.progress import ProgressLine
from macrohard_lsp.core.events import MachineOpened, Progress, StageStarted, TestEnded
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.core.tier import Tier

EVENTS = """
import sys, time
from macrohard_lsp.cli.console import console_for
from macrohard_lsp.cli.progress import ProgressLine
from macrohard_lsp.core.events import Progress, StageStarted, TestEnded
from macrohard_lsp.core.testrun import Outcome, TestResult
console = console_for(as_json=False, quiet="quiet" in sys.argv)
with ProgressLine(console) as progress:
    progress.listen(StageStarted("baseline", "Running the tests \\x1b[2J"))
    for number in range(3):
        progress.listen(TestEnded(TestResult("t", Outcome.PASSED)))
        time.sleep(0.15)
    progress.listen(StageStarted("search", "Looking for edits " + "x" * 300))
    progress.listen(Progress("search", 7, None, "candidates"))
    time.sleep(0.8)
console.say("The end.")
"""


def on_terminal(environment: Mapping[str, str], *words: str, **more: str) -> str:
    """What a terminal of 60 columns got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", EVENTS, *words],
        stderr=theirs,
        env={**environment, "TERM": "xterm", "COLUMNS": "60", **more},
    )
    os.close(theirs)
    seen = b""
    while select.select([ours], [], [], 20)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # How Linux says that the other end is closed.
            break
        seen += part
    os.close(ours)
    assert process.wait(20) == 0
    return seen.decode()


def test_a_terminal_has_one_line_that_is_kept_current(environment: dict[str, str]) -> None:
    seen = on_terminal(environment)
    frames = seen.split("\r\x1b[K")
    assert any(re.match(r"Running the tests \\x1b\[2J · 2 passed · 0\.\d s", frame) for frame in frames)
    assert any(frame.startswith("Looking for edits xxx") for frame in frames)
    assert all(len(frame) < 60 and "\n" not in frame for frame in frames[:-1])
    assert frames[-1] == "The end.\r\n"
    assert "\x1b" not in "".join(frames)


@pytest.mark.parametrize(
    "variables", [{"TERM": "dumb"}, {"NO_COLOR": "1"}], ids=lambda names: next(iter(names))
)
def test_terminals_that_want_less_get_less(environment: dict[str, str], variables: dict[str, str]) -> None:
    seen = on_terminal(environment, **variables)
    if "TERM" in variables:
        assert "\x1b" not in seen
        assert seen.splitlines()[0] == "Running the tests \\x1b[2J"
    assert not re.search(r"\x1b\[\d+m", seen)


def test_quiet_is_quiet(environment: dict[str, str]) -> None:
    assert on_terminal(environment, "quiet") == ""


def test_elsewhere_there_is_a_plain_line_for_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine(Console()) as progress:
        progress.listen(StageStarted("snapshot", "Reading the folder"))
        for _ in range(100):
            progress.listen(TestEnded(TestResult("t", Outcome.PASSED)))
            progress.listen(Progress("search", 1, 100))
        for _ in range(3):
            progress.listen(MachineOpened(Tier.NAMESPACE, ("no network",)))
        progress.listen(MachineOpened(Tier.PROCESS, ("a private copy", "not: network access")))
        progress.listen(StageStarted("search", ""))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "Reading the folder",
        "Code runs in a sandbox of the tier namespace",
        "Code runs in a sandbox of the tier process; not: network access",
        "search",
    ]


def test_a_stderr_that_is_gone_stops_nobody(environment: dict[str, str], tmp_path: Path) -> None:
    for redirection in ("2>&-", "2>/dev/full", "2>&1 | true"):
        done = subprocess.run(
            ["bash", "-c", f'"$0" -c "$1" {redirection}; exit ${{PIPESTATUS[0]}}', sys.executable, EVENTS],
            env=environment,
            check=False,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, redirection
