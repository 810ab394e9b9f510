"""Fits the priors of the edit families to fixes that one edit makes: a conditional logit, drawn to the hand-set ones.

The probability of a candidate among all at the changed lines is taken as proportional to
exp(-(prior of its family + its own cost)); the priors that make the fixes of the corpus likeliest are
sought, and each is drawn towards where it was set by hand as by a normal distribution of width `--width`.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from math import exp, log
from pathlib import Path
from typing import Any

from macrohard_lsp.repair.operators import HAND_SET

STEPS = 300
RATE = 0.5
# A prior that moves by less keeps the one set by hand.
LEAST_MOVE = 0.015
# What contest programs need far more often than others do; these keep the prior set by hand.
OF_CONTESTS = frozenset({"keep-operand", "delete-several"})
FOLDS = 5
Fix = Mapping[str, Any]


def probabilities(fix: Fix, priors: Mapping[str, float]) -> dict[str, float]:
    """How likely it is, by `priors`, that the fix is an edit of each family."""
    weights = {name: exp(-priors[name]) * offered for name, offered in fix["offered"].items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def loss(fixes: Sequence[Fix], priors: Mapping[str, float]) -> float:
    """The mean of minus the logarithm of what `priors` give the edit that was the fix."""
    total = 0.0
    for fix in fixes:
        share = probabilities(fix, priors)[fix["family"]]
        total -= log(share * exp(-fix["cost"]) / fix["offered"][fix["family"]])
    return total / len(fixes)


def fit(fixes: Sequence[Fix], start: Mapping[str, float], width: float) -> dict[str, float]:
    """The priors that suit `fixes`; a family that no fix tells anything about stays where it was."""
    priors = dict(start)
    hits = Counter(fix["family"] for fix in fixes)
    for _ in range(STEPS):
        expected: Counter[str] = Counter()
        for fix in fixes:
            expected.update(probabilities(fix, priors))
        for name, prior in priors.items():
            slope = hits[name] - expected[name] + (prior - start[name]) / width**2
            priors[name] -= RATE * slope / (expected[name] + 1 / width**2 + 1)
    return priors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("explained", type=Path, help="what `python -m bench.priors.explained` wrote")
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    known = {family.name: family.prior for family in HAND_SET}
    rows = [json.loads(line) for line in options.explained.read_text(encoding="utf-8").splitlines()]
    fixes = [row for row in rows if row["family"]]
    print(f"{len(rows)} small fixes, {len(fixes)} made by one edit")
    before = after = 0.0
    for fold in range(FOLDS):
        held = fixes[fold::FOLDS]
        rest = [fix for place, fix in enumerate(fixes) if place % FOLDS != fold]
        before += loss(held, known) / FOLDS
        after += loss(held, fit(rest, known, options.width)) / FOLDS
    print(f"mean -log p of held-out fixes ({FOLDS} folds): by hand {before:.3f}, fitted {after:.3f}")
    fitted = fit(fixes, known, options.width)
    hits = Counter(fix["family"] for fix in fixes)
    for name in sorted(fitted, key=lambda name: fitted[name]):
        print(f"{name:24} {known[name]:5.2f} -> {fitted[name]:5.2f}  explains {hits[name]}")
    moved = {name for name in fitted if abs(fitted[name] - known[name]) > LEAST_MOVE} - OF_CONTESTS
    if options.out is not None:
        options.out.write_text(json.dumps({name: round(fitted[name], 2) for name in sorted(moved)}, indent=1))


if __name__ == "__main__":
    main()
