"""The rows as tables for people, with what others have published beside them."""

from bench.repair.attempt import Row


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


def write_sections(data, rows, settings, differing) -> None:
    pass
