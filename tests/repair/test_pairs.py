"""A second edit after a first: on which programs, with which tests, and in which order."""

from dataclasses import dataclass, field, replace

import pytest

from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.frontier import Frontier
from macrohard_lsp.repair.pairs import MOST_SEEDS, Pairs
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.task import Survivor

MOST_TAKEN = 6000


@dataclass(frozen=True)
class Case:
    """A program, a first edit as the text it leaves, what the tests say of it, and the program that is meant."""

    before: str
    first: str
    after: str
    failing: dict[str, set[int]]
    fixes: tuple[str, ...]
    summary: str
    passing: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    broken: str | None = None


POSITION = """def f(x, row):
    for i in range(len(row)):
        if x < row[i]:
            continue
        return i
"""

CASES = {
    "a part is repaired": Case(
        before=POSITION,
        first=POSITION.replace("<", ">"),
        after=POSITION.replace("<", ">") + "    return len(row)\n",
        failing={"t::inside": {2, 3, 5}, "t::behind": {2, 3, 4}, "t::none": {2}},
        fixes=("t::inside",),
        summary="say so, and return `len(row)` at the end",
    ),
    "all is repaired and something broken": Case(
        before="def f(n):\n    if n >= 2:\n        return False\n    return True\n",
        first="def f(n):\n    if n != 2:\n        return False\n    return True\n",
        after="def f(n):\n    if n != 1:\n        return False\n    return True\n",
        failing={"t::none": {2, 4}},
        fixes=("t::none",),
        summary="say so, and use `1` instead of `2`",
        passing={"t::one": {2, 4}, "t::two": {2, 3}},
        broken="t::one",
    ),
    "the first edit writes lines": Case(
        before="def f(a):\n    for x in a:\n        if x > 1:\n            return x\n",
        first="def f(a):\n    a = list(a)\n    for x in a:\n        if x > 1:\n            return x\n",
        after="def f(a):\n    a = list(a)\n    for x in a:\n        if x >= 1:\n            return x\n",
        failing={"t::one": {2, 3}, "t::two": {2, 3, 4}},
        fixes=("t::two",),
        summary="say so, and use `>=` instead of `>`",
    ),
    "the second edit is a twin": Case(
        before="def f(a):\n    b = a[0]\n    for x in a:\n        if x < b:\n            b = x\n    return b\n",
        first="def f(a):\n    b = a[0]\n    for x in a:\n        if x > b:\n            b = x\n    return b\n",
        after="def f(a):\n    b = a[0]\n    for x in a:\n        if x[1] > b[1]:\n            b = x\n    return b\n",
        failing={"t::one": {2, 3, 4, 5, 6}, "t::two": {2, 3, 4, 6}},
        fixes=("t::two",),
        summary="say so, and take `[1]` of `x`, and take `[1]` of `b`",
    ),
}


def first_edit(case, line):
    """The edit from the one text to the other, as short as can be."""
    old, new = case.before, case.first
    start = next(place for place in range(len(old)) if old[place] != new[place])
    end = 0
    while old[len(old) - 1 - end] == new[len(new) - 1 - end] and end < min(len(old), len(new)) - start:
        end += 1
    edit = TextEdit(start, len(old) - end, new[start : len(new) - end])
    return Candidate("m.py", (edit,), "kind", 2.0, line, "f", "say so")


def gone_on(case, task, **changes):
    """The Frontier of a search in which nothing is suspicious but what goes on from the first edit."""
    frontier = Frontier((), lambda path, line: iter(()), {}, 0)
    pairs = Pairs(
        task("m.py", case.failing, case.passing), {"m.py": SourceContext("m.py", case.before)}, frontier
    )
    candidate = replace(first_edit(case, line=2), **changes)
    pairs.admit(Survivor(candidate, case.fixes, 2.0), case.broken)
    return pairs, frontier


def taken(frontier):
    attempts = []
    while len(attempts) < MOST_TAKEN and (attempt := frontier.pop()) is not None:
        attempts.append(attempt)
    return attempts


@pytest.mark.parametrize("name", CASES)
def test_the_second_edit_is_found(name, task):
    case = CASES[name]
    attempts = taken(gone_on(case, task)[1])
    right = [attempt for attempt in attempts if attempt.candidate.apply(case.before) == case.after]
    assert [attempt.candidate.summary for attempt in right] == [case.summary]
    costs = [attempt.cost for attempt in attempts]
    assert costs == sorted(costs)


@pytest.mark.parametrize("name", CASES)
def test_it_has_to_keep_what_the_first_repairs_and_to_do_more(name, task):
    case = CASES[name]
    following = taken(gone_on(case, task)[1])[0].following
    assert following.kept == frozenset(case.fixes)
    assert set(following.then) <= set(case.fixes)
    left = {case.broken} if case.broken else set(case.failing) - set(case.fixes)
    assert set(following.first) == left
    assert following.is_met(frozenset({*following.first, *following.then}))
    assert not following.is_met(frozenset(following.then))
    assert not following.is_met(frozenset(following.first))
    assert following.is_reached(case.fixes) == (case.broken is not None)
    assert following.is_reached(case.failing)


def test_what_is_whole_is_not_gone_on_from(task):
    case = replace(CASES["a part is repaired"], fixes=("t::inside", "t::behind", "t::none"))
    assert taken(gone_on(case, task)[1]) == []


def test_three_edits_are_the_most(task):
    case = CASES["a part is repaired"]
    assert taken(gone_on(case, task, family="kind+kind")[1])
    assert taken(gone_on(case, task, family="kind+kind+kind")[1]) == []


def test_first_edits_have_a_bound_and_cost_more_and_more(task):
    case = CASES["a part is repaired"]
    pairs, frontier = gone_on(case, task)
    for number in range(2 * MOST_SEEDS):
        other = replace(first_edit(case, line=2), edits=(TextEdit(0, 0, f"# {number}\n"),))
        pairs.admit(Survivor(other, case.fixes, 2.0))
    attempts = taken(frontier)
    texts = [attempt.candidate.apply(case.before) for attempt in attempts]
    behind = [
        next(
            cost
            for cost, text in zip([attempt.cost for attempt in attempts], texts, strict=True)
            if f"# {number}\n" in text
        )
        for number in (0, 5)
    ]
    assert behind[0] < behind[1]
    assert not any(f"# {MOST_SEEDS}\n" in text for text in texts)
