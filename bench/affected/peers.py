"""Plain pytest and pytest-testmon, outside of any Machine, in an environment of their own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("pytest", "pytest-testmon")
INSIDE = Path(__file__).parent / "inside"
RUN_SECONDS = 900.0


class CannotPrepareError(Exception):
    """The environment can't be made, or a run of it failed; the sentence says why."""


def prepare(place: Path, more: tuple[str, ...]) -> Path:
    """The environment's interpreter. Raises CannotPrepareError."""
    python = place / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", str(place)],
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES, *more],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode != 0:
            raise CannotPrepareError(f"`{' '.join(command)}` failed: {done.stderr.strip()[-500:]}")
    return python


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How each test ended in plain pytest; those that ended otherwise the second time say nothing about an edit."""

    steady: Mapping[str, str]
    unsteady: frozenset[str]

    def differ(self, other: "Outcomes") -> frozenset[str]:
        """Tests of `other` that are new there, or end otherwise."""
        return frozenset(
            name
            for name, outcome in other.steady.items()
            if name not in self.unsteady and self.steady.get(name) != outcome
        )


def run_twice(python: Path, folder: Path) -> Outcomes:
    first, second = run(python, folder), run(python, folder)
    steady = {name: outcome for name, outcome in first.items() if second.get(name) == outcome}
    return Outcomes(steady, frozenset({*first, *second}.difference(steady)))


def run(python: Path, folder: Path, *arguments: str) -> dict[str, str]:
    """How each test that ran ended, by pytest's id. Raises CannotPrepareError."""
    # Bytecode is valid by size and second, and edits follow one another more quickly than that.
    for stale in folder.rglob("__pycache__"):
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.NamedTemporaryFile(suffix=".json") as told:
        variables = {
            **os.environ, "BENCH_OUTCOMES": told.name, "PYTHONPATH": str(INSIDE), "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        command = [
            str(python),
            "-m",
            "pytest",
            "-q",
            "-p",
            "bench_outcomes",
            "--continue-on-collection-errors",
            *arguments,
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )
        if done.returncode not in (0, 1, 2, 5):
            raise CannotPrepareError(
                f"`{' '.join(command)}` ended with {done.returncode}: {done.stdout[-500:]}"
            )
        text = Path(told.name).read_text("utf-8")
    return json.loads(text) if text else {}
