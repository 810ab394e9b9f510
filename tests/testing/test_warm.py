"""Warm runners in real Machines: they see what a cold run sees, and no candidate takes them down or hangs them."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel, Cancelled
from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.probe import probe_tiers
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.warm import (
    INSIDE,
    WarmEnding,
    WarmMode,
    WarmRunner,
    WarmSettings,
    WarmUnavailable,
)

CODE = """\
RATE = 2


def price(amount):
    return amount - RATE


def steps(n):
    count = 0
    while n > 0:
        n -= 1
        count += 1
    return count
"""
TESTS = """\
import os
import unittest

from shop import code


def test_price():
    assert code.price(3) == 5


def test_price_of_nothing():
    assert code.price(2) == 0


def test_steps():
    assert code.steps(3) == 3


class TestProcess(unittest.TestCase):
    def test_process(self):
        with open("processes", "a") as file:
            print(os.getpid(), file=file)
        code.price(3)

    def test_parts(self):
        for amount in (2, 3):
            with self.subTest(amount):
                self.assertEqual(code.price(amount), amount - 2 if amount == 2 else 5)
"""
PRICE, NOTHING, STEPS = (
    f"test_code.py::{name}" for name in ("test_price", "test_price_of_nothing", "test_steps")
)


@pytest.fixture
def make_runner(tmp_path):
    """Start a runner on a program of one module and its tests."""
    with ExitStack() as open_things:

        def make(mode, tests, code, test_code):
            tiers = {report.tier: report for report in probe_tiers()}
            tier = Tier.NAMESPACE if tiers[Tier.NAMESPACE].available else Tier.PROCESS
            folder = (tmp_path / "folder").resolve()
            (folder / "shop").mkdir(parents=True)
            (folder / "shop/__init__.py").touch()
            (folder / "shop/code.py").write_text(code)
            (folder / "test_code.py").write_text(test_code)
            choice = find_interpreter(
                folder, "", configured=sys.executable, variables=dict(os.environ), home=Path.home()
            )
            interpreter = Interpreter(choice, sys.version_info[:3], "cpython", pytest.__version__)
            spec = MachineSpec(folder, {}, (*choice.mounts, INSIDE), {})
            settings = WarmSettings(mode, ("--tb=native",), tests)
            machine = open_things.enter_context(open_machine(spec, tier))
            return open_things.enter_context(
                WarmRunner(machine, interpreter, Project("", choice), settings, Cancel())
            )

        yield make


@pytest.fixture(params=[WarmMode.SWAP, WarmMode.RELOAD], ids=str)
def runner(request, make_runner):
    return make_runner(request.param, (PRICE, NOTHING, STEPS), CODE, TESTS)


def check(runner, old, new, tests=(PRICE, NOTHING, STEPS), stop=False, wall=20.0, cpu=10.0):
    start = CODE.index(old)
    edits = {"shop/code.py": [TextEdit(start, start + len(old), new)]} if new != old else {}
    return runner.check(edits, tests, stop=stop, wall_seconds=wall, cpu_seconds=cpu)


def outcomes(answer):
    return [outcome for _, outcome in answer.outcomes]


def test_the_program_as_it_is(runner):
    answer = check(runner, "RATE", "RATE")
    assert (answer.ended, outcomes(answer)) == (WarmEnding.FINISHED, ["failed", "passed", "passed"])


def test_an_edit_is_seen_and_forgotten(runner):
    assert outcomes(check(runner, "amount - RATE", "amount + RATE")) == ["passed", "failed", "passed"]
    # Of the same size and within the same second: stale bytecode would show here.
    assert outcomes(check(runner, "amount - RATE", "amount * RATE")) == ["failed", "failed", "passed"]
    assert outcomes(check(runner, "RATE", "RATE")) == ["failed", "passed", "passed"]


def test_stops_at_the_first_that_does_not_pass(runner):
    assert outcomes(check(runner, "RATE", "RATE", stop=True)) == ["failed"]


def test_tests_run_in_the_order_asked(runner):
    answer = check(runner, "RATE", "RATE", tests=(STEPS, PRICE))
    assert [name for name, _ in answer.outcomes] == [STEPS, PRICE]


def test_a_test_with_a_failing_part_fails(runner):
    parts = "test_code.py::TestProcess::test_parts"
    assert outcomes(check(runner, "RATE", "RATE", tests=(parts,))) == ["failed"]
    assert outcomes(check(runner, "amount - RATE", "2 * amount - 4 + amount // 3 * 3", tests=(parts,))) == [
        "passed"
    ]


def test_a_module_level_edit(runner):
    answer = check(runner, "RATE = 2", "RATE = -2")
    if answer.ended is WarmEnding.NOT_SWAPPABLE:
        return
    assert outcomes(answer) == ["passed", "failed", "passed"]


@pytest.mark.parametrize(
    ("new", "endings"),
    [
        ("exit()", {WarmEnding.DIED, WarmEnding.FINISHED}),
        ("__import__('os')._exit(0)", {WarmEnding.DIED}),
        ("__import__('os').abort()", {WarmEnding.DIED}),
        ("__import__('os').kill(__import__('os').getppid(), 9)", {WarmEnding.LOST, WarmEnding.DIED}),
        ("__import__('os').kill(-1, 9)", {WarmEnding.LOST, WarmEnding.DIED}),
        ("[0] * 10**11", {WarmEnding.FINISHED}),
        ("__import__('time').sleep(60)", {WarmEnding.TIMEOUT}),
        ("sum(iter(int, 1))", {WarmEnding.TIMEOUT}),
        ("[__import__('os').closerange(0, 4096), 5][1]", {WarmEnding.DIED, WarmEnding.FINISHED}),
        (
            "-1 if __import__('os').fork() else __import__('time').sleep(60)",
            {WarmEnding.FINISHED, WarmEnding.TIMEOUT},
        ),
    ],
)
def test_nothing_a_candidate_does_fools_or_hangs_the_runner(runner, new, endings):
    answer = check(runner, "amount - RATE", new, tests=(PRICE,), wall=4.0, cpu=2.0)
    assert answer.ended in endings
    assert not answer.passed
    assert outcomes(check(runner, "amount - RATE", "amount + RATE", tests=(PRICE,))) == ["passed"]


def test_an_endless_loop_costs_no_more_than_its_limit(runner):
    answer = check(runner, "n -= 1", "n += 1", tests=(STEPS,), cpu=0.5)
    assert answer.ended is WarmEnding.TIMEOUT
    assert answer.cpu < 5


def test_cancel(runner):
    runner._cancel.set()
    with pytest.raises(Cancelled):
        check(runner, "RATE", "RATE")


def test_a_runner_that_can_not_start_says_why(runner):
    runner.close()
    runner._machine.write_files({"conftest.py": b"raise RuntimeError('broken conftest')\n"})
    if runner._settings.mode is WarmMode.RELOAD:
        assert not check(runner, "RATE", "RATE").passed
        return
    with pytest.raises(WarmUnavailable, match="did not start"):
        check(runner, "RATE", "RATE")


def check_many(runner, *news, tests=(PRICE, NOTHING), wall=5.0, cpu=2.0):
    """Several edits of `amount - RATE` at once: how each ended, with its outcomes."""
    start = CODE.index("amount - RATE")
    edits = [{"shop/code.py": [TextEdit(start, start + len("amount - RATE"), new)]} for new in news]
    answers = runner.check_many([(edit, tests) for edit in edits], wall_seconds=wall, cpu_seconds=cpu)
    return [(answer.ended.value, outcomes(answer)) for answer in answers]


@pytest.mark.parametrize("runner", [WarmMode.SWAP], indirect=True)
class TestManyAtOnce:
    """The same answers as one by one, whatever the neighbours do."""

    def test_each_is_answered_as_if_it_were_alone(self, runner):
        assert check_many(runner, "amount + RATE", "amount * RATE", "amount - RATE", "amount -") == [
            ("finished", ["passed", "failed"]),
            ("finished", ["failed", "failed"]),
            ("unchanged", []),
            ("invalid", []),
        ]

    @pytest.mark.parametrize(
        ("bad", "ended"),
        [
            ("__import__('os')._exit(0)", "died"),
            ("sum(iter(int, 1))", "timeout"),
            ("__import__('time').sleep(60)", "timeout"),
            ("__import__('os').abort()", "died"),
        ],
    )
    def test_one_that_ends_the_process_costs_the_others_nothing(self, runner, bad, ended):
        answers = check_many(runner, "amount * RATE", bad, "amount + RATE", wall=2.0, cpu=1.0)
        assert answers == [
            ("finished", ["failed", "failed"]),
            (ended, []),
            ("finished", ["passed", "failed"]),
        ]

    @pytest.mark.parametrize(
        "leak",
        [
            "globals().update(RATE=-9) or 0",
            "globals().setdefault('LEFT', []) and 0",
            "setattr(price, '__defaults__', (0,)) or globals().update(price=lambda amount: 0)",
        ],
    )
    def test_what_one_leaves_behind_does_not_reach_the_next(self, runner, leak):
        assert check_many(runner, leak, "amount + RATE")[1] == ("finished", ["passed", "failed"])

    def test_a_process_is_shared_until_something_is_left_behind(self, runner):
        news = ["amount + RATE", "amount * RATE", "globals().update(LEFT=1) or 0", "amount / RATE"]
        answers = check_many(runner, *news, tests=("test_code.py::TestProcess::test_process",))
        assert answers == [("finished", ["passed"])] * 4
        processes = runner._machine.read_file("processes", 1000).split()
        # Before, it was looked at how the test ends without pytest.
        processes = processes[-4:]
        assert [processes.index(each) for each in processes] == [0, 0, 0, 3]

    def test_one_that_takes_the_runner_down_is_told(self, runner):
        killer = "__import__('os').kill(__import__('os').getppid(), 9)"
        assert [ended for ended, _ in check_many(runner, "amount + RATE", killer)] == ["lost", "lost"]
        assert check_many(runner, "amount + RATE") == [("finished", ["passed", "failed"])]


WAYS = {
    "with nothing": ("amount + RATE", False, True),
    "with a warning": ("__import__('warnings').warn('old') or amount + RATE", False, True),
    "with an error nobody can catch": (
        "type('T', (), {'__del__': lambda self: 1 / 0})() and amount + RATE",
        False,
        True,
    ),
    "with a fixture": ("amount + RATE", True, False),
}
WAYS_TESTS = """\
import os

