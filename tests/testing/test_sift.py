"""Many edits in one process, tests without pytest around them: the same verdicts as one by one, whatever they do."""

import re

import pytest

from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.testing.sifting import Row, Sieved
from macrohard_lsp.testing.warm import WarmMode

from .test_warm import make_runner  # noqa: F401

CODE = """\
import functools

RATE = 2
SEEN = []


def price(amount, rates=[RATE]):
    return amount - rates[0] - getattr(functools, "extra", 0)


@functools.lru_cache(maxsize=None)
def doubled(amount):
    return price(amount) * 2


class Shop:
    def price(self, amount):
        return amount - self.rate

    rate = 2
"""
TESTS = """\
import functools
import os
import unittest
import warnings

import pytest

from shop import code


def note(name):
    with open("lanes", "a") as file:
        print(name, os.getpid(), "PYTEST_CURRENT_TEST" in os.environ, file=file)


def test_plain():
    note("plain")
    assert code.price(3) == 5


def test_nothing():
    assert code.price(2) == 0


@pytest.mark.parametrize("amount, expected", [([3], 5)])
def test_parameters(amount, expected):
    note("parameters")
    amount.append(0)
    assert len(amount) == 2 and code.price(amount[0]) == expected


class TestInClass:
    def test_method(self):
        note("method")
        self.own = 3
        assert code.price(self.own) == 5


class TestCase(unittest.TestCase):
    def setUp(self):
        self.amount = 3

    def test_unit(self):
        note("unit")
        self.assertEqual(code.price(self.amount), 5)

    def test_parts(self):
        note("parts")
        for amount in (2, 3):
            with self.subTest(amount):
                self.assertEqual(code.price(amount), amount + 2)


class TestCaseWithClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.amount = 3

    def test_set_up(self):
        note("set_up")
        self.assertEqual(code.price(self.amount), 5)


@pytest.fixture
def three():
    return 3


def test_fixture(three):
    note("fixture")
    assert code.price(three) == 5


@pytest.mark.parametrize("three", [3], indirect=True)
def test_indirect(three):
    note("indirect")
    assert code.price(3) == 5


def test_printing(capsys):
    note("printing")
    print(code.price(3))
    assert capsys.readouterr().out == "5\\n"


@pytest.mark.skipif(False, reason="never")
def test_mark():
    note("mark")
    assert code.price(3) == 5


def test_warning():
    note("warning")
    with pytest.warns(DeprecationWarning):
        warnings.warn("old", DeprecationWarning)
    assert code.price(3) == 5


def test_skipping():
    note("skipping")
    if code.price(3) != 5:
        pytest.skip("not yet")


def test_exit():
    note("exit")
    if code.price(3) != 5:
        raise SystemExit(0)


def test_once():
    note("once")
    again = hasattr(functools, "again")
    functools.again = True
    assert again or code.price(3) == 5


def test_cached():
    assert code.doubled(3) == 10


def test_method_of_class():
    assert code.Shop().price(3) == 5
"""
PLAIN, NOTHING = "test_code.py::test_plain", "test_code.py::test_nothing"
OLD = "amount - rates[0]"


@pytest.fixture
def runner(make_runner):  # noqa: F811
    return make_runner(WarmMode.SWAP, (PLAIN, NOTHING), CODE, TESTS)


def sift(runner, *news, first=(PLAIN,), then=(), old=OLD, cpu=0.2, wall=2.0, seconds=60.0, halt=False):
    start = CODE.index(old)
    row = Row(first, then, cpu, cpu)
    entries = [Sieved("shop/code.py", [TextEdit(start, start + len(old), new)], row) for new in news]
    return runner.sift(entries, set(first), seconds=seconds, wall_seconds=wall, halt=halt)


GOOD, BAD = "amount + rates[0]", "amount * rates[0]"


def lanes(runner):
    """For each test that wrote it down: the processes it ran in, and whether pytest was around it the last time."""
    found = {}
    for line in runner._machine.read_file("lanes", 100_000).decode().splitlines():
        name, process, around = line.split()
        found.setdefault(name, []).append((process, around == "True"))
    return found


@pytest.mark.parametrize(
    ("test", "without_pytest"),
    [
        ("test_plain", True),
        ("test_parameters[amount0-5]", True),
        ("TestInClass::test_method", True),
        ("TestCase::test_unit", True),
        ("test_warning", True),
        ("test_exit", True),
        ("TestCaseWithClass::test_set_up", False),
        ("test_fixture", False),
        ("test_indirect[3]", False),
        ("test_printing", False),
        ("test_mark", False),
    ],
)
def test_kinds_of_tests(runner, test, without_pytest):
    answer = sift(runner, BAD, GOOD, BAD + " + 0", GOOD + " + 0", first=(f"test_code.py::{test}",))
    assert answer.verdicts == "rprp"
    assert answer.passed[1] == (f"test_code.py::{test}",)
    name = re.split(r"\[|::test_", test)[-2 if "[" in test else -1].removeprefix("test_")
    assert lanes(runner)[name][-1][1] is not without_pytest


def test_what_ends_its_process_costs_the_others_nothing(runner):
    bad = {
        "[1 for _ in iter(int, 1)]": "t",
        "sum(iter(int, 1))": "t",
        "__import__('time').sleep(60)": "t",
        "__import__('os')._exit(0)": "r",
        "__import__('os').abort()": "r",
        "__import__('os').fork() or amount + rates[0]": "r",
        "exit()": "r",
        "amount -": "r",
        OLD: "r",
    }
    news = [new for each in bad for new in (each, GOOD)]
    assert sift(runner, *news).verdicts == "".join(verdict + "p" for verdict in bad.values())


