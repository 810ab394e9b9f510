"""`make demo`: the main job on a real library, from a failing test to a proven fix.

Downloads boltons 26.1.0, puts back a bug that its maintainers fixed in 26.0.0, and lets macrohard-lsp
find it, repair it and prove the repair. Everything happens in `.demo/`. Exits with 0 only if every step
did what is said here.
"""

import difflib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / ".demo"
LIBRARY, VERSION = "boltons", "26.1.0"
ARCHIVE = f"{LIBRARY}-{VERSION}.tar.gz"
SHA256 = "5764468aba493b15995ed17f46a16789023f123ca2a62d491a9ce825c1cbe26c"
# Upstream's fix made `<=` a `<`: 1024 bytes are 1K, not 1024B.
FILE, FIXED, BUGGY = "boltons/strutils.py", "if abs_bytes < next_size:", "if abs_bytes <= next_size:"
TEST = "tests/test_strutils.py::test_bytes2human"
COMMAND_SECONDS = 600


class DemoError(Exception):
    """A step didn't do what it should; the text says which and what helps."""


def main() -> int:
    started = time.monotonic()
    try:
        tier = choose_tier()
        say(1, f"Get {LIBRARY} {VERSION} and an environment with pytest for it")
        folder = unpack(download())
        make_environment(folder)
        say(2, "Put a historical bug back")
        put_back(folder)
        say(3, "macrohard-lsp test: the bug shows")
        must(macrohard("test", folder, tier), exit_code=1, failing=[TEST])
        say(4, "macrohard-lsp fix --apply: find it, repair it, prove the repair")
        before = (folder / FILE).read_text("utf-8")
        report = must(macrohard("fix", folder, tier, "--apply"), exit_code=0, status="fixed")
        show_change(report, before, (folder / FILE).read_text("utf-8"))
        say(5, "macrohard-lsp test: green again")
        must(macrohard("test", folder, tier), exit_code=0, failing=[])
        say(6, "And by pytest alone, without us")
        plain_pytest(folder)
    except DemoError as problem:
        print(f"\nThe demo did not work: {problem}", file=sys.stderr)
        return 1
    print(f"\nA failing test became a proven fix; {time.monotonic() - started:.0f} s in all.")
    return 0


def say(number: int, text: str) -> None:
    print(f"\n=== {number}. {text}", flush=True)


def choose_tier() -> str | None:
    """None for the default, the strongest there is; `process` where nothing stronger works, with what that means."""
    _, report = run_json([sys.executable, "-m", "macrohard_lsp", "doctor", str(ROOT), "--json", "--quiet"])
    tiers = {entry["tier"]: entry for entry in report.get("tiers", [])}
    if tiers.get("namespace", {}).get("available"):
        return None
    reason = tiers.get("namespace", {}).get("reason", "doctor does not list it")
    print(f"The namespace sandbox doesn't work on this machine: {reason}")
    print(
        "The demo therefore asks for `--tier process` by name: boltons' tests and the candidate repairs run in a "
        "private copy of the folder, but with your permissions; nothing keeps them from the network or from your "
        "files. On Debian, `sudo apt-get install bubblewrap` gives the real sandbox."
    )
    return "process"


def download() -> Path:
    archive = DEMO / ARCHIVE
    if not archive.is_file():
        DEMO.mkdir(exist_ok=True)
        command = [
            "download",
            "-q",
            "--no-deps",
            "--no-binary",
            ":all:",
            f"{LIBRARY}=={VERSION}",
            "-d",
            str(DEMO),
        ]
        problem = pip(command)
        if problem or not archive.is_file():
            raise DemoError(
                f"pip could not download {ARCHIVE}; the demo needs the network once, for {LIBRARY} and pytest. "
                f"pip says: {problem or 'nothing'}"
            )
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        archive.unlink()
        raise DemoError(
            f"{ARCHIVE} was not the file its authors published. It was removed; run the demo again."
        )
    print(f"{ARCHIVE}, as published")
    return archive


def unpack(archive: Path) -> Path:
    folder = DEMO / f"{LIBRARY}-{VERSION}"
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as tarred:
        # Debian 12's Python 3.11.2 has no filters yet; the archive's digest was checked above.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tarred.extractall(DEMO, **safely)
    return folder


