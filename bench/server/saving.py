"""From saving a file to fresh diagnostics: a fault is put in and taken out, again and again."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """Seconds from the notification to the diagnostics: for the fault shown, and for it gone again."""

    shown: tuple[float, ...]
    gone: tuple[float, ...]


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
        for number in range(rounds):
            for old, new in ((RIGHT, WRONG), (WRONG, RIGHT)):
                found[new].append(_save(client, source, tests, old, new, 2 * number + (new == RIGHT) + 2))
                client.until(lambda heard: _state(heard) == "idle", "the end of the work")
        return Saves(tuple(found[WRONG]), tuple(found[RIGHT]))
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


def main() -> int:
    """Print what one measurement gives; `make bench-server` keeps it."""
    import statistics
    import tempfile

    with tempfile.TemporaryDirectory(prefix="macrohard-bench-") as scratch:
        rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
        try:
            saves = measure(Path(scratch).resolve(), {"XDG_STATE_HOME": f"{scratch}/state"}, rounds)
        except ServerFailedError as problem:
            print(problem, file=sys.stderr)
            return 2
    for name, seconds in (("shown", saves.shown), ("gone", saves.gone)):
        print(name, round(statistics.median(seconds), 3), [round(s, 2) for s in seconds])
    return 0


if __name__ == "__main__":
    sys.exit(main())
