import ast
import os
import sys
from pathlib import Path

import pytest

from bench.repair.attempt import Row, Settings, attempt
from bench.repair.bug import Bug, DataSet, Inputs
from bench.repair.chart import svg
from bench.repair.child import ask
from bench.repair.oracle import opinion, second_opinion
from bench.repair.patches import applied
from bench.repair.refactory import expressions_as_tests
from bench.repair.renaming import names_for, renamed, restored
from bench.repair.report import differences, labels, ninetieth, section
from bench.repair.texts import cases_as_tests, imports_from, split_check, without_docstrings
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.probe import probe_tier

PROGRAM = '''\
"""Sums."""
import math


def total(values):
    """Add them.

    >>> total([1, 2])
    3
    """
    found = 0  # é
    for value in values:
        found += value
    return found


class Box:
    """Nothing in it."""


"""
def total(values):
    return sum(values)
"""
'''
BARE = """\

import math


def total(values):
    found = 0  # é
    for value in values:
        found += value
    return found


class Box:
    pass
"""
CHECK = """\
def check(candidate):
    import math
    near = 1e-6
    assert candidate([1, 2]) == 3, "é"
    assert math.fabs(candidate([]) - helper(0)) < near
    for n in range(3):
        assert candidate([n]) == n


check(total)
"""


def test_strings_that_stand_alone_go_and_all_else_stays() -> None:
    assert without_docstrings(PROGRAM).strip() == BARE.strip()
    assert without_docstrings(BARE) == BARE
    kept = 'def f(a):\n    b = """x"""\n    return """y""" + a\n'
    assert without_docstrings(kept) == kept


def test_each_assertion_becomes_a_test_that_runs() -> None:
    program = "def helper(x):\n    return x\n\n\ndef total(values):\n    return sum(values)\n"
    text = split_check(CHECK, "total", program)
    assert text.startswith("from solution import helper, total\n")
    defined = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in defined] == ["test_1", "test_2", "test_3"]
    assert "candidate" not in text
    broken = program.replace("sum(values)", "len(values)")
    endless = program.replace("return sum", "while values:\n        pass\n    return sum")
    programs = [{"program": each, "tests": text} for each in (program, broken, endless, "total = 1\n")]
    answer = ask({"job": "endings", "programs": programs, "seconds": 0.5}, seconds=20)
    assert answer == {"endings": [["passed"] * 3, ["failed", "passed", "failed"], ["endless"], []]}


UPSTREAM = """\
import pytest
from load_testdata import load_json_testcases

if pytest.use_correct:
    from correct_python_programs.total import total
else:
    from python_programs.total import total


testdata = load_json_testcases(total.__name__)


@pytest.mark.parametrize("input_data,expected", testdata)
def test_total(input_data, expected):
    if not pytest.run_slow and input_data == [[7, 8]]:
        pytest.skip("Takes long!")
    assert total(*input_data) == expected
"""


def test_cases_are_written_into_the_test_but_for_the_slow_one() -> None:
    text = cases_as_tests(UPSTREAM, [[[[1, 2]], 3], [[[7, 8]], 15]])
    assert "([[1, 2]], 3)," in text
    assert "[7, 8]" not in text
    assert "load_testdata" not in text
    assert "use_correct" not in text
    assert text.endswith("def test_total(input_data, expected):\n    assert total(*input_data) == expected\n")
    ast.parse(text)


def test_a_file_without_cases_imports_the_program_that_is_laid_out() -> None:
    text = imports_from(
        UPSTREAM.replace("testdata = load_json_testcases(total.__name__)", '"""Why."""'), "total"
    )
    assert "from solution import total" in text
    assert "Why" not in text


def test_expressions_become_tests_and_name_what_they_call() -> None:
    tests, functions = expressions_as_tests([("f(1)", "2"), ("g(KNOWN, len([]))", "False"), ("f(2)", "3")])
    assert tests.startswith("from solution import KNOWN, f, g\n")
    assert functions == ("f", "g")
    assert "def test_3():\n    assert f(2) == 3\n" in tests


NAMED = '''\
from node import Node


def walk(node, seen=None):
    """walk"""
    kinds = [each.walk for each in seen or ()]
    if isinstance(node, Node):
        return f"{walk(node.walk)} walk {node!r}", kinds
    def inner(walk=1):
        return walk
    return inner
'''


def bug_of(program: str, tests: str, reference: str = "", **more: object) -> Bug:
    return Bug(
        "made-up",
        "one",
        "operator",
        program,
        tests,
        reference,
        Inputs(("total",), calls=("total([3, 4])",)),
        **more,
    )