def test_one_of_first_and_all_of_then(runner):
    then = ("test_code.py::TestCase::test_unit",)
    answer = sift(
        runner, GOOD, "amount + 2 if amount == 3 else 0", first=(PLAIN, "test_code.py::test_method_of_class")
    )
    assert (answer.verdicts, dict(answer.passed)) == ("pp", {0: (PLAIN,), 1: (PLAIN,)})
    # A test that doesn't pass in the program as it is says nothing here.
    assert sift(runner, GOOD, then=then).verdicts == "p"
    # `test_nothing` passes as it is.
    assert sift(runner, GOOD, "abs(amount - 8)", "5 if amount == 3 else 0", then=(NOTHING,)).verdicts == "bbp"


@pytest.mark.parametrize(
    "leak",
    [
        "globals().update(RATE=-9) or 0",
        "globals().setdefault('LEFT', []) and 0",
        "SEEN.append(1) or 0",
        "rates.__setitem__(0, -9) or 0",
        "setattr(Shop, 'rate', -2) or 0",
        "setattr(price, '__defaults__', ([0],)) or 0",
        "globals().update(price=lambda amount: 0) or 0",
        # Nobody looks there: the program as it is ends differently afterwards.
        "setattr(functools, 'extra', -4) or 0",
    ],
)
def test_what_one_leaves_behind_does_not_reach_the_next(runner, leak):
    first, then = (PLAIN,), (NOTHING,)
    news = [leak, "amount + rates[0] if amount > 2 else 0", leak, BAD, leak, "5 if amount == 3 else 0"]
    assert sift(runner, *news, first=first, then=then).verdicts == "rprrrp"


def test_what_can_be_taken_back_needs_no_new_process(runner):
    leak = "SEEN.append(doubled(1)) or setattr(Shop, 'rate', 3) or globals().update(LEFT=1) or 0"
    assert sift(runner, *[f"{leak} + {number}" for number in range(20)]).verdicts == "r" * 20
    processes = [process for process, _ in lanes(runner)["plain"]]
    # The first two are the program as it is.
    assert len(processes) == 23 and len(set(processes[2:])) == 1


def test_a_cache_is_emptied(runner):
    news = [BAD, GOOD, BAD + " + 0", GOOD + " + 0"]
    assert sift(runner, *news, first=("test_code.py::test_cached",)).verdicts == "rprp"


def test_where_everything_leaks_each_gets_its_own_process(runner):
    leaks = [f"setattr(functools, 'extra', -4) or {number}" for number in range(40)]
    answer = sift(runner, *leaks, GOOD, then=(NOTHING,), first=("test_code.py::test_parameters[amount0-5]",))
    # A 1 is right for the test's own amount.
    assert answer.verdicts == "rb" + "r" * 38 + "b"
    answer = sift(runner, *leaks, "5 if amount == 3 else 0", then=(NOTHING,))
    assert (answer.verdicts, answer.leaking) == ("rb" + "r" * 38 + "p", True)


def test_what_can_run_only_once_in_a_process_gets_one_each(runner):
    once = "test_code.py::test_once"
    bad = {
        "[1 for _ in iter(int, 1)]": "t",
        "sum(iter(int, 1))": "t",
        "__import__('time').sleep(60)": "t",
        "__import__('os')._exit(0)": "r",
        "__import__('os').abort()": "r",
        "__import__('os').kill(__import__('os').getppid(), 9)": "r",
        "__import__('os').fork() or amount + rates[0]": "r",
        "exit()": "r",
        "amount -": "r",
        BAD: "r",
    }
    answer = sift(runner, *[new for each in bad for new in (each, GOOD)], first=(once, PLAIN))
    assert answer.verdicts == "".join(verdict + "p" for verdict in bad.values())
    assert answer.passed == dict.fromkeys(range(1, 2 * len(bad), 2), (once, PLAIN))
    assert answer.leaking
    assert not any(around for _, around in lanes(runner)["once"][-5:])
    assert sift(runner, BAD + " + 0", GOOD + " + 0", BAD + " + 1", first=(once,), halt=True).verdicts == "rp."
    assert (
        sift(runner, GOOD + " - 0", "5 if amount == 3 else 0", first=(once,), then=(NOTHING,)).verdicts
        == "bp"
    )


def test_ends_early(runner):
    news = [BAD, GOOD, BAD + " + 0", GOOD + " + 0"]
    assert sift(runner, *news, halt=True).verdicts == "rp.."
    # What repairs only some of what it could is not enough.
    both = (PLAIN, "test_code.py::test_method_of_class")
    assert sift(runner, *news, first=both, halt=True).verdicts == "rprp"
    slow = [f"(__import__('time').sleep(0.2), {number})[1]" for number in range(9)]
    answer = sift(runner, *slow, seconds=0.1)
    assert answer.verdicts[0] == "r" and answer.verdicts.endswith("..")


def test_what_can_not_be_swapped_is_told(runner):
    assert sift(runner, "rates=(RATE,)", old="rates=[RATE]").verdicts == "n"
    assert sift(runner, "rate = -2", old="rate = 2").verdicts == "n"


def test_a_method_is_swapped_by_itself(runner):
    first = ("test_code.py::test_method_of_class",)
    assert (
        sift(runner, "amount + self.rate", "amount * 3", old="amount - self.rate", first=first).verdicts
        == "pr"
    )


def test_one_that_takes_the_runner_down_is_told(runner):
    killer = "__import__('os').kill(__import__('os').getppid(), 9)"
    assert sift(runner, BAD, killer) is None
    assert sift(runner, BAD, GOOD).verdicts == "rp"
