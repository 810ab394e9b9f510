"""`make bench-saving`: from saving a file to fresh diagnostics: a fault is put in and taken out, again and again."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bench.results import measured_on, replace_section
from bench.server.client import CAPABILITIES, Client, ServerFailedError
from bench.server.waiting import until_known

MODULES = 40
TESTS = 3
ROUNDS = 20
TYPING_SECONDS = 1.5
"""Between the first key and the save; nobody saves as fast as they type."""

_MODULE = """\
def twice(number):
    return number * 2


def last(items):
    return items[-1]
"""
_TESTS = """\
import pytest
from ledger.part_{n} import last, twice


@pytest.mark.parametrize("number", range({tests}))
def test_twice(number):
    assert twice(number + 1) == number + number + 2


def test_last():
    assert last([1, 2]) == 2
"""
RIGHT, WRONG = "number * 2", "number * 3"


@dataclass(frozen=True, slots=True)
class Saves:
    """Seconds from the notification to the diagnostics: for the fault shown, and for it gone again.

    `plain` are those of `python -m pytest` of the same tests, each after a save, and `tests` what it says these took.
    """

    shown: tuple[float, ...]
    gone: tuple[float, ...]
    plain: tuple[float, ...]
    tests: tuple[float, ...]


def measure(folder: Path, variables: Mapping[str, str], rounds: int = ROUNDS) -> Saves:
    """Raises ServerFailedError."""
    root = _make(folder / "saved")
    source, tests = root / "ledger" / "part_7.py", root / "tests" / "test_part_7.py"
    client = Client([sys.executable, "-m", "macrohard_lsp", "--stdio"], root, variables)
    try:
        pushed = {**CAPABILITIES, "textDocument": {k: v for k, v in _TEXT.items() if k != "diagnostic"}}
        settings = {"interpreter": sys.executable, "test": {"onOpen": "nothing"}, "fix": {"automatic": False}}
        client.initialize(root, {"settings": settings, "status": True}, pushed)
        client.open(tests)
        client.open(source)
        all_tests = {"command": "macrohard.runTests", "arguments": [{"uri": root.as_uri()}]}
        until_known(client)
        done, _ = client.ask("workspace/executeCommand", all_tests)
        if done["passed"] != MODULES * (TESTS + 1):
            raise ServerFailedError(f"before anything was changed, {done}")
        time.sleep(2)
        found: dict[str, list[float]] = {RIGHT: [], WRONG: []}
        plain: list[tuple[float, float]] = []
        for number in range(rounds):
            for old, new in ((RIGHT, WRONG), (WRONG, RIGHT)):
                found[new].append(_save(client, source, tests, old, new, 2 * number + (new == RIGHT) + 2))
                client.until(lambda heard: _state(heard) == "idle", "the end of the work")
                plain.append(_plain(root, tests, folder / "report.xml"))
        seconds, own = zip(*plain, strict=True)
        return Saves(tuple(found[WRONG]), tuple(found[RIGHT]), seconds, own)
    finally:
        client.close()


_TEXT: Mapping[str, Any] = CAPABILITIES["textDocument"]


def _make(root: Path) -> Path:
    for directory in ("ledger", "tests"):
        (root / directory).mkdir(parents=True)
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    (root / "ledger" / "__init__.py").write_text("")
    for number in range(MODULES):
        (root / "ledger" / f"part_{number}.py").write_text(_MODULE)
        (root / "tests" / f"test_part_{number}.py").write_text(_TESTS.format(n=number, tests=TESTS))
    return root


def _save(client: Client, source: Path, tests: Path, old: str, new: str, version: int) -> float:
    text = source.read_text("utf-8").replace(old, new)
    client.tell(
        "textDocument/didChange",
        {"textDocument": {"uri": source.as_uri(), "version": version}, "contentChanges": [{"text": text}]},
    )
    time.sleep(TYPING_SECONDS)
    heard = len(client.heard)
    source.write_text(text, "utf-8")
    began = time.perf_counter()
    client.tell("textDocument/didSave", {"textDocument": {"uri": source.as_uri()}})
    wanted = new == WRONG
    client.until(
        lambda messages: _failing(messages[heard:], tests.as_uri()) is wanted, f"{new!r} to be judged"
    )
    return time.perf_counter() - began


def _failing(messages: list[dict[str, Any]], uri: str) -> bool | None:
    """Whether the last diagnostics of a document hold an error; None where there were none."""
    for message in reversed(messages):
        params = message.get("params") or {}
        if message.get("method") == "textDocument/publishDiagnostics" and params.get("uri") == uri:
            return any(item.get("severity") == 1 for item in params["diagnostics"])
    return None


def _state(messages: list[dict[str, Any]]) -> str:
    told = [m["params"] for m in messages if m.get("method") == "macrohard/status"]
    return str(told[-1].get("state", "")) if told else ""


def _plain(root: Path, tests: Path, report: Path) -> tuple[float, float]:
    """What a person would have waited for pytest itself, and what of it the tests took."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junit-xml={report}",
        str(tests),
    ]
    began = time.perf_counter()
    # A folder of bytecode that comes to be is a change of the workspace, which would set off a run of its own.
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=root, env=variables, capture_output=True, check=False)
    seconds = time.perf_counter() - began
    # The file was written by the line above.
    cases = ElementTree.parse(report).iter("testcase")
    return seconds, sum(float(case.get("time", "0")) for case in cases)


def _section(saves: Saves, load: tuple[float, float]) -> str:
    own = statistics.median(saves.tests)
    rows = [("`python -m pytest` of the same file", saves.plain), ("a fault shown", saves.shown)]
    rows.append(("a fault gone again", saves.gone))
    lines = [
        "## From saving to diagnostics (`make bench-saving`)",
        "",
        f"Measured {measured_on()}; load average before and after {load[0]:.1f}, {load[1]:.1f}. {MODULES} modules with "
        f"{TESTS + 1} tests each, one module changed; pytest with the plugins of this project's own environment. "
        "From the notification of the save to the diagnostics that follow, less what the tests took. Aim: 150 ms.",
        "",
        "| | saves | ms, median | smallest, largest | of plain pytest |",
        "|---|--:|--:|--:|--:|",
    ]
    plain = statistics.median(saves.plain) - own
    for name, seconds in rows:
        less = [each - own for each in seconds]
        middle = statistics.median(less)
        spread = f"{1000 * min(less):.0f}, {1000 * max(less):.0f}"
        lines.append(f"| {name} | {len(less)} | {1000 * middle:.0f} | {spread} | {middle / plain:.2f}× |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when it was measured, 2 when it could not be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of a fault put in and taken out again")
    parser.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    given = parser.parse_args(argv)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="macrohard-bench-") as scratch:
        try:
            saves = measure(Path(scratch).resolve(), {"XDG_STATE_HOME": f"{scratch}/state"}, given.rounds)
        except ServerFailedError as problem:
            print(f"bench-saving: {problem}", file=sys.stderr)
            return 2
    section = _section(saves, (load, os.getloadavg()[0]))
    print(section)
    if not given.dry:
        replace_section("bench-saving", section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
