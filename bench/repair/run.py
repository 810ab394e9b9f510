"""`python -m bench.repair.run`: repair the bugs of a published benchmark, and judge what is offered."""

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.real.prepare import CannotPrepareError
from bench.repair.attempt import Row, Settings, attempt, environment
from bench.repair.bug import Bug, DataMissingError, DataSet
from bench.repair.journal import Journal
from bench.repair.renaming import renamed
from bench.repair.report import differences, line, write_section
from bench.repair.sets import SETS, load

SAMPLE_SEED = 0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    try:
        data = load(options.set, options.data)
        venv = environment()
    except (DataMissingError, CannotPrepareError) as problem:
        print(problem, file=sys.stderr)
        return 2
    bugs = _chosen(data, options)
    if not bugs:
        print(f"no such bug in {data.name}", file=sys.stderr)
        return 2
    print(f"{data.name}: {len(bugs)} bugs, data {data.sha256}", file=sys.stderr)
    settings = Settings(options.budget_cpu_seconds)
    rows = _run(bugs, settings, venv, options, is_renamed=False)
    differing: list[str] = []
    if options.renamed:
        others = _run(bugs, settings, venv, options, is_renamed=True)
        differing = differences(bugs, rows, others)
        print("\n".join(differing) or f"renamed: the same outcome for all {len(bugs)} bugs")
    if len(bugs) == len(data.bugs):
        write_section(data, rows, settings, differing if options.renamed else None)
    broken = [f"{row.bug}: {violation}" for row in rows for violation in row.violations]
    print(f"{len(broken)} violations" + "".join(f"\n{each}" for each in broken))
    return 1 if broken or differing else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.repair.run", description=__doc__)
    parser.add_argument("--set", choices=sorted(SETS), required=True)
    parser.add_argument("--data", type=Path, required=True, help="the data set as published (README.md)")
    parser.add_argument("--only", action="append", metavar="NAME", help="this bug alone (may be repeated)")
    parser.add_argument("--sample", type=int, metavar="N", help="a seeded choice of so many")
    parser.add_argument("--workers", type=int, default=1, help="bugs side by side (default: 1)")
    parser.add_argument("--budget-cpu-seconds", type=float, default=10.0)
    parser.add_argument(
        "--renamed", action="store_true", help="also with every function, class and file renamed"
    )
    parser.add_argument("--fresh", action="store_true", help="forget the rows that there are")
    return parser.parse_args(arguments)


def _chosen(data: DataSet, options: argparse.Namespace) -> tuple[Bug, ...]:
    bugs = [bug for bug in data.bugs if not options.only or bug.name in options.only]
    if options.sample and options.sample < len(bugs):
        taken = random.Random(SAMPLE_SEED).sample(bugs, options.sample)
        bugs = [bug for bug in bugs if bug in taken]
    return tuple(bugs)


def _run(
    bugs: tuple[Bug, ...], settings: Settings, venv: Path, options: argparse.Namespace, *, is_renamed: bool
) -> list[Row]:
    """The rows, in the order of the bugs: those of an earlier run of the same code are taken as they are."""
    journal = Journal(options.set, settings, renamed=is_renamed)
    if options.fresh:
        journal.forget()
    known = journal.rows(bugs)

    def one(bug: Bug) -> Row:
        if bug.name in known:
            return known[bug.name]
        row = attempt(renamed(bug) if is_renamed else bug, settings, venv)
        journal.keep(bug, row)
        print(line(row), flush=True)
        return row

    return _side_by_side(one, bugs, options.workers)


def _side_by_side(work: Callable[[Bug], Row], bugs: Sequence[Bug], workers: int) -> list[Row]:
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, bugs))


if __name__ == "__main__":
    sys.exit(main())
