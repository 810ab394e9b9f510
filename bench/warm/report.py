"""The section of RESULTS.md."""

from collections.abc import Sequence
from statistics import median

from bench.results import measured_on
from bench.warm.measure import BARE, COLD, FAST, FORK, PLAIN, RELOAD, WAYS, Measured

AIMS = {FAST: "≥ 30×", FORK: "≥ 20×", RELOAD: "≥ 6×, aim 10×"}
BARE_AIM = "≥ 50 %"
MOST_SHOWN = 10


def section(found: Sequence[Measured], load: Sequence[float]) -> str:
    """`load`: the machine's load averages before and after, the measured work included in the latter."""
    loads = ", ".join(f"{value:.1f}" for value in load)
    parts = [
        "## Trying candidates (`make bench-warm`)",
        f"Measured {measured_on()}; load average before and after {loads}. [README.md](warm/README.md) says how. "
        "Ratios are medians of those of each round, with the smallest and the largest.",
        "\n".join(
            [
                "| library, tests | way | candidates | ms CPU, median | candidates per CPU second | to cold "
                "| should be | of the bare limit | should be |",
                "|---|---|--:|--:|--:|--:|--:|--:|--:|",
                *(row for measured in found for row in _rows(measured)),
            ]
        ),
        *(_verdicts(measured) for measured in found),
    ]
    return "\n\n".join(parts)


def _rows(measured: Measured) -> list[str]:
    subject = measured.subject
    rows: list[str] = []
    for way in WAYS:
        seconds = measured.seconds[way]
        if not seconds:
            continue
        middle = median(seconds)
        to_cold = "" if way in (PLAIN, COLD) else _spread(measured, COLD, way, "×")
        to_bare = _spread(measured, BARE, way, " %", 100) if way == FORK else ""
        first = f"{subject.name} {subject.version}, {len(subject.tests)} of `{subject.function}`"
        rows.append(
            f"| {first} | {way} | {measured.verdicts} | {middle * 1000:.1f} | {1 / middle:.1f} | {to_cold} | "
            f"{AIMS.get(way, '')} | {to_bare} | {BARE_AIM if way == FORK else ''} |"
        )
    return rows


def _spread(measured: Measured, base: str, way: str, unit: str, scale: int = 1) -> str:
    ratios = [
        scale * above / below
        for above, below in zip(measured.seconds[base], measured.seconds[way], strict=True)
    ]
    return f"{median(ratios):.1f}{unit} ({min(ratios):.1f}–{max(ratios):.1f})" if ratios else ""


def _verdicts(measured: Measured) -> str:
    ways = (FAST, FORK, RELOAD)
    head = (
        f"{measured.subject.name}: {measured.verdicts} candidates, {measured.passing} of which pass all tests, judged "
        f"cold and in {len(ways)} warm ways; {len(measured.disagreements)} disagreements."
    )
    if measured.endless:
        head += f" {measured.endless} more came to no end cold, or not twice to the same, and were left out."
    shown = measured.disagreements[:MOST_SHOWN]
    return "\n".join([head, *(f"- {each}" for each in shown)])