def make_environment(folder: Path) -> None:
    """A `.venv` in the library's folder, where its developers would have one. Needs no pip inside."""
    environment = folder / ".venv"
    done = run([sys.executable, "-m", "venv", "--without-pip", str(environment)], capture=True)
    if done.returncode != 0:
        raise DemoError(
            f"this Python can't make a virtual environment ({last_line(done)}). "
            "On Debian: sudo apt-get install python3-venv"
        )
    python = environment / "bin" / "python"
    problem = pip(["--python", str(python), "install", "-q", "pytest>=8.2,<10"])
    if problem:
        raise DemoError(f"pip could not install pytest; the demo needs the network once. pip says: {problem}")
    print("an environment with pytest, in .venv")


def put_back(folder: Path) -> None:
    path = folder / FILE
    text = path.read_text("utf-8")
    if text.count(FIXED) != 1:
        raise DemoError(f"{FILE} should contain {FIXED!r} exactly once")
    path.write_text(text.replace(FIXED, BUGGY), "utf-8")
    print(f"{FILE}, in bytes2human():  {FIXED}  becomes again  {BUGGY}")
    print("(until release 26.0.0, 1024 bytes were shown as 1024B instead of 1K)")


def macrohard(command: str, folder: Path, tier: str | None, *options: str) -> tuple[int, dict[str, Any]]:
    """Run the program as a person would; what it says goes to the screen, its JSON answer is returned."""
    words = [command, str(folder), *options, *(["--tier", tier] if tier else [])]
    print(
        f"$ macrohard-lsp {' '.join([command, folder.relative_to(ROOT).as_posix(), *words[2:]])}", flush=True
    )
    return run_json([sys.executable, "-m", "macrohard_lsp", *words, "--json"])


def must(
    answer: tuple[int, dict[str, Any]],
    *,
    exit_code: int,
    failing: list[str] | None = None,
    status: str | None = None,
) -> dict[str, Any]:
    """The report, if it says what it should."""
    code, report = answer
    broken = [
        test["id"]
        for test in report.get("tests", [])
        if test["outcome"] not in ("passed", "skipped", "xfailed")
    ]
    if code != exit_code:
        raise DemoError(
            f"that should have ended with exit code {exit_code}, not {code}. {report.get('message', '')}"
        )
    if failing is not None and broken != failing:
        raise DemoError(f"the failing tests should be {failing or 'none'}, not {broken or 'none'}")
    if status is not None and report.get("status") != status:
        raise DemoError(f"the status should be {status}, not {report.get('status')}")
    return report


def show_change(report: dict[str, Any], before: str, after: str) -> None:
    fixes = [
        proposal
        for proposal in report["proposals"]
        if proposal["kind"] == "fix" and TEST in proposal["fixes"]
    ]
    if not fixes or before == after:
        raise DemoError(f"no proven fix of {TEST} was applied")
    print("\nWhat it changed:\n")
    for line in difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{FILE}", f"b/{FILE}", lineterm="", n=1
    ):
        print(f"    {line}")


def plain_pytest(folder: Path) -> None:
    done = run([str(folder / ".venv" / "bin" / "python"), "-m", "pytest", "-q"], capture=True, cwd=folder)
    print(f"$ python -m pytest -q\n{last_line(done)}")
    if done.returncode != 0:
        raise DemoError("boltons' own test command does not pass with the fix")


def pip(arguments: list[str]) -> str:
    """Run pip. Returns an empty text, or its last words when it failed."""
    done = run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], capture=True)
    return "" if done.returncode == 0 else last_line(done)


def run_json(command: list[str]) -> tuple[int, dict[str, Any]]:
    done = run(command, capture=False)
    try:
        return done.returncode, json.loads(done.stdout)
    except json.JSONDecodeError:
        raise DemoError(f"{' '.join(command[2:4])} gave no answer (exit code {done.returncode})") from None


def run(command: list[str], *, capture: bool, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command; with `capture` its stderr is kept, else it goes to the screen."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if capture else None,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DemoError(f"{' '.join(command[1:4])} took longer than {COMMAND_SECONDS} s") from None


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or "").strip().splitlines() or (done.stdout or "").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
