"""`make demo`: the main job on a real library, in an editor: from a failing test to a proven fix.

Downloads boltons 26.1.0, puts back a bug that its maintainers fixed in 26.0.0, and opens it as an editor
does: over the language server protocol. What an editor would show is printed. Everything happens in `.demo/`.
Exits with 0 only if every step did what is said here.
"""

import asyncio
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

from demo_editor import INDENT, Editor, EditorError
from lsprotocol import types

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / ".demo"
LIBRARY, VERSION = "boltons", "26.1.0"
ARCHIVE = f"{LIBRARY}-{VERSION}.tar.gz"
SHA256 = "5764468aba493b15995ed17f46a16789023f123ca2a62d491a9ce825c1cbe26c"
# Upstream's fix made `<=` a `<`: 1024 bytes are 1K, not 1024B.
FILE, FIXED, BUGGY = "boltons/strutils.py", "if abs_bytes < next_size:", "if abs_bytes <= next_size:"
TEST_FILE, TEST = "tests/test_strutils.py", "tests/test_strutils.py::test_bytes2human"
COMMAND_SECONDS = 600
LOOK_SECONDS, FIX_SECONDS, AGAIN_SECONDS = 180, 300, 180
"""How long the editor waits for the failing test, for its fix, and for the tests of what the fix changed."""


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
        asyncio.run(in_the_editor(folder, tier))
        say(7, "And by pytest alone, without us")
        plain_pytest(folder)
    except (DemoError, EditorError) as problem:
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
        "The demo therefore asks for the tier `process` by name, and says that you trust the folder: boltons' "
        "tests and the candidate repairs run in a private copy of the folder, but with your permissions; nothing "
        "keeps them from the network or from your files. On Debian, `sudo apt-get install bubblewrap` gives the "
        "real sandbox."
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


async def in_the_editor(folder: Path, tier: str | None) -> None:
    """What a person does in an editor, and what that shows."""
    editor = Editor(folder, DEMO / "server.log")
    try:
        file, test = await open_files(editor, folder, tier)
        problem = await see_the_problem(editor, test)
        fix = await see_the_fix(editor, test, problem)
        await accept(editor, file, fix)
        await save(editor, file)
    except BaseException:
        await editor.abandon()
        raise
    await editor.close()


async def open_files(editor: Editor, folder: Path, tier: str | None) -> tuple[Path, Path]:
    state = DEMO / "state"
    shutil.rmtree(state, ignore_errors=True)  # What failed in an earlier demo is not to be known in this one.
    editor.log.unlink(missing_ok=True)
    file, test = folder / FILE, folder / TEST_FILE
    say(3, "Start the language server, open the file and its test")
    # A weaker tier is for folders that the person trusts; an editor with a notion of trust passes that on.
    options = {"settings": {"tier": tier}, "trusted": True} if tier else {}
    name = await editor.start({**environment_of_commands(), "XDG_STATE_HOME": str(state)}, options)
    print(f"$ python -m macrohard_lsp --stdio\n{INDENT}{name} answers")
    editor.open(file)
    editor.open(test)
    return file, test


async def see_the_problem(editor: Editor, test: Path) -> types.Diagnostic:
    await editor.until(editor.errors, "the failing test among the problems", LOOK_SECONDS)
    editor.show_problems()
    problem = next((each for path, each in editor.errors() if path == test), None)
    if problem is None or len(editor.errors()) != 1:
        raise DemoError(f"the one problem should be {TEST}")
    return problem


async def see_the_fix(editor: Editor, test: Path, problem: types.Diagnostic) -> types.CodeAction:
    say(4, "Meanwhile it looks for a fix; the light bulb on the failing test")
    fix = await editor.until(lambda: find_fix(editor, test, problem), f"a fix of {TEST}", FIX_SECONDS)
    print(f"{INDENT}Code action: {fix.title}")
    show_rungs(await editor.proof(fix))
    return fix


async def accept(editor: Editor, file: Path, fix: types.CodeAction) -> None:
    say(5, "Choose it: the edit is resolved and applied")
    before = editor.texts[file]
    if await editor.accept(fix) != [file]:
        raise DemoError(f"the fix should edit {FILE}, and nothing else")
    show_change(before, editor.texts[file])


async def save(editor: Editor, file: Path) -> None:
    say(6, "Save: the tests of what changed run again, and the problem is gone")
    seen = len(editor.states)
    editor.save(file)
    text = await editor.until(lambda: came_to_rest(editor.states[seen:]), "the tests to run", AGAIN_SECONDS)
    print(f"{INDENT}Status: {text}")
    editor.show_problems()
    if editor.errors():
        raise DemoError("a problem is left")


async def find_fix(editor: Editor, test: Path, problem: types.Diagnostic) -> types.CodeAction | None:
    """Asked again and again, as editors do while the cursor rests on the line."""
    return next((each for each in await editor.actions(test, problem) if each.title.startswith("Fix:")), None)


def came_to_rest(states: list[tuple[str, str]]) -> str | None:
    """What the server said when it was done with what the save began."""
    if not any(state == "busy" for state, _ in states) or states[-1][0] != "idle":
        return None
    return states[-1][1]


def show_rungs(proof: str) -> None:
    """The ladder, from the table in the Proof."""
    for line in proof.splitlines():
        if line.startswith("| `"):
            rung, result, seconds, tier, reason = (
                each.strip(" `") for each in line.strip("|").split("|")[:5]
            )
            print(f"{INDENT}  {rung:<20} {result:<8} {seconds:>5} s  {tier or reason}")


def show_change(before: str, after: str) -> None:
    if before == after:
        raise DemoError("the edit changed nothing")
    for line in difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{FILE}", f"b/{FILE}", lineterm="", n=1
    ):
        print(f"{INDENT}{line}")


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
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment_of_commands(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if capture else None,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DemoError(f"{' '.join(command[1:4])} took longer than {COMMAND_SECONDS} s") from None


def environment_of_commands() -> dict[str, str]:
    """Ours, but for what would have the library's tests run in our own environment."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or "").strip().splitlines() or (done.stdout or "").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
