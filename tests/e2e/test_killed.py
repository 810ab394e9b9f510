"""Killed with SIGKILL at random moments: nothing survives, nothing of the user's changed, the journal tells."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[2] / "examples/shop"
GONE_WITHIN_SECONDS = 2.0
LONGEST_RUN_SECONDS = 12.0


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def processes_naming(mark: str) -> list[str]:
    """Command lines of living processes that name `mark` in their arguments, environment or working directory."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            texts = [
                (directory / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")
            ]
            texts.append(str((directory / "cwd").readlink()))
            state = (directory / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z" and any(mark in text for text in texts):
            found.append(f"{directory.name}: {texts[0].replace(chr(0), ' ')[:200]}")
    return found


def environment(tmp_path: Path) -> dict[str, str]:
    """Of our own: the state, and as the active environment the one these tests run in, which has pytest."""
    return {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "VIRTUAL_ENV": sys.prefix}


def start(folder: Path, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "macrohard_lsp", "fix", str(folder), "--quiet"],
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def last_run(variables: dict[str, str]) -> dict[str, object]:
    listed = json.loads(
        subprocess.run(
            [sys.executable, "-m", "macrohard_lsp", "runs", "list", "--json"],
            env=variables,
            capture_output=True,
            check=True,
        ).stdout
    )
    return listed["runs"][0] if listed["runs"] else {}


def kill_once(tmp_path: Path, after_seconds: float) -> str:
    """Kill a repair after so long; the words the journal has for it."""
    mark = f"shop-{os.getpid()}-{random.getrandbits(32):08x}"
    folder = tmp_path / mark
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    before = digests(folder)
    variables = environment(tmp_path)
    process = start(folder, variables)
    time.sleep(after_seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while (left := processes_naming(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, (
        f"killed after {after_seconds:.2f} s, and {GONE_WITHIN_SECONDS} s later these live: {left}"
    )
    assert digests(folder) == before
    run = last_run(variables)
    return str(run.get("state", "not begun"))


@pytest.mark.parametrize("after_seconds", [0.4, 2.0, 5.0])
def test_killed(tmp_path, after_seconds):
    assert kill_once(tmp_path, after_seconds) in {"interrupted", "finished", "not begun"}


@pytest.mark.soak
def test_killed_a_hundred_times(tmp_path):
    moments = random.Random(20261123)
    ends: dict[str, int] = {}
    for number in range(100):
        folder = tmp_path / str(number)
        folder.mkdir()
        end = kill_once(folder, moments.uniform(0.05, LONGEST_RUN_SECONDS))
        ends[end] = ends.get(end, 0) + 1
        shutil.rmtree(folder)
    print(f"ends of 100 killed runs: {ends}")
    assert ends.get("interrupted", 0) > 20
