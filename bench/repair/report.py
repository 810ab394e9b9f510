"""The rows as tables for people, with what others have published beside them."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from bench.repair.attempt import Row, Settings
from bench.repair.bug import Bug, DataSet
from bench.repair.chart import svg
from bench.repair.peers import peers_table
from bench.repair.renaming import restored
from bench.results import measured_on, replace_section

TITLES = {
    "quixbugs": "QuixBugs, Python",
    "humanevalfix": "HumanEvalFix, Python, the even half",
    "refactory": "Students' programs (Refactory)",
}
CHARTS = Path(__file__).parent
NAME = "macrohard-lsp fix"


def line(row: Row) -> str:
    """One row while it runs."""
    words = [
        f"{row.set} {row.bug}: {row.status}",
        "plausible" if row.plausible else "not plausible",
        ("right" if row.right else f"{row.verdict} {row.example[:80]}") if row.plausible else "",
        f"ambiguous={row.ambiguous}" if row.plausible else "",
        f"{row.candidates} candidates, {row.cpu_seconds} CPU s",
        row.title[:90],
    ]
    return "; ".join(word for word in [*words, *row.violations] if word)


def write_section(
    data: DataSet, rows: Sequence[Row], settings: Settings, differing: Sequence[str] | None
) -> None:
    """The section of one set in RESULTS.md, and its chart. `differing` is None where nothing was renamed."""
    chart = CHARTS / f"solved-{data.name}.svg"
    axis = "processor seconds of search until the first proven Fix was found"
    solved = {
        "plausible": [row for row in rows if row.plausible],
        "right": [row for row in rows if row.right],
    }
    chart.write_text(svg({name: _times(some) for name, some in solved.items()}, len(rows), axis), "utf-8")
    body = section(data, rows, settings, differing)
    replace_section(
        f"bench-repair-{data.name}", f"{body}\n\n![Solved bugs over seconds](repair/{chart.name})"
    )


def section(data: DataSet, rows: Sequence[Row], settings: Settings, differing: Sequence[str] | None) -> str:
    parts = [
        f"## {TITLES[data.name]} (`python -m bench.repair.run --set {data.name} --data DIR`)",
        f"Measured {measured_on()}; {settings.budget_cpu_seconds:g} CPU s of search a bug, 1 job, "
        f"seed {settings.seed}. [README.md](repair/README.md) says where the data is from "
        f"(here SHA-256 `{data.sha256}`), "
        "how a bug is laid out and how *right* is judged.",
        _summary(rows),
        peers_table(data.name),
        times(rows),
        labels(rows),
        _renamed(differing, len(rows)),
        violations(rows),
        _by_kind(rows),
        _table(rows) if len(rows) <= 100 else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _summary(rows: Sequence[Row]) -> str:
    def share(count: int) -> str:
        return f"{count}/{len(rows)} ({100 * count / max(len(rows), 1):.0f} %)"

    plausible = sum(row.plausible for row in rows)
    top, anywhere = sum(row.right for row in rows), sum(row.rank is not None for row in rows)
    left_out = [row for row in rows if row.status.startswith("not runnable")]
    lines = [
        "| | plausible | right at the top | right anywhere |",
        "|---|---|---|---|",
        f"| `{NAME}` | {share(plausible)} | {share(top)} | {share(anywhere)} |",
    ]
    lines += [f"\n{row.bug} is {row.status}." for row in left_out]
    return "\n".join(lines)


def _times(rows: Sequence[Row]) -> list[float]:
    return [row.first_fix["cpu_seconds"] for row in rows if row.first_fix]


def times(rows: Sequence[Row]) -> str:
    """How long the first proven Fix took to find, of the solved bugs."""
    solved = [row.first_fix for row in rows if row.plausible and row.first_fix]
    if not solved:
        return ""
    lines = ["| to the first proven Fix | median | p90 |", "|---|--:|--:|"]
    for name, key in (
        ("CPU s of search until it was found", "cpu_seconds"),
        ("seconds of search until it was found", "seconds"),
        ("seconds until it was proven", "proven_seconds"),
        ("candidates", "candidates"),
    ):
        values = [first[key] for first in solved]
        lines.append(f"| {name} | {statistics.median(values):.4g} | {ninetieth(values):.4g} |")
    rates = [row.candidates / row.cpu_seconds for row in rows if row.candidates and row.cpu_seconds]
    if rates:
        rate = f"median {statistics.median(rates):.0f}"
        lines.append(f"\nCandidates a CPU second over a whole repair, proofs included: {rate}.")
    return "\n".join(lines)


def ninetieth(values: Sequence[float]) -> float:
    """The smallest value that nine tenths of them don't exceed."""
    return sorted(values)[max(0, -(-9 * len(values) // 10) - 1)]


def labels(rows: Sequence[Row]) -> str:
    """What the label says, against the second opinion and both."""
    solved = [row for row in rows if row.plausible]
    sure = [row for row in solved if row.ambiguous is False]
    if not sure:
        return "No fix was labelled unambiguous."
    second = sum(row.second == "right" for row in sure)
    both = sum(row.second == "right" and row.right for row in sure)
    words = [
        f"`ambiguous: false` is carried by {len(sure)} of {len(solved)} solved bugs "
        f"({100 * len(sure) / len(solved):.0f} %); "
        f"right by the independent inputs: {second} ({100 * second / len(sure):.1f} %), by both oracles: {both}."
    ]
    words += [
        f"- {row.bug}: labelled unambiguous, {row.second} by the independent inputs"
        for row in sure
        if row.second != "right"
    ]
    count = sum(row.ambiguous is True for row in solved)
    right = sum(row.second == "right" for row in solved if row.ambiguous is True)
    words.append(
        f"\n`ambiguous: true`: {count}, of them right {right}; not determined: {len(solved) - len(sure) - count}."
    )
    return "\n".join(words)


def _renamed(differing: Sequence[str] | None, count: int) -> str:
    if differing is None:
        return ""
    if not differing:
        return f"Every function, class and file renamed: the same outcome for all {count} bugs."
    return "\n".join(
        [
            f"Every function, class and file renamed: another outcome for {len(differing)} of {count} bugs.",
            *differing,
        ]
    )


def violations(rows: Sequence[Row]) -> str:
    """How many promises were broken, and which."""
    broken = [f"- {row.bug}: {violation}" for row in rows for violation in row.violations]
    return "\n".join(
        [f"**{len(broken)} violation{'' if len(broken) == 1 else 's'} over all the bugs run.**", *broken]
    )


def _by_kind(rows: Sequence[Row]) -> str:
    kinds = sorted({row.kind for row in rows})
    lines = ["| kind | bugs | plausible | right at the top |", "|---|--:|--:|--:|"]
    for kind in kinds:
        own = [row for row in rows if row.kind == kind]
        lines.append(
            f"| {kind} | {len(own)} | {sum(row.plausible for row in own)} | {sum(row.right for row in own)} |"
        )
    return "\n".join(lines)


def _table(rows: Sequence[Row]) -> str:
    lines = [
        "| bug | result | ambiguous | rank | candidates | CPU s to it | CPU s |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for row in rows:
        result = row.verdict if row.plausible else f"no ({row.status})"
        first = f"{row.first_fix['cpu_seconds']:.2f}" if row.first_fix else "–"
        label = {True: "yes", False: "no", None: "–"}[row.ambiguous]
        cells = [
            row.bug,
            result,
            label,
            _or_dash(row.rank),
            _or_dash(row.candidates),
            first,
            _or_dash(row.cpu_seconds),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _or_dash(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def differences(bugs: Sequence[Bug], rows: Sequence[Row], others: Sequence[Row]) -> list[str]:
    """What came out differently with the other names, a line each."""
    differing: list[str] = []
    for bug, row, other in zip(bugs, rows, others, strict=True):
        told = [
            f"{name} {getattr(row, name)} became {getattr(other, name)}"
            for name in ("status", "plausible", "right", "ambiguous")
            if getattr(row, name) != getattr(other, name)
        ]
        if row.after and other.after and restored(other.after, bug) != row.after:
            told.append("another patch")
        if told:
            differing.append(f"- {bug.name}: {', '.join(told)}")
    return differing