from shop import code


def test_price(FIXTURE):
    with open("around", "a") as file:
        print("PYTEST_CURRENT_TEST" in os.environ, file=file)
    assert code.price(3) == 5


def test_kept(FIXTURE):
    assert code.price(3) != 4
"""


# What plugins say of themselves is no error.
@pytest.mark.parametrize(
    "settings",
    [
        "",
        "filterwarnings =\n  error\n  ignore::pytest.PytestDeprecationWarning",
        "addopts = -W error -W ignore::pytest.PytestDeprecationWarning",
    ],
    ids=["as they are", "errors", "errors by an option"],
)
@pytest.mark.parametrize(("new", "fixture", "without_pytest"), WAYS.values(), ids=WAYS)
def test_what_is_asked_often_is_called_without_pytest(
    make_runner, tmp_path, new, fixture, without_pytest, settings
):
    """The answers stay what they were with pytest around the tests, also where warnings are errors."""
    tests = (PRICE, "test_code.py::test_kept")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/pytest.ini").write_text(f"[pytest]\n{settings}\n")
    test_code = WAYS_TESTS.replace("FIXTURE", "tmp_path" if fixture else "")
    runner = make_runner(WarmMode.SWAP, tests, CODE, test_code)
    first, *others = [
        outcomes(check(runner, "amount - RATE", edit, tests=tests))
        for _ in range(4)
        for edit in (new, "amount * RATE")
    ]
    assert others[1::2] == [first] * 3
    assert others[0::2] == [["failed", "passed"]] * 4
    around = runner._machine.read_file("around", 1000).split()
    assert around[:2] == [b"True"] * 2
    assert around[-4:] == [b"False" if without_pytest else b"True"] * 4
    many = runner.check_many(
        [({"shop/code.py": [_edit(text)]}, tests) for text in (new, "amount * RATE")],
        wall_seconds=5.0,
        cpu_seconds=2.0,
    )
    assert [outcomes(answer) for answer in many] == [first, ["failed", "passed"]]


def _edit(new):
    start = CODE.index("amount - RATE")
    return TextEdit(start, start + len("amount - RATE"), new)


BEHAVIOUR_CODE = """\
class Basket:
    def __init__(self, prices):
        self.prices = prices

    def total(self, least=0):
        return sum(price for price in self.prices if price > least)


