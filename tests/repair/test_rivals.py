"""Survivors in order: by cost, by what they change where they disagree, and what is said of the difference."""

import pytest

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.rivals import rank
from macrohard_lsp.repair.task import Survivor
from macrohard_lsp.testing.warm import WarmBehaviours

INPUTS = tuple(f"f({number})" for number in range(60))
SAME = ("returned same",) * 60


def survivor(name, cost):
    return Survivor(Candidate("m.py", (), "kind", cost, 1, "f", name), ("t::a",), cost)


def changed(*numbers, to="returned other"):
    return tuple(to if place in numbers else word for place, word in enumerate(SAME))


def ordered(behaviours, trust=1.0):
    return rank([CHEAP, DEAR], behaviours, trust, [True, True])


def seen(*behaviours, own=SAME, again=None, results=None):
    return WarmBehaviours(inputs=INPUTS, behaviours=(own, again or own, *behaviours), results=results or {})


CHEAP, DEAR = survivor("cheap", 2.0), survivor("dear", 2.3)
MANY = tuple(range(20, 50))


@pytest.mark.parametrize(
    ("trust", "first"),
    [pytest.param(1.0, DEAR, id="nearly all tests pass"), pytest.param(0.5, CHEAP, id="half of them fail")],
)
def test_what_keeps_more_goes_first_where_the_program_is_mostly_right(trust, first):
    weighed = ordered(seen(changed(*MANY), changed(1)), trust)
    assert weighed.order[0] is first


def test_what_both_change_alike_says_nothing():
    both = changed(*MANY)
    assert ordered(seen(both, both)).order == (CHEAP, DEAR)


def test_results_in_place_of_a_crash_are_no_change():
    own = tuple("raised KeyError" if place in MANY else word for place, word in enumerate(SAME))
    weighed = ordered(seen(SAME, own, own=own))
    assert weighed.order == (CHEAP, DEAR)


def test_the_shortest_input_that_tells_them_apart_is_shown():
    weighed = ordered(seen(SAME, changed(30, 5)))
    assert weighed.ambiguous is True
    assert weighed.difference.call == "f(5)"
    assert weighed.difference.answers == ()
    assert weighed.difference.paths == {"m.py"}


def test_an_input_that_only_the_arguments_show_comes_last():
    alike = {5: ("None", "None", "None", "None")}
    assert ordered(seen(SAME, changed(5), results=alike)).difference.answers == (
        (CHEAP, "None"),
        (DEAR, "something else"),
    )
    both = ordered(seen(SAME, changed(30, 5), results={**alike, 30: ("4", "4", "4", "5")}))
    assert both.difference.call == "f(30)"


def test_an_input_whose_results_can_be_written_down_comes_before_a_shorter_one():
    results = {30: ("0", "0", "4", "5"), 5: ("", "", "", "5")}
    weighed = ordered(seen(SAME, changed(30, 5), results=results))
    assert weighed.difference.call == "f(30)"
    assert weighed.difference.answers == ((CHEAP, "4"), (DEAR, "5"))


def test_what_is_raised_is_an_answer():
    weighed = ordered(seen(SAME, changed(3, to="raised KeyError"), results={3: ("4", "4", "4", "")}))
    assert weighed.difference.answers == ((CHEAP, "4"), (DEAR, "raises KeyError"))


ALIKE, FAR, FARTHER = survivor("alike", 2.5), survivor("far", 4.0), survivor("farther", 4.1)
OTHERWISE = changed(1, 2)
HANGS = changed(*range(10, 60), to="long")


@pytest.mark.parametrize(
    ("rivals", "behaviours", "ambiguous"),
    [
        pytest.param([CHEAP, DEAR], [SAME, HANGS], None, id="one that hangs on most of them"),
        pytest.param([CHEAP, DEAR], [SAME, ("returned other", *HANGS[1:])], True, id="hangs and differs"),
        pytest.param([CHEAP, DEAR], [SAME, OTHERWISE], True, id="as likely"),
        pytest.param([CHEAP, FAR], [SAME, OTHERWISE], False, id="far-fetched"),
        pytest.param([CHEAP, DEAR, ALIKE], [SAME, OTHERWISE, SAME], True, id="one of three"),
        pytest.param([CHEAP, ALIKE, FAR, FARTHER], [SAME, SAME, OTHERWISE, OTHERWISE], False, id="two far"),
        pytest.param([CHEAP, FAR], [SAME, ()], False, id="a far-fetched one that can't be observed"),
        pytest.param([CHEAP, DEAR, ALIKE], [SAME, OTHERWISE, ()], True, id="decided without the unobserved"),
        pytest.param([CHEAP, FAR, DEAR], [SAME, OTHERWISE, ()], None, id="depends on the unobserved"),
    ],
)
def test_rivals_vote_by_how_likely_they_are(rivals, behaviours, ambiguous):
    assert rank(rivals, seen(*behaviours), 0.0, [True] * len(rivals)).ambiguous is ambiguous


@pytest.mark.parametrize("word", ["raised TypeError", "long"])
def test_arguments_of_the_wrong_kind_tell_nothing_apart(word):
    assert ordered(seen(SAME, changed(3, to=word))).ambiguous is False


def test_what_is_not_the_same_twice_tells_nothing_apart():
    behaviours = seen(SAME, changed(3), again=changed(3, to="returned at another time"))
    assert ordered(behaviours).ambiguous is False


def test_what_the_program_hangs_on_tells_rivals_apart():
    assert ordered(seen(SAME, changed(59), own=HANGS)).difference.call == "f(59)"


@pytest.mark.parametrize(
    "behaviours",
    [
        pytest.param(seen(SAME, ()), id="a rival that can't be observed"),
        pytest.param(WarmBehaviours(inputs=("f(1)",), behaviours=((SAME[0],),) * 4), id="few inputs"),
        pytest.param(seen((), SAME), id="the first can't be observed"),
    ],
)
def test_not_determined(behaviours):
    weighed = ordered(behaviours)
    assert (weighed.order, weighed.ambiguous) == ((CHEAP, DEAR), None)


@pytest.mark.parametrize(
    ("kept", "first"),
    [
        pytest.param(True, DEAR, id="the cheap one leaves lines unreached"),
        pytest.param(False, CHEAP, id="lines that move can't be told from such"),
    ],
)
def test_what_switches_code_off_goes_back(kept, first):
    behaviours = WarmBehaviours(inputs=INPUTS, behaviours=(SAME,) * 4, unreached=(0, 0, 2, 0))
    assert rank([CHEAP, DEAR], behaviours, 1.0, [kept, True]).order[0] is first
