import hashlib
import sys
from pathlib import Path

import pytest

from bench.real.bugs import Bug, Edit, put_back
from bench.real.oracle import Judgement, Replay, conclude, differing_functions, judge, module_of
from bench.real.prepare import Place

UPSTREAM = """\
def clamp(value, low, high):
    \"\"\"Keep a value within bounds.\"\"\"
    if value < low:
        return low
    if value > high:
        return high
    return value
"""
EDIT = Edit((5, 5), "> high", "> low")
TESTS = """\
import pytest

from clamping import clamp


@pytest.mark.parametrize("value", range(-30, 31))
def test_inside(value):
    assert clamp(value, -40, 40) == value


def test_outside():
    assert clamp(9, 0, 5) == 5
    assert clamp(-9, 0, 5) == 0
"""


@pytest.fixture
def library(tmp_path):
    """A library whose function has a bug, in the shape the bench keeps its libraries in."""
    fixed = tmp_path / "fixed"
    fixed.mkdir()
    (fixed / "clamping.py").write_text(UPSTREAM)
    (fixed / "test_clamping.py").write_text(TESTS)
    (fixed / "pytest.ini").write_text("[pytest]\n")
    digest = hashlib.sha256(put_back(UPSTREAM, (EDIT,), "").encode()).hexdigest()
    bug = Bug("one-hunk", "clamping", "1", "", "", "", "", "clamping.py", (EDIT,), digest, ())
    return bug, Place(tmp_path / "work", fixed, Path(sys.prefix))


@pytest.mark.parametrize(
    ("patched", "judgement", "reason"),
    [
        (UPSTREAM.replace("> high", ">  high"), Judgement.RIGHT, "syntax tree"),
        (UPSTREAM.replace("value > high", "high <= value"), Judgement.RIGHT, "behaves as upstream's"),
        (UPSTREAM.replace("value > high", "value > 40"), Judgement.NOT_RIGHT, "tests of the library's suite"),
        (UPSTREAM.replace("value > high", "high == 5"), Judgement.NOT_RIGHT, "behaves differently"),
        ("LIMIT = 1\n" + UPSTREAM, Judgement.LOOK, "outside functions"),
    ],
    ids=["same-tree", "equal", "fails", "overfit", "elsewhere"],
)
def test_patches_are_judged_by_what_they_do(library, patched, judgement, reason) -> None:
    bug, place = library
    verdict = judge(bug, place, {"clamping.py": patched})
    assert (verdict.judgement, reason in verdict.reason) == (judgement, True), verdict


def _replays(*outcomes: str) -> list[Replay]:
    return [Replay("f", True, {"returned": outcome}) for outcome in outcomes]


def test_agreement_counts_only_where_the_bug_shows() -> None:
    same, bug = ["a"] * 300, ["a"] * 299 + ["b"]
    assert conclude(_replays(*same), _replays(*bug), _replays(*same)).judgement is Judgement.RIGHT
    assert conclude(_replays(*same), _replays(*same), _replays(*same)).judgement is Judgement.LOOK
    assert conclude(_replays(*same), _replays(*bug), _replays(*bug)).judgement is Judgement.NOT_RIGHT


def test_too_few_or_unstable_inputs_are_no_evidence() -> None:
    few, bug = ["a"] * 199, ["b"] * 199
    assert conclude(_replays(*few), _replays(*bug), _replays(*few)).judgement is Judgement.LOOK
    unstable = [*_replays(*["a"] * 150), *[None] * 100]
    many = _replays(*["a"] * 250)
    assert conclude(unstable, many, many).judgement is Judgement.LOOK


def test_a_replay_that_stopped_early_is_no_evidence() -> None:
    assert conclude(_replays("a", "a"), _replays("a"), _replays("a", "a")).judgement is Judgement.LOOK


def test_changed_functions_are_named_with_their_classes() -> None:
    one = "class A:\n    def f(self):\n        return [x for x in g()]\ndef g():\n    return ()\n"
    assert differing_functions(one, one.replace("()\n", "[]\n")) == ["g"]
    assert differing_functions(one, one.replace("[x for x in g()]", "g()")) == ["A.f"]
    assert differing_functions(one, one + "import os\n") is None


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("src/attr/_make.py", "attr._make"),
        ("tabulate/__init__.py", "tabulate"),
        ("xmltodict.py", "xmltodict"),
    ],
)
def test_modules_are_named_as_they_are_imported(path: str, module: str) -> None:
    assert module_of(path) == module