def pairs(items, size, *, pad=None):
    while size:
        yield list(items)
        return
"""
BEHAVIOUR_TESTS = """\
from shop.code import Basket, pairs


def test_total():
    assert Basket([1, 2]).total(1) == 3


def test_total_of_all():
    assert Basket([3, 4]).total() == 7


def test_pairs():
    assert [list(found) for found in pairs("abc", 0)] == ["abc"]


def test_one_pair():
    assert list(pairs("ab", 1)) == [["a", "b"]]
"""
TOTALS = tuple(
    f"test_code.py::{name}" for name in ("test_total", "test_total_of_all", "test_pairs", "test_one_pair")
)


@pytest.fixture
def swapping(make_runner):
    return make_runner(WarmMode.SWAP, TOTALS, BEHAVIOUR_CODE, BEHAVIOUR_TESTS)


def behave(runner, *changes):
    edits = []
    for old, new in changes:
        start = BEHAVIOUR_CODE.index(old)
        edits.append({"shop/code.py": [TextEdit(start, start + len(old), new)]})
    return runner.behave(edits, TOTALS, inputs=80, seconds=10.0)


def test_behaviours_of_methods(swapping):
    seen = behave(
        swapping, ("> least", ">= least"), ("> least", "< least"), ("price > least", "least < price")
    )
    own, again, wider, turned, same = seen.behaviours
    assert len(own) == len(seen.inputs) > 20
    assert own == again == same
    assert own != wider != turned != own
    different = [text for text, one, other in zip(seen.inputs, own, wider, strict=True) if one != other]
    assert all(text.startswith("Basket.total(") for text in different)
    one, *results = next(seen.results[at] for at, (a, b) in enumerate(zip(own, wider, strict=True)) if a != b)
    assert results[0] == one != results[1]
    assert all(text.lstrip("-").isdigit() for text in (one, *results))


def test_behaviours_of_generators(swapping):
    seen = behave(swapping, ("while size", "while not size"), ("while size", "while True"))
    own, again, turned, always = seen.behaviours
    assert own == again
    assert len({own, turned, always}) == 3
    assert any(text.startswith("pairs('abc', 0, pad=None)") for text in seen.inputs)


def test_lines_that_an_edit_leaves_unreached(swapping):
    seen = behave(swapping, ("while size", "while not size"), ("while size", "while False"))
    assert seen.unreached == (0, 0, 0, 2)


def test_after_a_few_calls_that_hang_no_more_are_begun(swapping):
    seen = behave(swapping, ("    while size:", "    while size:\n        pass\n    while size:"))
    words = seen.behaviours[2]
    last = [place for place, word in enumerate(words) if word == "long"][2]
    assert any(word.startswith("returned") for word in words[:last])
    assert set(words[last:]) == {"long"}


def test_behaviours_of_what_hangs_or_can_not_be_swapped(swapping):
    seen = behave(swapping, ("        return\n", "        pass\n"), ("class Basket", "class Basked"))
    assert len(seen.behaviours[2]) == len(seen.inputs)
    assert seen.behaviours[3] == ()
    assert outcomes(swapping.check({}, TOTALS, stop=False, wall_seconds=20.0, cpu_seconds=10.0)) == [
        "failed",
        "passed",
        "failed",
        "passed",
    ]


PLACES = {
    "imported by the tests": {},
    "imported by conftest.py": {"conftest.py": "from shop import code\n"},
    "imported by a plugin of the project's": {
        "pytest.ini": "[pytest]\naddopts = -p own_plugin\n",
        "own_plugin.py": "from shop import code\n",
    },
    "imported while a test runs": {
        "test_code.py": TESTS.replace("from shop import code\n", "").replace(
            "def test_price():\n", "def test_price():\n    from shop import code\n"
        ),
    },
    "imported beside a thread": {
        "conftest.py": "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    },
    "loaded by its path": {
        "conftest.py": (
            "import sys\nfrom importlib import util\n"
            "spec = util.spec_from_file_location('shop.code', 'shop/code.py')\n"
            "sys.modules['shop.code'] = module = util.module_from_spec(spec)\nspec.loader.exec_module(module)\n"
            "import shop\nshop.code = module\n"
        )
    },
    "found by a finder of its own": {
        "conftest.py": (
            "import sys\nfrom importlib import util\n"
            "class Finder:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n"
            "        if name == 'elsewhere':\n"
            "            return util.spec_from_file_location(name, 'shop/code.py')\n"
            "sys.meta_path.append(Finder)\nimport elsewhere, shop\nshop.code = elsewhere\n"
            "sys.modules['shop.code'] = elsewhere\n"
        )
    },
    "rewritten by pytest": {"conftest.py": "import pytest\npytest.register_assert_rewrite('shop.code')\n"},
}


@pytest.mark.parametrize("files", PLACES.values(), ids=PLACES)
def test_an_edit_is_imported_anew_wherever_the_import_is(make_runner, tmp_path, files):
    runner = make_runner(WarmMode.RELOAD, (), CODE, TESTS)
    runner._machine.write_files({path: text.encode() for path, text in files.items()})
    assert outcomes(check(runner, "RATE", "RATE", tests=(PRICE,))) == ["failed"]
    assert outcomes(check(runner, "amount - RATE", "amount + RATE", tests=(PRICE,))) == ["passed"]
    assert outcomes(check(runner, "RATE = 2", "RATE = -2", tests=(PRICE,))) == ["passed"]
    assert outcomes(check(runner, "amount - RATE", "amount - ", tests=(PRICE,))) in ([], ["failed"])
    assert outcomes(check(runner, "amount - RATE", "amount * RATE", tests=(PRICE,))) == ["failed"]
