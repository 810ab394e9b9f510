"""A project whose suite takes a minute, with a failing test that no single edit repairs."""

import shutil
from dataclasses import dataclass
from pathlib import Path

SLOW_TESTS = 60
FUNCTIONS = 60

_FUNCTION = """\

def part_{n}(first: int, second: int) -> int:
    total = first + {n}
    for step in range(second):
        if step > {n} or total < 0:
            total = total - step * 2
        else:
            total = total + step + 1
    return total % 1000
"""
_FAILING = """\
from ledger import whole


def test_whole():
    # Each half is wrong by itself, so that one edit is never enough.
    assert whole(3, 5) == ({first}, {second})
"""
_SLOW = """\
import time

import pytest


@pytest.mark.parametrize("number", range({count}))
def test_computes_for_a_second(number):
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        sum(range(1000))
"""


@dataclass(frozen=True, slots=True)
class Project:
    """`test` fails in `failing`, on line `line` counted from 0."""

    root: Path
    failing: Path
    test: str
    line: int


def make_project(root: Path) -> Project:
    """Write it anew; what was at `root` is gone."""
    shutil.rmtree(root, ignore_errors=True)
    tests = root / "tests"
    tests.mkdir(parents=True)
    (root / "pyproject.toml").write_text(
        '[project]\nname = "ledger"\nversion = "1"\n\n[tool.pytest.ini_options]\npythonpath = ["."]\n'
    )
    half = FUNCTIONS // 2
    functions = "".join(_FUNCTION.format(n=number) for number in range(FUNCTIONS))
    sums = [
        " + ".join(f"part_{number}(first, second)" for number in numbers)
        for numbers in (range(half), range(half, FUNCTIONS))
    ]
    (root / "ledger.py").write_text(
        f'"""Much to look through."""\n{functions}\n'
        f"def whole(first: int, second: int) -> tuple[int, int]:\n    return {sums[0]}, {sums[1]}\n"
    )
    failing = tests / "test_ledger.py"
    text = _FAILING.format(first=-7, second=-11)
    failing.write_text(text)
    (tests / "test_slow.py").write_text(_SLOW.format(count=SLOW_TESTS))
    line = text[: text.index("    assert")].count("\n")
    return Project(root, failing, "tests/test_ledger.py::test_whole", line)
