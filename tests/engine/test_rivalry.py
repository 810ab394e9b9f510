"""The first Fix and its rivals: which are proven, which comes first, and what is said of their difference."""

import time

import pytest

from macrohard_lsp.core.changeset import ChangeSet
from macrohard_lsp.core.proof import Proof, Rung, RungProof, RungResult
from macrohard_lsp.core.proposal import Proposal, ProposalKind, Question
from macrohard_lsp.engine.rivalry import (
    ENOUGH_LOOKED,
    LOOKING_SECONDS,
    WEIGHING_CPU_SECONDS,
    Rivalry,
    settle,
)
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.rivals import RIVAL_MARGIN, Difference, Weighed
from macrohard_lsp.repair.task import Survivor

PROOF = Proof(tuple(RungProof(rung, RungResult.PASSED) for rung in Rung))


def survivor(name, *fixes, cost=1.0):
    return Survivor(Candidate("m.py", (), "kind", cost, 1, "f", name), fixes or ("t::a",), cost)


def proposal(title):
    return Proposal(ChangeSet(()), ProposalKind.FIX, title, "repair", "", PROOF, ("t::a",))


FIRST, OTHER, THIRD = survivor("first"), survivor("other"), survivor("third")


def settled(order, refuted=(), ambiguous=None, reached=10.0):
    rivalry = Rivalry(FIRST, proposal("first"), reserve=5.0, rivals=[OTHER, THIRD], reached=reached)
    difference = Difference("f(1)", ((FIRST, "1"), (OTHER, "2")), frozenset({"m.py"})) if ambiguous else None

    def prove(rival):
        return None if rival in refuted else proposal(rival.candidate.summary)

    def ask(difference):
        return Question(difference.call, ())

    found = settle(rivalry, lambda rivals: Weighed(tuple(order), ambiguous, difference), prove, ask)
    return [(one.title, one.ambiguous, one.distinguishing_input) for one in found]


def test_what_comes_after_the_first_fix_is_not_proven():
    assert settled([FIRST, OTHER, THIRD]) == [("first", None, None)]


def test_a_likelier_rival_is_proven_and_comes_first():
    assert settled([OTHER, FIRST, THIRD]) == [("other", None, None), ("first", None, None)]


def test_a_refuted_rival_leaves_the_place_to_the_next():
    found = settled([OTHER, THIRD, FIRST], refuted=[OTHER], ambiguous=True)
    # The one that the others were compared with is gone, so nothing is said of how they differ.
    assert found == [("third", None, None), ("first", None, None)]


def test_the_call_in_question_stands_beside_an_ambiguous_fix():
    assert settled([FIRST, OTHER, THIRD], ambiguous=True)[0] == ("first", True, "f(1)")


@pytest.mark.parametrize(
    ("beyond", "said"), [(ENOUGH_LOOKED, False), (float("inf"), False), (ENOUGH_LOOKED - 0.1, None)]
)
def test_unambiguous_only_when_rivals_were_looked_for_far_enough(beyond, said):
    assert settled([FIRST, OTHER], ambiguous=False, reached=FIRST.cost + beyond)[0] == ("first", said, None)


def test_rivals_repair_what_the_fix_repairs():
    rivalry = Rivalry(survivor("first", "t::a", "t::b"), proposal("first"), reserve=5.0)
    whole = survivor("whole", "t::b", "t::a", "t::c")
    rivalry.admit(survivor("part", "t::a"))
    rivalry.admit(whole)
    assert rivalry.rivals == [whole]
    assert rivalry.limit == 1.0 + RIVAL_MARGIN


@pytest.mark.parametrize(("left", "over"), [(None, False), (20.0, False), (4.0, True)])
@pytest.mark.parametrize("cpu_limited", [True, False])
def test_the_budget_keeps_a_reserve_for_a_proof(left, over, cpu_limited):
    assert Rivalry(FIRST, proposal("first"), reserve=5.0).is_over(left, cpu_limited) is over


@pytest.mark.parametrize("cpu_limited", [True, False])
def test_rivals_are_looked_for_so_long_unless_processor_time_is_limited(cpu_limited):
    begun = time.monotonic() - LOOKING_SECONDS - 1
    rivalry = Rivalry(FIRST, proposal("first"), reserve=5.0, _begun=begun)
    assert rivalry.is_over(None, cpu_limited) is not cpu_limited


def test_processor_time_is_kept_for_weighing_and_a_proof_where_there_is_something_to_weigh():
    rivalry = Rivalry(FIRST, proposal("first"), reserve=5.0, proof_cpu=2.5)
    assert rivalry.cpu_reserve == 0
    rivalry.admit(OTHER)
    assert rivalry.cpu_reserve == WEIGHING_CPU_SECONDS + 2.5
