"""Bugs of many kinds, each repaired through the command line, and none that only looks repaired."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Bug:
    """One module with a fault, and what its tests say; the name is the module's."""

    name: str
    project: str
    code: str
    tests: str


BUGS = (
    Bug(
        "off_by_one",
        "expressions",
        "def pairs(values):\n"
        "    result = []\n"
        "    for i in range(len(values)):\n"
        "        result.append((values[i], values[i + 1]))\n"
        "    return result\n",
        "def test_pairs(): assert pairs([1, 2, 3]) == [(1, 2), (2, 3)]\n"
        "def test_none(): assert pairs([]) == []\n",
    ),
    Bug(
        "wrong_variable",
        "expressions",
        "def area(width, height):\n    return width * width\n",
        "def test_area(): assert area(2, 3) == 6\n"
        "def test_square(): assert area(2, 2) == 4\n"
        "def test_flat(): assert area(5, 1) == 5\n",
    ),
    Bug(
        "wrong_attribute",
        "expressions",
        "class Point:\n"
        "    def __init__(self, x, y):\n"
        "        self.x = x\n"
        "        self.y = y\n\n"
        "    def steps_to(self, other):\n"
        "        return abs(self.x - other.x) + abs(self.x - other.y)\n",
        "def test_steps(): assert Point(1, 5).steps_to(Point(4, 3)) == 5\n"
        "def test_more_steps(): assert Point(0, 7).steps_to(Point(2, 1)) == 8\n"
        "def test_same(): assert Point(2, 2).steps_to(Point(2, 2)) == 0\n",
    ),
    Bug(
        "missing_not",
        "everyday",
        "def kept(words, stop):\n    return [word for word in words if word in stop]\n",
        "def test_kept(): assert kept(['a', 'b', 'c'], {'a'}) == ['b', 'c']\n"
        "def test_empty(): assert kept([], {'a'}) == []\n",
    ),
    Bug(
        "swapped",
        "expressions",
        "def share(part, whole):\n    return part / whole\n\n"
        "def percent(done, planned):\n    return 100 * share(planned, done)\n",
        "def test_percent(): assert percent(1, 4) == 25\ndef test_all(): assert percent(3, 3) == 100\n"
        "def test_share(): assert share(1, 2) == 0.5\n",
    ),
    Bug(
        "module_constant",
        "everyday",
        "LARGEST = 9\n\ndef fits(size):\n    return size <= LARGEST\n",
        "def test_fits(): assert fits(10)\ndef test_not(): assert not fits(11)\ndef test_small(): assert fits(3)\n"
        "def test_all(): import module_constant as m; assert m.LARGEST == 10\n",
    ),
    Bug(
        "class_attribute",
        "import time",
        "class Wheel:\n    spokes = 31\n\n    def angle(self):\n        return 360 / self.spokes\n",
        "def test_angle(): assert Wheel().angle() == 11.25\ndef test_class(): assert Wheel.spokes == 32\n",
    ),
    Bug(
        "default_argument",
        "import time",
        "def numbered(lines, first=0):\n    return [f'{n} {line}' for n, line in enumerate(lines, first)]\n",
        "def test_default(): assert numbered(['a', 'b']) == ['1 a', '2 b']\n"
        "def test_given(): assert numbered(['a'], 7) == ['7 a']\n",
    ),
    Bug(
        "key_error",
        "several tests",
        "def price(prices, name):\n    return prices[name]\n",
        "def test_missing(): assert price({}, 'tea') is None\ndef test_there(): assert price({'tea': 2}, 'tea') == 2\n",
    ),
    Bug(
        "attribute_error",
        "shapes",
        "class Account:\n"
        "    def __init__(self):\n"
        "        self.balance = 0\n\n"
        "    def pay_in(self, amount):\n"
        "        self.balance += amount\n"
        "        return self.ballance\n",
        "def test_pays(): assert Account().pay_in(5) == 5\ndef test_new(): assert Account().balance == 0\n",
    ),
    Bug(
        "nested_class",
        "everyday",
        "class Tree:\n"
        "    class Node:\n"
        "        def __init__(self, left, right):\n"
        "            self.left, self.right = left, right\n\n"
        "        def depth(self):\n"
        "            below = [node.depth() for node in (self.left, self.right) if node]\n"
        "            return 1 + min(below, default=0)\n",
        "LEAF = Tree.Node(None, None)\n"
        "def test_depth(): assert Tree.Node(LEAF, Tree.Node(LEAF, None)).depth() == 3\n"
        "def test_leaf(): assert Tree.Node(None, None).depth() == 1\n",
    ),
    Bug(
        "cached",
        "shapes",
        "from functools import lru_cache\n\n"
        "@lru_cache(maxsize=None)\n"
        "def steps(n):\n"
        "    if n < 2:\n"
        "        return 1\n"
        "    return steps(n - 1) + steps(n - 1)\n",
        "def test_steps(): assert [steps(n) for n in range(6)] == [1, 1, 2, 3, 5, 8]\n",
    ),
    Bug(
        "generator",
        "everyday",
        "def countdown(n):\n    while n > 0:\n        yield n\n        n -= 1\n",
        "def test_countdown(): assert list(countdown(3)) == [3, 2, 1, 0]\n"
        "def test_nothing(): assert list(countdown(-1)) == []\n",
    ),
    Bug(
        "coroutine",
        "shapes",
        "import asyncio\n\nasync def double(n):\n    await asyncio.sleep(0)\n    return n + n\n\n"
        "async def total(numbers):\n    return sum([await double(n) for n in numbers[1:]])\n",
        "import asyncio\n"
        "def test_total(): assert asyncio.run(total([1, 2])) == 6\n"
        "def test_none(): assert asyncio.run(total([])) == 0\n",
    ),
    Bug(
        "partly",
        "several tests",
        "def is_leap(year):\n    return year % 4 == 0 and year % 100 != 0 or year % 40 == 0\n",
        "import pytest\n\n"
        "@pytest.mark.parametrize('year', [1996, 2000, 2004, 1600])\ndef test_leap(year): assert is_leap(year)\n\n"
        "@pytest.mark.parametrize('year', [1900, 2001, 1800, 2100, 1999, 2200])\n"
        "def test_common(year): assert not is_leap(year)\n",
    ),
    Bug(
        "dangerous",
        "dangerous",
        "import os\nimport sys\n\nLIMIT = 2\n\n"
        "def guarded(level):\n"
        "    if level > LIMIT + 9:\n        os._exit(0)\n"
        "    if level > LIMIT + 7:\n        sys.exit(0)\n"
        "    if level > LIMIT + 5:\n        os.fork()\n"
        "    while level > LIMIT + 3:\n        pass\n"
        "    if level > LIMIT + 2:\n        raise KeyboardInterrupt\n"
        "    return level >= LIMIT\n",
        "def test_guarded(): assert not guarded(2)\ndef test_over(): assert guarded(3)\n"
        "def test_under(): assert not guarded(1)\n",
    ),
    Bug(
        "two_edits",
        "several edits",
        "def position(x, row):\n"
        "    for i in range(len(row)):\n"
        "        if x < row[i]:\n"
        "            continue\n"
        "        return i\n",
        "def test_none(): assert position(1, []) == 0\n"
        "def test_first(): assert position(1, [2, 4, 6]) == 0\n"
        "def test_inside(): assert position(5, [2, 4, 6]) == 2\n"
        "def test_equal(): assert position(4, [2, 4, 6]) == 1\n"
        "def test_behind(): assert position(9, [2, 4, 6]) == 3\n"
        "def test_far_behind(): assert position(9, [2, 4, 6, 7, 8]) == 5\n",
    ),
    Bug(
        "swapped_results",
        "several edits",
        "def below(values, limit):\n"
        "    for value in values:\n"
        "        if value >= limit:\n"
        "            return True\n"
        "    return False\n",
        "def test_all(): assert below([1, 2], 3) is True\n"
        "def test_one_too_large(): assert below([1, 9], 3) is False\n"
        "def test_equal(): assert below([3], 3) is False\n"
        "def test_none(): assert below([], 3) is True\n",
    ),
    Bug(
        "copied_mistake",
        "several edits",
        "def unique(items):\n"
        "    found = []\n"
        "    for item in items:\n"
        "        if not holds(found, element):\n"
        "            found.append(element)\n"
        "    return found\n\n\n"
        "def holds(items, wanted):\n    return any(item == wanted for item in items)\n",
        "def test_unique(): assert unique([1, 2, 1]) == [1, 2]\n"
        "def test_none(): assert unique([]) == []\n"
        "def test_same(): assert unique([3, 3]) == [3]\n",
    ),
)


