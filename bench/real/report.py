"""The rows of bench-real as a table for people."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.real.bugs import Bug
from bench.real.oracle import Judgement, Verdict

NOT_PREPARED = "not prepared"


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one bug.

    `status` is NOT_PREPARED where the bug could not be run at all; it then counts for nothing but itself.
    `proven` says that a Fix was offered. `rank` is where the first suspect on a line of the
    true change stood, from 1; None when there was none. `violations` are broken promises.
    """

    list: str
    bug: str
    version: str
    status: str
    proven: bool
    verdict: Verdict | None
    seconds: float
    cpu_seconds: float | None = None
    candidates: int | None = None
    rank: int | None = None
    tier: str = ""
    title: str = ""
    patch_digest: str = ""
    patch: str = ""
    violations: tuple[str, ...] = field(default=())

    @property
    def right(self) -> bool:
        return self.proven and self.verdict is not None and self.verdict.judgement is Judgement.RIGHT


def summary(rows: Sequence[Row]) -> str:
    proven = sum(row.proven for row in rows)
    right = sum(row.right for row in rows)
    open_ = sum(row.verdict is not None and row.verdict.judgement is Judgement.LOOK for row in rows)
    missing = sum(row.status == NOT_PREPARED for row in rows)
    text = f"{len(rows)} bugs: {proven} proven, {right} of them right"
    if open_:
        text += f", {open_} not judged yet"
    if missing:
        text += f", {missing} not prepared"
    return f"{text}."


def table(rows: Sequence[Row], bugs: Sequence[Bug]) -> str:
    about = {(bug.list, bug.name): bug.about for bug in bugs}
    lines = [
        "| library | bug | proven | right | s | CPU s | candidates | rank of the true place |",
        "|---|---|---|---|--:|--:|--:|--:|",
    ]
    for row in rows:
        verdict = "–" if row.verdict is None else row.verdict.judgement.value
        cells = [
            f"{row.bug} {row.version}",
            about.get((row.list, row.bug), ""),
            _proven(row),
            verdict,
            "–" if row.status == NOT_PREPARED else f"{row.seconds:.1f}",
            number(row.cpu_seconds),
            number(row.candidates),
            number(row.rank),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def violations(rows: Sequence[Row]) -> str:
    """How many promises were broken in all, and which."""
    broken = [f"- {row.bug} {row.version}: {violation}" for row in rows for violation in row.violations]
    count = "1 violation" if len(broken) == 1 else f"{len(broken)} violations"
    return "\n".join([f"**{count} over all the bugs run.**", *broken])


def _proven(row: Row) -> str:
    if row.status == NOT_PREPARED:
        return NOT_PREPARED
    return "yes" if row.proven else f"no ({row.status})"


def number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
