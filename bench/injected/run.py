"""`python -m bench.injected.run`: put each bug of the list into its library, repair it, and judge what is offered."""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence

from bench.injected.choose import LIST
from bench.injected.mutator import LARGE
from bench.real.bugs import Bug, load_bugs
from bench.real.prepare import CannotPrepareError, prepare
from bench.real.report import NOT_PREPARED, Row, summary, table, violations
from bench.real.run import add_effort, attempt, effort, keep, library_by_library
from bench.results import measured_on, replace_section

SAMPLE_SEED = 0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    everything = load_bugs(LIST)
    bugs = [
        bug
        for number, bug in enumerate(everything)
        if (not options.only or bug.name in options.only) and (not options.number or number in options.number)
    ]
    if options.sample and options.sample < len(bugs):
        taken = random.Random(SAMPLE_SEED).sample(range(len(bugs)), options.sample)
        bugs = [bugs[number] for number in sorted(taken)]
    if not bugs:
        print("no such bug in bench/injected/bugs.toml", file=sys.stderr)
        return 2
    rows = library_by_library(lambda bug: _run_one(bug, options), bugs, options.workers)
    print(violations(rows))
    if not options.only and not options.number:
        replace_section("bench-injected", section(rows, bugs, everything, options))
    if any(row.violations for row in rows):
        return 1
    return 2 if any(row.status == NOT_PREPARED for row in rows) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.injected.run", description=__doc__)
    parser.add_argument("--only", action="append", metavar="LIBRARY", help="its bugs alone (may be repeated)")
    parser.add_argument(
        "--number", action="append", type=int, metavar="N", help="the bug of this place, from 0"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="a seeded choice of so many")
    add_effort(parser)
    return parser.parse_args(arguments)


def _run_one(bug: Bug, options: argparse.Namespace) -> Row:
    print(f"{bug.name} {bug.version}: {bug.about} …", file=sys.stderr, flush=True)
    try:
        row = attempt(bug, prepare(bug), options)
    except CannotPrepareError as problem:
        print(f"{bug.name}: {problem}", file=sys.stderr)
        row = Row(bug.list, bug.name, bug.version, NOT_PREPARED, proven=False, verdict=None, seconds=0.0)
    keep(row)
    print(one_table([row], [bug]).splitlines()[-1], flush=True)
    return row


def one_table(rows: Sequence[Row], bugs: Sequence[Bug]) -> str:
    """bench.real's table, made row by row: here a library has several bugs."""
    lines = [table([row], [bug]).splitlines() for row, bug in zip(rows, bugs, strict=True)]
    return "\n".join([*lines[0][:2], *(each[-1] for each in lines)])


def kind_of(bug: Bug) -> str:
    return bug.about.partition(":")[0]


def section(
    rows: Sequence[Row], bugs: Sequence[Bug], everything: Sequence[Bug], options: argparse.Namespace
) -> str:
    kinds = Counter(kind_of(bug) for bug in everything)
    large = sum(kinds[kind] for kind in LARGE)
    ran = (
        f"all {len(bugs)}"
        if len(bugs) == len(everything)
        else f"a seeded {len(bugs)} of the {len(everything)}"
    )
    return "\n\n".join(
        (
            "## Bugs injected into libraries (`python -m bench.injected.run`)",
            f"Measured {measured_on()}; {effort(options)}; "
            f"{ran} bugs of the list ran, in {len({bug.name for bug in bugs})} libraries. Of the list's bugs "
            f"{large} are of the kinds that take two tokens or more. "
            "[README.md](injected/README.md) says how they were chosen.",
            one_table(rows, bugs),
            _by_kind(rows, bugs),
            f"**{summary(rows)}**",
            violations(rows),
        )
    )


def _by_kind(rows: Sequence[Row], bugs: Sequence[Bug]) -> str:
    lines = ["| kind | bugs | proven | right |", "|---|--:|--:|--:|"]
    for kind in sorted({kind_of(bug) for bug in bugs}):
        own = [row for row, bug in zip(rows, bugs, strict=True) if kind_of(bug) == kind]
        lines.append(
            f"| {kind} | {len(own)} | {sum(row.proven for row in own)} | {sum(row.right for row in own)} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
