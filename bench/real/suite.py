"""Run a library's own test suite, the way its maintainers would: `python -m pytest` in its root."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

INSIDE = Path(__file__).with_name("inside")
SUITE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """`exit_code` is None for a run killed at the limit; `outcomes` by test id: passed, failed or skipped."""

    exit_code: int | None
    seconds: float
    outcomes: Mapping[str, str]
    output: str

    @property
    def failing(self) -> tuple[str, ...]:
        return tuple(test for test, outcome in self.outcomes.items() if outcome == "failed")


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without what could lead a library's tests to another library, plus `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL_ENV"))
    }
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **extra}


def run_suite(python: Path, folder: Path, *tests: str, seconds: float = SUITE_SECONDS) -> SuiteRun:
    """The suite, or the named tests of it, with a listener that notes how each test ended."""
    with tempfile.TemporaryDirectory() as scratch:
        notes = Path(scratch) / "outcomes.jsonl"
        environment = clean_environment(PYTHONPATH=str(INSIDE), BENCH_OUTCOMES=str(notes))
        code, took, output = run_in(
            folder, [str(python), "-m", "pytest", "-p", "outcomes", *tests], environment, seconds
        )
        lines = notes.read_text("utf-8").splitlines() if notes.is_file() else []
    return SuiteRun(code, took, dict(json.loads(line) for line in lines), output)


def run_plainly(python: Path, folder: Path, *, seconds: float = SUITE_SECONDS) -> SuiteRun:
    """`python -m pytest` and nothing else: the last word on whether a fix holds."""
    code, took, output = run_in(folder, [str(python), "-m", "pytest"], clean_environment(), seconds)
    return SuiteRun(code, took, {}, output)


def run_in(
    folder: Path, command: list[str], environment: Mapping[str, str], seconds: float
) -> tuple[int | None, float, str]:
    """Run a command and kill its whole group at the limit. Returns exit code or None, seconds, output."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
        code: int | None = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        code = None
    return code, time.monotonic() - started, output
