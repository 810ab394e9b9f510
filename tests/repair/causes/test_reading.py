"""What is read from exceptions that this Python really raises."""

import traceback
from collections.abc import Callable

import pytest

from macrohard_lsp.core.testrun import Frame, Outcome, TestResult
from macrohard_lsp.repair.causes import CauseKind, read_cause

PLACE = Frame("code.py", 3, "f", True)
LIBRARY = Frame("/usr/lib/python3/json/__init__.py", 9, "loads", False)

SETUP = """
import json, asyncio, unittest.mock
class Box:
    def put(self, what): pass
    def lid(): pass
class Bare: pass
def send(to, *, subject): pass
async def later(): return 1
async def wrong(): await 1
"""

# What is run, and the kind, the name and the owner that are read from what it raises.
RAISED = {
    "undefned": (CauseKind.NAME, "undefned", ""),
    "from json import lods": (CauseKind.IMPORTED_NAME, "lods", "json"),
    "import no_such.thing": (CauseKind.MODULE, "no_such", ""),
    "import json.nothing": (CauseKind.MODULE, "json.nothing", ""),
    "json.lods": (CauseKind.MODULE_ATTRIBUTE, "lods", "json"),
    "unittest.mock.patch('json.lods').start()": (CauseKind.MODULE_ATTRIBUTE, "lods", "json"),
    "Box().putt": (CauseKind.ATTRIBUTE, "putt", "Box"),
    "Box.putt": (CauseKind.ATTRIBUTE, "putt", "Box"),
    "[].push(1)": (CauseKind.ATTRIBUTE, "push", "list"),
    "send('a', subjct='b')": (CauseKind.KEYWORD, "subjct", "send"),
    "Box().put(wht=1)": (CauseKind.KEYWORD, "wht", "Box.put"),
    "send('a')": (CauseKind.MISSING_ARGUMENTS, "subject", "send"),
    "Box().lid()": (CauseKind.TOO_MANY_ARGUMENTS, "", "Box.lid"),
    "Bare(1)": (CauseKind.TOO_MANY_ARGUMENTS, "", "Bare"),
    "later().real": (CauseKind.NOT_AWAITED, "", ""),
    "later() + 1": (CauseKind.NOT_AWAITED, "", ""),
    "for _ in later(): pass": (CauseKind.NOT_AWAITED, "", ""),
    "asyncio.run(wrong())": (CauseKind.NOT_AWAITABLE, "", ""),
    "m = unittest.mock.Mock(name='f'); m(1); m.assert_called_with(1, b=(2, ')'))": (
        CauseKind.EXPECTED_CALL,
        "1, b=(2, ')')",
        "f",
    ),
    "unittest.mock.Mock().go.assert_called_with()": None,
    "{'a': 1}['b']": (CauseKind.KEY, "b", ""),
    "{1: 1}[2]": None,
    "def f(:": (CauseKind.SYNTAX, "", ""),
    "if 1:\npass": (CauseKind.SYNTAX, "", ""),
    "1 / 0": None,
    "raise ValueError(\"name 'x' is not defined\")": None,
}


def told_of(statement: str, *frames: Frame) -> TestResult:
    """The result of a test that runs the statement, as a reporter tells it."""
    names: dict[str, object] = {}
    exec(SETUP, names)
    try:
        exec(statement, names)
    except Exception as error:
        message = "".join(traceback.format_exception_only(error)).strip()
        if isinstance(error, SyntaxError):
            message = message.splitlines()[-1]
        return TestResult(
            "t.py::t", Outcome.FAILED, exception=type(error).__name__, message=message, frames=frames
        )
    raise AssertionError(f"{statement} raises nothing")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("statement", RAISED)
def test_what_python_says(statement: str):
    cause = read_cause(told_of(statement, PLACE))
    read = None if cause is None else (cause.kind, cause.name, cause.owner)
    expected = RAISED[statement]
    if expected is not None and expected[0] is CauseKind.TOO_MANY_ARGUMENTS and read is not None:
        read = (read[0], "", read[2])
    assert read == expected
    if cause is not None:
        assert (cause.path, cause.line, cause.test) == ("code.py", 3, "t.py::t")


@pytest.mark.parametrize(
    ("change", "is_read"),
    [
        (lambda result: result, True),
        (lambda result: TestResult("t", Outcome.PASSED), False),
        (lambda result: told_of("undefned", PLACE, LIBRARY), False),
        (lambda result: told_of("json.lods", PLACE, LIBRARY), True),
        (lambda result: told_of("undefned", LIBRARY), False),
        (lambda result: told_of("undefned"), False),
    ],
)
def test_whose_fault_it_is(change: Callable[[TestResult], TestResult], is_read: bool):
    """An exception that ends in a library says nothing of the workspace, unless it names a module."""
    assert (read_cause(change(told_of("undefned", PLACE))) is not None) is is_read


def test_a_fixture_is_sought_where_the_test_is_defined():
    result = TestResult(
        "t.py::t",
        Outcome.ERROR,
        phase="setup",
        exception="_pytest.fixtures.FixtureLookupError",
        message="fixture 'tmp_pth' not found",
        defined_at=Frame("t.py", 7, "t", True),
    )
    cause = read_cause(result)
    assert cause is not None
    assert (cause.kind, cause.name, cause.path, cause.line) == (CauseKind.FIXTURE, "tmp_pth", "t.py", 7)
