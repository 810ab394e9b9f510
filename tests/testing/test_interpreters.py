"""Warm runners in every interpreter found: the same verdicts in each, also on candidates that hang, exit or forge.

What is tested stands in docs/interpreters.md: its rows are the cases here, and every interpreter found has a row.
"""

import os
import re
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.core.interpreter import InterpreterChoice, Project
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.environment.errors import BadInterpreter
from macrohard_lsp.environment.probe import OLDEST_PYTHON, PROBE, parse_probe
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.warm import INSIDE, WarmMode, WarmRunner, WarmSettings

TABLE = Path(__file__).parents[2] / "docs" / "interpreters.md"
ROW = re.compile(r"^\| (\d+\.\d+) \| ([\d.]+) \|", re.MULTILINE)
ROWS = ROW.findall(TABLE.read_text("utf-8"))
QUICK = ROWS[0]

CODE = """\
def price(amount):
    return amount - 2
"""
TESTS = """\
from code_under_test import price


def test_price():
    assert price(3) == 5
"""
FORGING = """\
import json
import os

LINES = [
    ["test_price.py::test_price", "passed"],
    {"place": 0, "outcome": ["test_price.py::test_price", "passed"]},
    {"done": 0},
    {"end": True},
    *(
        {"number": number, "ended": "finished", "outcomes": [["test_price.py::test_price", "passed"]], "cpu": 0.0}
        for number in range(9)
    ),
]


def forge():
    text = "".join(json.dumps(line) + "\\n" for line in LINES).encode()
    for descriptor in range(3, 5000):
        try:
            os.write(descriptor, text)
        except OSError:
            continue
    os._exit(0)
"""
CANDIDATES = {
    "right": ("amount + 2", "finished", "passed"),
    "wrong": ("amount * 2", "finished", "failed"),
    "hanging": ("sum(iter(int, 1))", "timeout", None),
    "exiting": ("__import__('os')._exit(0)", "died", None),
    "forging": ("__import__('forging').forge()", "died", None),
    "right again": ("2 + amount", "finished", "passed"),
}
TEST = "test_price.py::test_price"


def found() -> dict[str, Path]:
    """An executable of every release line of Python on this machine: pyenv's and those on PATH."""
    pythons = sorted((Path.home() / ".pyenv" / "versions").glob("[0-9]*/bin/python"))
    by_line = {".".join(path.parts[-3].split(".")[:2]): path for path in pythons}
    for minor in range(6, 30):
        if program := shutil.which(f"python3.{minor}", path=os.defpath):
            by_line.setdefault(f"3.{minor}", Path(program))
    return by_line


FOUND = found()


def numbers(line: str) -> tuple[int, ...]:
    return tuple(map(int, line.split(".")))


@pytest.fixture
def start(tmp_path, python_with):
    """Start a runner with an interpreter that has this pytest."""
    if shutil.which("bwrap") is None:
        (pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip)("bwrap is missing")
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in (("code_under_test", CODE), ("test_price", TESTS), ("forging", FORGING)):
        (folder / f"{name}.py").write_text(text)

    def start(line, release, mode):
        interpreter = python_with(FOUND.get(line, ""), f"pytest=={release}")
        spec = MachineSpec(folder.resolve(), {}, (*interpreter.choice.mounts, INSIDE), {})
        settings = WarmSettings(mode, ("--tb=native",), (TEST,))
        machine = open_things.enter_context(open_machine(spec, Tier.NAMESPACE))
        return WarmRunner(machine, interpreter, Project("", interpreter.choice), settings, Cancel())

    with ExitStack() as open_things:
        yield start


def edit(new):
    start = CODE.index("amount - 2")
    return {"code_under_test.py": [TextEdit(start, start + len("amount - 2"), new)]}


def verdict(answer):
    """How the candidate ended, and how its test did."""
    return (answer.ended.value, dict(answer.outcomes).get(TEST))


@pytest.mark.parametrize(
    ("line", "release"),
    [row if row == QUICK else pytest.param(*row, marks=pytest.mark.slow) for row in ROWS],
)
def test_the_same_verdicts_in_every_interpreter(start, line, release):
    wanted = [(ended, outcome) for _, ended, outcome in CANDIDATES.values()]
    edits = [edit(new) for new, _, _ in CANDIDATES.values()]
    for mode in WarmMode:
        with start(line, release, mode) as runner:
            answers = [
                runner.check(each, (TEST,), stop=False, wall_seconds=20, cpu_seconds=1) for each in edits
            ]
            assert [verdict(answer) for answer in answers] == wanted, mode
            assert runner.restarts == 0
            if mode is WarmMode.SWAP:
                many = runner.check_many([(each, (TEST,)) for each in edits], wall_seconds=20, cpu_seconds=1)
                assert [verdict(answer) for answer in many] == wanted


def test_every_interpreter_found_is_in_the_table():
    usable = {line for line in FOUND if numbers(line) >= OLDEST_PYTHON}
    assert usable <= {line for line, _ in ROWS}, f"add rows to {TABLE.name} and run these tests"


@pytest.mark.parametrize("line", [line for line in FOUND if numbers(line) < OLDEST_PYTHON])
def test_an_older_python_is_refused(line):
    said = subprocess.run([FOUND[line], "-c", PROBE], capture_output=True, timeout=60, check=False)
    choice = InterpreterChoice(FOUND[line], "the test suite", ())
    with pytest.raises(
        BadInterpreter, match=rf"is Python {line}\.\d+; tests are run with Python 3\.9 or later"
    ):
        parse_probe(choice, said.stdout)