AT_ONCE = ("everyday", "dangerous")


@pytest.mark.parametrize(
    "project",
    [
        pytest.param(project, marks=() if project in AT_ONCE else pytest.mark.soak)
        for project in dict.fromkeys(bug.project for bug in BUGS)
    ],
)
def test_bugs_of_many_kinds(project, program, files, plain_pytest):
    """Several in one project, so that each is also a neighbour that the repair of another must not disturb."""
    bugs = [bug for bug in BUGS if bug.project == project]
    folder = files(
        "".join(
            f"--- {bug.name}.py\n{bug.code}--- test_{bug.name}.py\nfrom {bug.name} import *\n\n{bug.tests}"
            for bug in bugs
        )
    )
    assert plain_pytest(folder).returncode == 1
    done = program("fix", folder, "--apply", "--budget-seconds", "180", "--json")
    assert outcome(done, folder) == dict.fromkeys((bug.name for bug in bugs), "fixed"), done.told
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    ended = plain_pytest(folder)
    assert ended.returncode == 0, ended.stdout + done.told


def outcome(done, folder):
    """For each bug `fixed`, or `left`; whatever is called a Fix touches the module of its tests alone."""
    fixed = dict.fromkeys(
        (path.stem for path in folder.glob("*.py") if not path.name.startswith("test_")), "left"
    )
    for proposal in done.answer["proposals"]:
        assert proposal["kind"] == "fix"
        assert proposal["rung"] == "failing-test-passes"
        names = {
            test.partition("::")[0].removeprefix("test_").removesuffix(".py") for test in proposal["fixes"]
        }
        for name in names:
            assert f"\n+++ b/{name}.py\n" in proposal["patch"], proposal
            fixed[name] = "fixed"
    return fixed


