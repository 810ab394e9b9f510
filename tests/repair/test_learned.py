"""Decisions move the order of edits a little, never far, and nothing else."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.repair.learned import FURTHEST, moved, moves_of
from macrohard_lsp.repair.operators import FAMILIES, candidates_for
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.runs.decisions import MOST_COUNTED, Decided

PRIORS = {family.name: family.prior for family in FAMILIES}
PROGRAM = "def f(a, b):\n    if a < b:\n        return a\n    return max(a + 1, 2)\n"

counts = st.integers(0, MOST_COUNTED)
decisions = st.dictionaries(st.sampled_from(sorted(PRIORS)), st.builds(Decided, counts, counts))


def order(decided):
    families = moved(FAMILIES, moves_of(decided, FAMILIES))
    return [
        (item.family, item.prior, item.edits)
        for item in candidates_for(SourceContext("a.py", PROGRAM), None, families)
    ]


@given(decisions, st.sampled_from(sorted(PRIORS)))
def test_each_decision_moves_its_own_kind_and_no_further_than_is_allowed(decided, name):
    moves = moves_of(decided, FAMILIES)
    assert set(moves) == set(decided)
    assert all(abs(move) <= FURTHEST for move in moves.values())
    before = decided.get(name, Decided())
    liked = moves_of({**decided, name: Decided(before.accepted + 1, before.dismissed)}, FAMILIES)
    disliked = moves_of({**decided, name: Decided(before.accepted, before.dismissed + 1)}, FAMILIES)
    assert liked[name] <= moves.get(name, 0.0) <= disliked[name]
    assert {**liked, name: 0.0} == {**disliked, name: 0.0} == {**moves, name: 0.0}
    for family in moved(FAMILIES, moves):
        assert max(0.0, PRIORS[family.name] - FURTHEST) <= family.prior
        assert family.prior <= PRIORS[family.name] + FURTHEST


def test_what_nothing_is_known_of_changes_nothing():
    assert moved(FAMILIES, {}) == FAMILIES
    assert moved(FAMILIES, moves_of({"gone-since": Decided(9, 0)}, FAMILIES)) == FAMILIES
    assert moves_of({"variable": Decided(3, 3)}, FAMILIES) == {"variable": 0.0}


def test_one_click_moves_little_and_many_as_far_as_is_allowed():
    for name in PRIORS:
        once = moves_of({name: Decided(accepted=1)}, FAMILIES)[name]
        assert -0.25 < once < 0
        assert moves_of({name: Decided(dismissed=MOST_COUNTED)}, FAMILIES)[name] == FURTHEST


def test_edits_of_an_accepted_kind_come_earlier_and_of_a_dismissed_one_later():
    usual = [family for family, _ in groupby(family for family, _, _ in order({}))]
    decided = {"variable": Decided(accepted=20), "integer": Decided(dismissed=20)}
    changed = [family for family, _ in groupby(family for family, _, _ in order(decided))]
    assert usual.index("integer") < usual.index("variable")
    assert changed.index("variable") < changed.index("integer")
    assert order(decided) == order(decided)
    assert {edits for _, _, edits in order(decided)} == {edits for _, _, edits in order({})}
    costs = [prior for _, prior, _ in order(decided)]
    assert costs == sorted(costs)
