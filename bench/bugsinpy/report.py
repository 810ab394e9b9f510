"""The rows as a table for people."""

from collections.abc import Sequence

from bench.bugsinpy.attempt import NOT_REPRODUCED, Outcome
from bench.bugsinpy.data import Data
from bench.bugsinpy.prepare import Prepared
from bench.bugsinpy.settings import ENVIRONMENTS
from bench.real.report import number, violations
from bench.repair.attempt import Settings
from bench.results import measured_on

HEAD = (
    "| bug | buggy, fixed commit | proven | plausible | right | ambiguous | s to the first Fix | proven at | s "
    "| CPU s | candidates | rank of the true place |\n|---|---|---|---|---|---|--:|--:|--:|--:|--:|--:|"
)


def section(data: Data, prepared: Sequence[Prepared], outcomes: Sequence[Outcome], settings: Settings) -> str:
    ran = [(one, outcome) for one, outcome in zip(prepared, outcomes, strict=True) if not outcome.problem]
    rows = [outcome.row for _, outcome in ran]
    parts = [
        "## BugsInPy: PySnooper, tqdm and cookiecutter (`make bench-bugsinpy DATA=…`)",
        f"Measured {measured_on()}; {settings.budget_cpu_seconds:g} CPU s of search a bug, 1 job, seed "
        f"{settings.seed}. [README.md](bugsinpy/README.md) says where the data is from (here SHA-256 "
        f"`{data.sha256}` of the bugs' descriptions), what the tests run with and how *right* is judged.",
        chosen(data, outcomes),
        "\n".join([HEAD, *(line(one, outcome) for one, outcome in ran)]),
        f"**{summary([outcome for _, outcome in ran])}**",
        judged(outcomes),
        violations(rows),
        environments(),
    ]
    return "\n\n".join(part for part in parts if part)


def chosen(data: Data, outcomes: Sequence[Outcome]) -> str:
    """What of the list ran, and why the rest did not."""
    one_hunk = sum(bug.one_hunk for bug in data.bugs)
    lines = [
        f"Of the {len(data.bugs)} bugs {one_hunk} have a fix of one file and one hunk outside of tests; "
        f"{sum(not outcome.problem for outcome in outcomes)} of these can be reproduced here."
    ]
    lines += [
        f"- {outcome.row.bug} is {NOT_REPRODUCED}: {outcome.problem}."
        for outcome in outcomes
        if outcome.problem
    ]
    return "\n".join(lines)


def line(prepared: Prepared, outcome: Outcome) -> str:
    """One bug's cells; seconds of search are those that the program names."""
    row, first = outcome.row, outcome.first_fix or {}
    label = {True: "yes", False: "no", None: "–"}[outcome.ambiguous]
    cells = [
        f"{row.bug}: {prepared.bug.about}",
        f"{prepared.bug.version}, {prepared.bug.commit[:10]}",
        "yes" if row.proven else f"no ({row.status})",
        ("yes" if outcome.plausible else "no") if row.proven else "–",
        "–" if row.verdict is None else row.verdict.judgement.value,
        label,
        number(first.get("seconds")),
        number(first.get("proven_seconds")),
        number(row.seconds),
        number(row.cpu_seconds),
        number(row.candidates),
        number(row.rank),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def summary(outcomes: Sequence[Outcome]) -> str:
    proven = sum(outcome.row.proven for outcome in outcomes)
    plausible = sum(outcome.plausible for outcome in outcomes)
    right = sum(outcome.row.right for outcome in outcomes)
    return f"{len(outcomes)} bugs: {proven} proven, {plausible} plausible, {right} right."


def judged(outcomes: Sequence[Outcome]) -> str:
    """What was offered for each bug, and the reason of the judgement."""
    return "\n".join(
        f"- {outcome.row.bug}: “{outcome.row.title}”. {outcome.row.verdict.judgement.value}: "
        f"{outcome.row.verdict.reason.rstrip('.')} (patch `{outcome.row.patch_digest}`)."
        for outcome in outcomes
        if outcome.row.verdict is not None
    )


def environments() -> str:
    words = [f"{name} with {', '.join(it.requires)}" for name, it in ENVIRONMENTS.items()]
    return f"The tests ran with: {'; '.join(words)}."