def test_what_is_repaired_by_several_edits_is_one_fix(program, files):
    """Each of the two repairs some of the tests and could be had alone; only both are offered as whole."""
    (bug,) = (bug for bug in BUGS if bug.name == "swapped_results")
    folder = files(
        f"--- {bug.name}.py\n{bug.code}--- test_{bug.name}.py\nfrom {bug.name} import *\n\n{bug.tests}"
    )
    done = program("fix", folder, "--json", "--budget-seconds", "180")
    first = done.answer["proposals"][0]
    assert len(first["fixes"]) == 4, done.told
    assert first["title"].startswith(
        "Fix: use `False` instead of `True`, and use `True` instead of `False` in below (4 failing tests pass;"
    )


TAKES_ITS_PROCESS_WITH_IT = {
    "halve": "--- halve.py\ndef halvings(n):\n    count = 0\n    while n != 1:\n        n //= 2\n"
    "        count += 1\n    return count\n"
    "--- test_halve.py\nfrom halve import halvings\n\ndef test_eight(): assert halvings(8) == 3\n"
    "def test_nothing(): assert halvings(0) == 0\n",
    "guard": "--- guard.py\nimport os\n\ndef guard(level):\n    if level >= 3:\n        os._exit(7)\n    return level\n"
    "--- test_guard.py\nfrom guard import guard\n\ndef test_three(): assert guard(3) == 3\n"
    "def test_two(): assert guard(2) == 2\n",
}


@pytest.mark.parametrize("name", ["guard", pytest.param("halve", marks=pytest.mark.soak)])
def test_what_dies_or_hangs_is_repaired_and_stands_in_nobodys_way(name, program, files, plain_pytest):
    folder = files(
        "--- pyproject.toml\n[tool.macrohard.test]\ntimeout_seconds = 1\n"
        "--- area.py\ndef area(width, height):\n    return width * width\n"
        "--- test_area.py\nfrom area import area\n\ndef test_area(): assert area(2, 3) == 6\n"
        "def test_flat(): assert area(5, 1) == 5\n" + TAKES_ITS_PROCESS_WITH_IT[name]
    )
    done = program("fix", folder, "--apply", "--budget-seconds", "180", "--json")
    assert outcome(done, folder) == {name: "fixed", "area": "fixed"}, done.told
    assert done.answer["status"] == "fixed"
    assert plain_pytest(folder).returncode == 0


def test_what_needs_two_edits_is_not_called_fixed(program, files):
    folder = files(
        "--- line.py\ndef line(x):\n    return 3 * x + 5\n"
        "--- test_line.py\nfrom line import line\n\n"
        "def test_line(): assert [line(x) for x in (0, 1, 5, 9)] == [11, 18, 46, 74]\n"
    )
    done = program("fix", folder, "--apply", "--budget-seconds", "10", "--json")
    assert (done.code, done.answer["status"], done.answer["proposals"]) == (1, "no-fix", []), done.told
    assert "No fix found for 1 failing test" in done.answer["message"]
    assert (folder / "line.py").read_text() == "def line(x):\n    return 3 * x + 5\n"


