"""The order in which candidates are tried: cheapest first over all lines, generated lazily, each once."""

from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.frontier import RELOAD_PENALTY, SUSPICION_WEIGHT, Attempt, Frontier
from macrohard_lsp.testing.localisation import Suspect
from macrohard_lsp.testing.warm import WarmMode


def candidate(line, prior, text="x"):
    return Candidate("a.py", (TextEdit(line, line, f"{text}{prior}"),), "kind", prior, line, "f", "say so")


def frontier(priors_by_line, scores, modes=None, seed=0, opened=None):
    suspects = tuple(Suspect("a.py", line, score) for line, score in scores.items())

    def generate(path, line):
        if opened is not None:
            opened.append(line)
        return iter([candidate(line, prior) for prior in sorted(priors_by_line[line])])

    return Frontier(suspects, generate, modes or {}, seed)


def drain(made):
    attempts = []
    while (attempt := made.pop()) is not None:
        attempts.append(attempt)
    return attempts


lines = st.dictionaries(
    st.integers(1, 8),
    st.tuples(st.floats(0.01, 1.3), st.lists(st.floats(0, 9), max_size=6, unique=True)),
    min_size=1,
)


@given(lines, st.integers(0, 3))
def test_all_come_once_and_in_order_of_cost(space, seed):
    made = frontier(
        {line: priors for line, (_, priors) in space.items()},
        {line: score for line, (score, _) in space.items()},
        seed=seed,
    )
    attempts = drain(made)
    costs = [attempt.cost for attempt in attempts]
    assert costs == sorted(costs)
    found = sorted((attempt.candidate.line, attempt.candidate.prior) for attempt in attempts)
    assert found == sorted((line, prior) for line, (_, priors) in space.items() for prior in priors)


def test_cost_is_the_prior_and_the_missing_suspicion():
    first, second = drain(frontier({1: [1.0], 2: [1.0]}, {1: 0.5, 2: 1.0}))
    assert (first.candidate.line, first.cost) == (2, 1.0)
    assert second.cost == 1.0 + SUSPICION_WEIGHT * 0.5


def test_equal_lines_keep_their_order():
    first, second = drain(frontier({1: [1.0], 2: [1.0]}, {2: 1.0, 1: 1.0}))
    assert (first.candidate.line, second.candidate.line) == (2, 1)


def test_a_line_is_opened_only_when_its_turn_may_have_come():
    opened = []
    made = frontier({1: [0.5, 1.0], 2: [0.0]}, {1: 1.0, 2: 0.1}, opened=opened)
    made.pop()
    assert opened == [1]
    drain(made)
    assert opened == [1, 2]


def test_the_same_edit_from_two_lines_comes_once():
    suspects = (Suspect("a.py", 1, 1.0), Suspect("a.py", 2, 0.9))
    made = Frontier(suspects, lambda path, line: iter([candidate(7, 1.0)]), {}, 0)
    assert len(drain(made)) == 1


def test_lines_that_ran_at_import_time_start_with_a_new_import_and_pay_for_it():
    made = frontier({1: [1.0]}, {1: 1.0}, {("a.py", 1): WarmMode.RELOAD})
    attempt = made.pop()
    assert (attempt.mode, attempt.cost) == (WarmMode.RELOAD, 1.0 + RELOAD_PENALTY)


def test_what_is_put_back_comes_later():
    made = frontier({1: [1.0, 1.5, 9.0]}, {1: 1.0})
    first = made.pop()
    made.push(first.reloaded())
    assert [attempt.candidate.prior for attempt in drain(made)] == [1.5, 1.0, 9.0]


def test_quick_swaps_are_taken_together_and_everything_else_alone():
    made = frontier({1: [1.0, 1.1, 1.2, 1.3], 2: [0.05]}, {1: 1.0, 2: 1.0}, {("a.py", 2): WarmMode.RELOAD})
    taken = []
    while attempts := made.pop_together(3):
        taken.append([attempt.candidate.prior for attempt in attempts])
    # What has to be alone costs 1.05, and keeps its place while others are taken around it.
    assert taken == [[1.0, 1.1], [0.05], [1.2, 1.3]]
    made.push(Attempt(1.0, 0.0, candidate(1, 1.0), tier=1))
    made.push(Attempt(1.1, 0.0, candidate(1, 1.1)))
    assert [len(made.pop_together(3)), len(made.pop_together(3))] == [1, 1]


def test_nothing_beyond_the_limit_is_taken_with_others():
    made = frontier({1: [1.0, 1.1, 5.0]}, {1: 1.0})
    assert [attempt.cost for attempt in made.pop_together(9, 2.0)] == [1.0, 1.1]
    assert made.cheapest == 5.0
    assert [attempt.cost for attempt in made.pop_together(9, 2.0)] == [5.0]
    assert (made.pop_together(9, 2.0), made.cheapest) == ([], float("inf"))


def test_the_same_seed_gives_the_same_order():
    space, scores = {1: [1.0, 2.0], 2: [1.0, 2.0], 3: [1.0, 2.0]}, {1: 1.0, 2: 1.0, 3: 1.0}

    def order(seed):
        return [
            (attempt.candidate.line, attempt.cost) for attempt in drain(frontier(space, scores, seed=seed))
        ]

    assert order(0) == order(0)
    assert order(5) == order(5)
    assert len({tuple(order(seed)) for seed in range(6)}) > 1
