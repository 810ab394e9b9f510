"""The figures as tables for people."""

from collections.abc import Mapping, Sequence

from bench.localisation.formulas import FORMULAS
from bench.localisation.ranking import Figures, summary
from bench.localisation.ways import COLUMNS, ROWS
from bench.results import measured_on

TITLES = {
    "quixbugs": "QuixBugs",
    "humanevalfix": "HumanEvalFix, the even half, a test for each assertion",
    "two": "The same, two bugs at once",
    "humanevalfix-joined": "HumanEvalFix, the even half, one test with all assertions",
    "injected": "Bugs injected into libraries",
}

Found = Mapping[str, Sequence[Figures]]


def tables(name: str, found: Found) -> str:
    bugs = len(next(iter(found.values())))
    return "\n\n".join([f"### {TITLES[name]} ({bugs} bugs)", _in_full(found), _of_formulas(found)])


def _in_full(found: Found) -> str:
    lines = ["| | MRR | top 1 | top 3 | top 10 | EXAM | nats |", "|---|--:|--:|--:|--:|--:|--:|"]
    for way in ROWS:
        s = summary(found[way])
        lines.append(
            f"| {way} | {s.mrr:.3f} | {s.top1} | {s.top3} | {s.top10} | {s.exam:.3f} | {s.nats:.2f} |"
        )
    return "\n".join(lines)


def _of_formulas(found: Found) -> str:
    """MRR and nats of each formula, with each sign."""
    lines = [f"| MRR, nats | {' | '.join(COLUMNS)} |", "|---" + "|--:" * len(COLUMNS) + "|"]
    for formula in FORMULAS:
        cells = [summary(found[f"{formula} / {column}"]) for column in COLUMNS]
        lines.append(f"| {formula} | {' | '.join(f'{s.mrr:.3f}, {s.nats:.2f}' for s in cells)} |")
    return "\n".join(lines)


def section(found: Mapping[str, Found], chosen: Mapping[str, str]) -> str:
    """`chosen` are, by set, words for which of its bugs were looked at."""
    words = [f"{TITLES[name]}: {chosen[name]}." for name in found if chosen.get(name)]
    head = [
        "## Where the fault is (`python -m bench.localisation.run --data DIR`)",
        f"Measured {measured_on()}. [README.md](localisation/README.md) says what the columns and the ways are. "
        + " ".join(words),
    ]
    return "\n\n".join([*head, *(tables(name, ways) for name, ways in found.items())])