@pytest.mark.soak
def test_fixes_that_only_hold_alone_are_not_called_fixed(program, files, plain_pytest):
    """Both tests can be had, each by its own edit, but never together."""
    folder = files(
        "--- word.py\ndef word(n):\n    return 'a' if n < 3 else 'b'\n"
        "--- test_word.py\nfrom word import word\n\ndef test_first(): assert word(2) == 'b'\n"
        "def test_second(): assert word(2) == 'c' or word(3) == 'a'\n"
    )
    done = program("fix", folder, "--apply", "--budget-seconds", "10", "--json")
    ended = plain_pytest(folder)
    assert (done.answer["status"] == "fixed") == (ended.returncode == 0), done.told + ended.stdout


def environment_at(place, *pth):
    """An environment with pytest in it, and `.pth` files as an editable install leaves them."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    (packages,) = place.glob("lib/python3*/site-packages")
    for name in ("pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        tops = {
            Path(file).parts[0] for file in metadata.files(name) if not str(file).startswith(("..", "__py"))
        }
        for top in tops:
            source = Path(metadata.distribution(name).locate_file(top))
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, packages / top)
    for number, path in enumerate(pth):
        (packages / f"__editable__.project-{number}.pth").write_text(f"{path}\n")
    return place / "bin/python"


SCALE = "def scale(value, by):\n    return value + by\n"
TEST_SCALE = (
    "from {package} import scale\n\ndef test_scale(): assert scale(3, 4) == 12\n"
    "def test_one(): assert scale(2, 2) == 4\n"
)


def test_an_editable_install(program, files, plain_pytest):
    """The installed package names the files of the workspace; inside the Machine those are the Machine's."""
    folder = files(
        f"--- src/scales/__init__.py\n{SCALE}--- tests/test_scale.py\n{TEST_SCALE.format(package='scales')}"
    )
    python = environment_at(folder / ".venv", folder / "src")
    assert plain_pytest(folder, python).returncode == 1
    done = program("fix", folder, "--apply", "--json", variables={"VIRTUAL_ENV": None})
    assert (done.code, done.answer["status"], done.answer["tier"]) == (0, "fixed", "namespace"), done.told
    assert (folder / "src/scales/__init__.py").read_text() == SCALE.replace("+", "*")
    assert plain_pytest(folder, python).returncode == 0


def test_two_projects_with_their_own_environments(program, files, plain_pytest):
    """Each has an installed package that the other lacks, so that neither's tests run with the other's interpreter."""
    folder = files(
        "".join(
            f"--- {name}/pyproject.toml\n[project]\nname = '{name}'\nversion = '1'\n"
            f"--- {name}/scales_{name}.py\nimport only_{name}\n{SCALE}"
            f"--- {name}/test_{name}.py\n{TEST_SCALE.format(package=f'scales_{name}')}"
            for name in ("left", "right")
        )
    )
    pythons = {name: environment_at(folder / name / ".venv") for name in ("left", "right")}
    for name in pythons:
        (packages,) = (folder / name).glob(".venv/lib/python3*/site-packages")
        (packages / f"only_{name}.py").write_text("")
    done = program("fix", folder, "--apply", "--json", variables={"VIRTUAL_ENV": None})
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    for name, python in pythons.items():
        assert (folder / name / f"scales_{name}.py").read_text().endswith(SCALE.replace("+", "*"))
        assert plain_pytest(folder / name, python).returncode == 0


FOLLOWED = """\
--- desk.py
OPEN = []


def borrow(name, days):
    OPEN.append(name)
    due = [None, 7, 14][days]
    due += 1
    OPEN.remove(name)
    return due


def count():
    return len(OPEN)
--- test_desk.py
from desk import borrow, count


def test_a_week(): assert borrow("a", 1) == 8
def test_two_weeks(): assert borrow("a", 2) == 15
def test_for_good(): assert borrow("b", 0) is None
def test_nothing_is_open(): assert count() == 0
"""


def test_a_test_that_fails_after_another_leads_nowhere(program, files):
    """`count` is right: with any edit of it its test passes alone, and fails in the suite as before."""
    folder = files(FOLLOWED)
    done = program("fix", folder, "--json", "--jobs", "1")
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    fix = done.answer["proposals"][0]
    assert set(fix["fixes"]) == {"test_desk.py::test_for_good", "test_desk.py::test_nothing_is_open"}
    proofs = [line for line in done.err.splitlines() if line.startswith("Proving")]
    assert sum("OPEN" in line for line in proofs) < 2, done.told


def test_what_a_failing_test_leaves_behind_makes_no_run_cold(program, files):
    """The last of the file fails; one that passes before it would stumble over what it leaves."""
    *before, last = FOLLOWED.splitlines(keepends=True)
    done = program("fix", files("".join([*before[:-3], last, *before[-3:]])), "--json", "--jobs", "1")
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    assert done.answer["proposals"][0]["fixes"] == ["test_desk.py::test_for_good"]
    assert "cold run" not in done.told, done.told
