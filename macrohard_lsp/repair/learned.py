"""How a person's decisions on earlier Fixes move the priors of edit families: a little, and never far.

The fitted prior of a family stands for earlier cases, as many accepted as not: `CASES` in all families together,
shared out as the fitted priors say how often each is the fix, and at least `FEWEST` for each. A person's accepted and
dismissed Fixes are added to either side, and what is added to the cost is minus the logarithm of the odds that come of
it:

    move = ln((pseudo + dismissed) / (pseudo + accepted)),  pseudo = max(FEWEST, CASES x share of the family)

These are the posterior odds of a Beta distribution with the fitted prior as pseudo-counts, or, said of all families at
once, the log-odds with an informative Dirichlet prior of Monroe, Colaresi and Quinn ("Fightin' Words", Political
Analysis 16, 2008), without the totals of either group: a family that nobody decided on stays where it
is, whatever was decided on others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import exp, log

from macrohard_lsp.repair.operators.family import Family
from macrohard_lsp.runs.decisions import Decided

# The cases that the fitted priors of all families together stand for, and the fewest for one of them.
CASES = 40.0
FEWEST = 4.0
# No decisions move a prior further, in the unit of costs: an edit becomes at most e times as likely, or as unlikely.
FURTHEST = 1.0


def moves_of(decisions: Mapping[str, Decided], families: Iterable[Family]) -> dict[str, float]:
    """What is added to the prior of each family that was decided on; negative where its Fixes were accepted."""
    weights = {family.name: exp(-family.prior) for family in families}
    total = sum(weights.values())
    moves: dict[str, float] = {}
    for name, decided in decisions.items():
        if name in weights:
            pseudo = max(FEWEST, CASES * weights[name] / total)
            move = log((pseudo + decided.dismissed) / (pseudo + decided.accepted))
            moves[name] = max(-FURTHEST, min(FURTHEST, move))
    return moves


def moved(families: Sequence[Family], moves: Mapping[str, float]) -> tuple[Family, ...]:
    """The families with their priors moved, sorted by them as before. No prior becomes negative: a line's candidates
    are only asked for once its suspicion alone has its turn.
    """
    priced = (
        replace(family, prior=max(0.0, family.prior + moves.get(family.name, 0.0))) for family in families
    )
    return tuple(sorted(priced, key=lambda family: family.prior))
