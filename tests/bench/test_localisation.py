import ast

import pytest

from bench.localisation.bugs import as_one_test, true_lines
from bench.localisation.formulas import FORMULAS
from bench.localisation.ranking import Traced, figures, summary
from bench.localisation.recording import Recording
from bench.repair.texts import split_check
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.testing.coverage import Coverage
from macrohard_lsp.testing.localisation import Counts

PROGRAM = """\
def f(x):
    a = 1
    b = 2  # two

    # nothing
    if x:
        return a
    return b
"""


@pytest.mark.parametrize(
    ("reference", "lines"),
    [
        (PROGRAM.replace("return a", "return b"), (7,)),
        (PROGRAM.replace("    b = 2  # two\n", ""), (3,)),
        (PROGRAM.replace("    if x:\n", "    c = 3\n    if x:\n"), (3, 6)),
        (PROGRAM + "    return 4\n", (8,)),
        (PROGRAM.replace("    # nothing\n", "").replace("x:\n    a", "x:  \n\n    a"), ()),
        (PROGRAM.replace("a = 1", "a = 0").replace("return b", "return 0"), (2, 8)),
    ],
)
def test_the_true_lines_are_those_that_the_fix_changes(reference: str, lines: tuple[int, ...]) -> None:
    assert true_lines(PROGRAM, reference) == lines


def test_one_test_holds_all_assertions() -> None:
    check = (
        "def check(candidate):\n    assert candidate(1) == 2\n    y = [\n        1,\n    ]\n"
        "    assert candidate(y)\n"
    )
    split = split_check(check, "f", PROGRAM)
    tree = ast.parse(as_one_test(split))
    (test,) = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [type(node).__name__ for node in test.body] == ["Assert", "Assign", "Assert"]
    assert "from solution import f" in ast.unparse(tree)


def traced(true: tuple[int, ...]) -> Traced:
    name = "test_a.py::test"
    coverage = Coverage({name: {"a.py": frozenset(range(2, 9))}}, {"a.py": frozenset({1})}, frozenset())
    failing = {name: TestResult(name, Outcome.FAILED)}
    return Traced(Recording("s", "n", "a.py", true, failing, (), coverage, {"a.py": PROGRAM}))


def test_equal_scores_share_the_mean_of_their_places() -> None:
    """Statements are the lines 1, 2, 3, 6, 7 and 8."""
    scores = {("a.py", 2): 1.0, ("a.py", 3): 0.5, ("a.py", 6): 0.5, ("a.py", 7): 0.5}
    assert figures(traced((2,)), scores).rank == 1
    assert figures(traced((6,)), scores).rank == 3
    # The first of two among three stands, over all orders, at 4/3.
    assert figures(traced((3, 6)), scores).rank == pytest.approx(1 + 4 / 3)
    # What has no score shares the last places.
    assert figures(traced((8,)), scores).rank == 5.5
    assert figures(traced((2, 8)), scores).rank == 1
    assert figures(traced((2,)), scores).of == 6
    assert figures(traced((2,)), scores).nats < figures(traced((6,)), scores).nats


def test_a_summary_counts_places() -> None:
    scores = {("a.py", line): 1 / line for line in (2, 3, 6, 7)}
    found = summary([figures(traced((line,)), scores) for line in (2, 6)])
    assert (found.top1, found.top3, found.top10) == (1, 2, 2)
    assert found.mrr == pytest.approx((1 + 1 / 3) / 2)
    assert found.exam == pytest.approx((1 + 3) / 2 / 6)


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_agree_on_what_is_plain(name: str) -> None:
    formula = FORMULAS[name]
    assert formula(Counts(2, 0, 2, 5)) == 1
    ordered = [formula(Counts(2, passing, 2, 5)) for passing in (0, 1, 5)]
    assert ordered == sorted(ordered, reverse=True)
    assert len(set(ordered)) == 3
    assert 0 <= formula(Counts(1, 5, 2, 5)) < 1
    assert formula(Counts(1, 0, 1, 0)) == 1
