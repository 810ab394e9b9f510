"""The same edit at several places of a function: which twins come up, in which words, and when."""

import pytest

from macrohard_lsp.repair.operators import candidates_for
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.twins import TWIN_PENALTY, Twins


def twins_of(text):
    """Every twin of a program's candidates with its cost, and the costs of the candidates by their edits."""
    source = SourceContext("code.py", text)
    twins, costs, found = Twins(source), {}, []
    for candidate in candidates_for(source, None):
        costs[candidate.edits] = candidate.prior
        found += twins.meet(candidate, candidate.prior)
    return found, costs


CASES = {
    "swapped results": (
        "def f(a, n):\n    for x in a:\n        if x >= n:\n            return True\n    return False\n",
        "def f(a, n):\n    for x in a:\n        if x >= n:\n            return False\n    return True\n",
        "use `False` instead of `True`, and use `True` instead of `False`",
    ),
    "both results": (
        "def f(a):\n    if not a:\n        return ' '\n    return ' '\n",
        "def f(a):\n    if not a:\n        return ''\n    return ''\n",
        "use `''` instead of `' '` in both places",
    ),
    "both operands": (
        "def f(a, b):\n    return a == b\n",
        "def f(a, b):\n    return set(a) == set(b)\n",
        "wrap `a` in `set()`, and wrap `b` in `set()`",
    ),
    "both ends": (
        "def f(a, b, c):\n    return a < b and c > b\n",
        "def f(a, b, c):\n    return a <= b and c >= b\n",
        "use `<=` instead of `<`, and use `>=` instead of `>`",
    ),
    "all of three": (
        "def f(a, b):\n    g(a * b)\n    h(a * b)\n    return a * b\n",
        "def f(a, b):\n    g(a + b)\n    h(a + b)\n    return a + b\n",
        "use `+` instead of `*` in 3 places",
    ),
    "a name in the whole function": (
        "def f(a):\n    b = []\n    for x in a:\n        if y not in b:\n            b.append(y)\n    return b\n",
        "def f(a):\n    b = []\n    for x in a:\n        if x not in b:\n            b.append(x)\n    return b\n",
        "use `x` instead of `y` everywhere",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_twins(name):
    before, after, words = CASES[name]
    made = [twin for twin, _ in twins_of(before)[0] if twin.apply(before) == after]
    assert words in [twin.summary for twin in made]
    assert all(len(twin.lines) == len({*twin.lines}) and twin.function == "f" for twin in made)
    changed = [
        number
        for number, (old, new) in enumerate(zip(before.split("\n"), after.split("\n"), strict=True), 1)
        if old != new
    ]
    assert set(changed) <= set(made[0].lines)


@pytest.mark.parametrize("name", CASES)
def test_a_twin_costs_more_than_either_half(name):
    found, costs = twins_of(CASES[name][0])
    for twin, cost in found:
        halves = [costs[edit,] for edit in twin.edits if (edit,) in costs]
        assert not halves or cost > min(halves)
        if "+" in twin.family:
            assert cost >= max(halves) + TWIN_PENALTY


def test_other_functions_have_no_part_in_it():
    before = "def f(a):\n    return a < 1\n\n\ndef g(a):\n    return a < 1\n"
    found, _ = twins_of(before)
    assert found
    assert not any(twin.apply(before).count("a <= 1") == 2 for twin, _ in found)
