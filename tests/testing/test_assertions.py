"""Which of a failing test's assertions held before it failed, and what they executed."""

import textwrap

import pytest

from macrohard_lsp.core.testrun import Frame, Outcome, TestResult
from macrohard_lsp.testing.assertions import asserting_statements, held_assertions
from macrohard_lsp.testing.coverage import Coverage, Part

TEST, CODE = "test_a.py", "a.py"
NAME = f"{TEST}::test_it"


def marks(text: str) -> tuple[str, dict[str, int]]:
    text = textwrap.dedent(text)
    lines = text.splitlines()
    return text, {line.partition("# ")[2]: number for number, line in enumerate(lines, 1) if "# " in line}


def held(text: str, parts: list[tuple[str, int]], failed: list[str]) -> tuple[list[set[int]], set[int]]:
    """What each assertion that held executed, and all the rest.

    `parts` are marked lines of the test with the line of the program that each executes; the last is where it
    ended. `failed` are the lines of the stack.
    """
    text, line_of = marks(text)
    found = tuple(Part(line_of[name], {CODE: frozenset({line})}) for name, line in parts)
    frames = tuple(Frame(TEST, line_of[name], "f", True) for name in failed)
    result = TestResult(NAME, Outcome.FAILED, frames=(*frames, Frame(CODE, 1, "g", True)))
    coverage = Coverage({}, {}, frozenset(), {NAME: found})
    known = held_assertions({NAME: result}, coverage, {TEST: text})
    if NAME not in known:
        return [], set()
    return [set(lines[CODE]) for lines in known[NAME].assertions], set(known[NAME].rest[CODE])


SUITE = """
    def test_it():
        box = make()  # make
        box.fill()  # call
        assert box.first == 1  # first
        self.assertEqual(box.second, 2)  # second
        with pytest.raises(KeyError):  # raises
            box.missing()  # inside
        with open(box.path) as file:  # open
            file.read()  # read
        assert (
            box.third  # third
            == 3  # number
        )
        for each in box:  # loop
            assert each.works()  # each
        with self.assertRaises(ValueError) as caught:  # caught
            box.fourth()  # fourth
        await helper.assert_later(box)  # later
    """
EARLY = [("make", 1), ("call", 2), ("first", 3), ("second", 4), ("raises", 5), ("inside", 6)]


@pytest.mark.parametrize(
    ("parts", "failed", "expected", "rest"),
    [
        pytest.param([("make", 1)], ["make"], [], set(), id="one part is no more than the whole"),
        pytest.param([("make", 1), ("call", 2)], ["call"], [], set(), id="what asserts nothing can't hold"),
        pytest.param([*EARLY[:3], ("second", 4)], ["second"], [{3}], {1, 2, 4}, id="an assertion held"),
        pytest.param(
            [*EARLY, ("number", 7)], ["third"], [], set(), id="nothing is known of the line that failed"
        ),
        pytest.param(
            [*EARLY, ("open", 8), ("read", 8), ("third", 9), ("number", 9)],
            ["number"],
            [{3}, {4}, {5, 6}],
            {1, 2, 8, 9},
            id="contexts hold with what they hold, the lines of the one that failed do not",
        ),
        pytest.param(
            [("each", 1), ("loop", 2), ("each", 9)], ["each"], [{1}], {2, 9}, id="it held in a loop before"
        ),
        pytest.param(
            [("each", 1), ("loop", 2)], ["each"], [], set(), id="not where it may be the one that failed"
        ),
        pytest.param(
            [("first", 1), ("caught", 2), ("fourth", 3), ("later", 4)],
            ["later", "first"],
            [{1}, {2, 3}],
            {4},
            id="the outermost line of the stack that the test has is the one that failed",
        ),
    ],
)
def test_what_held(parts, failed, expected, rest):
    assert held(SUITE, parts, failed) == (expected, rest)


def test_statements_that_assert():
    text, line_of = marks(SUITE)
    found = asserting_statements(text)
    assert {name for name, line in line_of.items() if line in found} == (
        {"first", "second", "raises", "inside", "third", "number", "each", "caught", "fourth", "later"}
    )
    assert found[line_of["number"]] == (line_of["third"] - 1, line_of["number"] + 1)
