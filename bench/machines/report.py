"""The section of RESULTS.md."""

from collections.abc import Sequence

from bench.machines.creation import FILES_EACH, FOLDERS, Series
from bench.machines.suites import library
from bench.results import measured_on
from bench.server.figures import percentile, ratio


def section(
    creation: tuple[Series, Series],
    suite: tuple[Series, Series] | None,
    protections: Sequence[str],
    load: Sequence[float],
) -> str:
    """`load`: the machine's load averages before and after, the measured work included in the latter."""
    loads = ", ".join(f"{value:.1f}" for value in load)
    bug = library()
    bare, ours = creation
    parts = [
        "## Machines beside bare namespaces (`make bench-machines`)",
        f"Measured {measured_on()}; load average before and after {loads}; what it is before comes from other "
        "work on the same machine. [README.md](machines/README.md) says how.",
        f"### Open, run `true`, close, on {FOLDERS * FILES_EACH} files\n\n"
        "Beside a bare overlay and bwrap with the same options. Aim: at most 1.5×.",
        _table(creation, 1000, "ms"),
        f"Processor time: {bare.median_processor * 1000:.1f} ms bare, "
        f"{ours.median_processor * 1000:.1f} ms for a Machine (our own part, its launcher and the forking of one "
        f"included), {ratio(ours.median_processor, bare.median_processor)}.",
    ]
    if suite is not None:
        parts += [
            f"### The whole suite of {bug.name} {bug.version}, `python -m pytest -q`\n\n"
            "Beside the same command without a Machine. Opening and closing included. Aim: at most 1.1×.",
            _table(suite, 1, "s"),
        ]
    return "\n\n".join([*parts, f"What was in force: {'; '.join(protections)}."])


def _table(pair: tuple[Series, Series], factor: float, unit: str) -> str:
    base = pair[0]
    rows = [
        f"| | n | median {unit} | 10 % took at most | 90 % took at most | median |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for each in pair:
        figures = [f"{percentile(each.seconds, share) * factor:.1f}" for share in (0.5, 0.1, 0.9)]
        words = [each.name, str(len(each.seconds)), *figures, ratio(each.median, base.median)]
        rows.append(f"| {' | '.join(words)} |")
    return "\n".join(rows)
