"""The formulas that are compared: each grows with suspicion and is 1 where nothing speaks against a line.

With f and p the failing and passing tests that execute a line, F and P all of them (f may be less than 1 only
together with signs that count a part of a test):

- Tarantula: (f/F) / (f/F + p/P), Jones and Harrold, 2005.
- Ochiai: f / sqrt(F (f + p)); the product's, from where it is taken.
- Jaccard: f / (F + p).
- DStar with exponent 2: d = f² / (p + F - f), Wong et al., 2014. It has no upper bound; d / (1 + d) gives the same
  order.
- Op2: f - p / (P + 1), Naish et al., 2011; divided by F, and 0 where it would be less.
- Barinel: f / (f + p), Abreu et al., 2009, for a single fault.
"""

from collections.abc import Mapping

from macrohard_lsp.testing.localisation import Counts, Formula, ochiai


def tarantula(counts: Counts) -> float:
    failing = counts.failing / counts.all_failing
    passing = counts.passing / counts.all_passing if counts.all_passing else 0.0
    return failing / (failing + passing)


def jaccard(counts: Counts) -> float:
    return counts.failing / (counts.all_failing + counts.passing)


def dstar(counts: Counts) -> float:
    against = counts.passing + counts.all_failing - counts.failing
    return counts.failing**2 / (counts.failing**2 + against)


def op2(counts: Counts) -> float:
    return max(0.0, counts.failing - counts.passing / (counts.all_passing + 1)) / counts.all_failing


def barinel(counts: Counts) -> float:
    return counts.failing / (counts.failing + counts.passing)


FORMULAS: Mapping[str, Formula] = {
    "Ochiai": ochiai,
    "DStar2": dstar,
    "Tarantula": tarantula,
    "Jaccard": jaccard,
    "Op2": op2,
    "Barinel": barinel,
}