def test_names_are_changed_everywhere_and_can_be_put_back() -> None:
    tests = "from solution import walk\n\n\ndef test_walk():\n    assert walk(1)\n"
    bug = bug_of(NAMED, tests, NAMED, beside={"node.py": "class Node:\n    walk = 2\n"})
    names = names_for(bug)
    assert set(names) == {"solution", "test_solution", "node", "Node", "walk", "inner", "test_walk"}
    assert len(set(names.values())) == len(names)
    other = renamed(bug)
    assert set(other.files) == {
        *(f"{names[name]}.py" for name in ("solution", "test_solution", "node")),
        "pytest.ini",
    }
    assert names["test_walk"].startswith("test_") and other.tests_path.startswith("test_")
    new = other.program
    assert f"from {names['node']} import {names['Node']}\n" in new
    assert f"{{{names['walk']}({names['node']}.walk)}}" in new, "within an f-string, and no attribute"
    assert f"def {names['inner']}({names['walk']}=1):" in new
    assert "each.walk" in new and '"""walk"""' in new
    assert restored(new, bug) == NAMED
    assert renamed(bug) == other, "the same names each time"


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("def total(values):\n    return sum(values)\n", "right"),
        ("def total(values):\n    return sum(values) if values != [3, 5] else 7\n", "wrong"),
        ("def total(values):\n    return 7\n", "wrong"),
        ("def total(values):\n    while len(values) != 2:\n        pass\n    return sum(values)\n", "wrong"),
        ("def total(values):\n    found = sum(values)\n    values.clear()\n    return found\n", "wrong"),
        ("def total(values):\n    return float(sum(values)) + 1e-12\n", "right"),
        ("raise ValueError\n", "wrong"),
        ("def sums(values):\n    return sum(values)\n", "wrong"),
    ],
    ids=["equal", "one-input", "constant", "endless", "destroys", "rounding", "not-loaded", "absent"],
)
def test_programs_are_judged_by_what_they_do(program: str, verdict: str) -> None:
    bug = bug_of("", "", "def total(values):\n    return sum(values)\n")
    assert opinion(bug, program).verdict == verdict
    if "[3, 5]" not in program:
        assert second_opinion(bug, program).verdict == verdict


def test_an_input_that_right_programs_disagree_on_says_nothing() -> None:
    def judged(*witnesses: str) -> str:
        inputs = Inputs(("total",), calls=("total([3, 4])", "total([9])"), witnesses=witnesses)
        bug = Bug("s", "n", "k", "", "", "def total(values):\n    return len(values)\n", inputs)
        return opinion(bug, "def total(values):\n    return min(len(values), 2)\n").verdict

    assert judged() == "wrong"
    assert judged("def total(values):\n    return len(values) if len(values) < 3 else -1\n") == "right"


def test_a_function_may_change_what_it_is_given_where_a_right_program_does() -> None:
    def judged(reference: str) -> str:
        inputs = Inputs(("first",), calls=("first([3, 4])", "first([9, 1, 1])"))
        bug = Bug("s", "n", "k", "", "", f"def first(values):\n    {reference}\n", inputs)
        return opinion(bug, "def first(values):\n    return values.pop(0)\n").verdict

    assert judged("return values[0]") == "wrong"
    assert judged("values.reverse()\n    return values[-1]") == "right"


PATCH = """\
diff --git a/solution.py b/solution.py
--- a/solution.py
+++ b/solution.py
@@ -2,2 +2,3 @@
 b
-c
+d
+e
"""


def test_a_patch_is_read_a_second_time() -> None:
    assert applied("a\nb\nc\nf\n", PATCH) == "a\nb\nd\ne\nf\n"
    assert applied("a\nb\nx\nf\n", PATCH) is None


def row_of(**values: object) -> Row:
    first = {"seconds": 1.0, "cpu_seconds": 0.5, "candidates": 9, "proven_seconds": 2.0}
    known = {
        "plausible": True,
        "right": True,
        "verdict": "right",
        "second": "right",
        "rank": 1,
        "ambiguous": False,
    }
    return Row(
        **{
            "set": "quixbugs",
            "bug": "one",
            "kind": "data",
            "status": "fixed",
            "first_fix": first,
            **known,
            **values,
        }
    )


def test_the_section_says_what_counts() -> None:
    rows = [
        row_of(),
        row_of(bug="two", second="wrong", right=False, verdict="wrong", rank=2),
        row_of(bug="three", ambiguous=None, violations=("a Fix changes test_solution.py",)),
        row_of(bug="four", status="no-fix", plausible=False, right=False, rank=None, first_fix=None),
    ]
    text = section(DataSet("quixbugs", (), "abc"), rows, Settings(10.0), ["- one: another patch"])
    assert "| `macrohard-lsp fix` | 3/4 (75 %) | 2/4 (50 %) | 3/4 (75 %) |" in text
    assert "carried by 2 of 3 solved bugs (67 %)" in text
    assert "right by the independent inputs: 1 (50.0 %)" in text
    assert "**1 violation over all the bugs run.**" in text
    assert "another outcome for 1 of 4 bugs" in text
    assert "AlphaRepair" in text and "(from memory)" in text
    assert labels([row_of(ambiguous=None)]) == "No fix was labelled unambiguous."
    assert ninetieth(range(1, 11)) == 9
    assert "right: 1 of 4" in svg({"right": [0.5]}, 4, "seconds")


def test_outcomes_under_other_names_are_compared_with_the_names_put_back() -> None:
    bug = bug_of("def total(values):\n    return 1\n", "from solution import total\n")
    after = "def total(values):\n    return 2\n"
    other = renamed(Bug(**{**{name: getattr(bug, name) for name in bug.__slots__}, "program": after})).program
    assert differences([bug], [row_of(after=after)], [row_of(after=other)]) == []
    (told,) = differences([bug], [row_of(after=after)], [row_of(after=other.replace("2", "3"), right=False)])
    assert "right True became False" in told and "another patch" in told


@pytest.mark.slow
def test_a_bug_goes_all_the_way() -> None:
    tier = probe_tier(Tier.NAMESPACE)
    assert tier is not None
    if not tier.available:
        (pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip)(tier.reason)
    right = "def total(values):\n    found = 0\n    for value in values:\n        found += value\n    return found\n"
    tests = split_check(CHECK.replace(" - helper(0)", ""), "total", right)
    row = attempt(bug_of(right.replace("+=", "-="), tests, right), Settings(20.0), Path(sys.prefix))
    assert (row.status, row.plausible, row.right, row.violations) == ("fixed", True, True, ())
    assert row.after == right
    assert row.first_fix is not None and row.first_fix["candidates"] > 0
