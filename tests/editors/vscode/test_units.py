"""The parts of the extension that know no editor, by node's own test runner."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.editors

EXTENSION = Path(__file__).resolve().parents[3] / "editors" / "vscode"


@pytest.mark.parametrize("script", ["check", "test"])
def test_units(prepared: None, script: str) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", script],
        cwd=EXTENSION,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_file_names_no_registry(prepared: None) -> None:
    text = (EXTENSION / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "registry" not in text
