"""`make bench-affected`: the tests chosen for the edits of a library's history; into RESULTS.md."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.affected import peers, report
from bench.affected.history import CannotReadError, Edit, Folder, last_edits
from bench.affected.ours import Ours
from bench.affected.report import Step
from bench.affected.truth import KnownTruth, Truth
from bench.results import replace_section
from macrohard_lsp.engine.requests import CouldNotRun

EDITS = 50
BENCH = Path(".bench") / "affected"


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all edits were gone through. What the figures should be is said in the section, never asserted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, required=True, help="a git clone; it is only read")
    parser.add_argument("--edits", type=int, default=EDITS)
    parser.add_argument(
        "--with", dest="packages", action="append", default=[], help="a package its tests need"
    )
    parser.add_argument(
        "--only",
        type=lambda text: frozenset(map(int, text.split(","))),
        default=frozenset[int](),
        help="places of edits in the row, such as 10,24: each of them alone; prints only",
    )
    parser.add_argument(
        "--known", action="store_true", help="what earlier runs found to be true isn't found out again"
    )
    parser.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    given = parser.parse_args(argv)
    try:
        edits = last_edits(given.repository, given.edits)
        python = peers.prepare((BENCH / "environment").absolute(), tuple(given.packages))
        with tempfile.TemporaryDirectory(prefix="macrohard-bench-") as scratch:
            known = KnownTruth(BENCH / "truth", given.packages, use=given.known)
            place = Path(scratch).resolve()
            steps = walk(given.repository.absolute(), edits, python, place, given.only, known)
    except (CannotReadError, peers.CannotPrepareError, CouldNotRun) as problem:
        print(f"bench-affected: {problem}", file=sys.stderr)
        return 2
    section = report.section(given.repository.absolute().name, given.packages, steps, known=given.known)
    print(section)
    if not (given.dry or given.only):
        replace_section("bench-affected", section)
    return 0


def walk(
    repository: Path,
    edits: Sequence[Edit],
    python: Path,
    scratch: Path,
    only: frozenset[int],
    known: KnownTruth,
) -> list[Step]:
    """Go through the edits with three folders: for the engine, for pytest-testmon, and for what is true.

    Where `only` names some, by their places in the row, each is begun with a whole run of the state before.
    """
    mine, theirs, true = (Folder(repository, scratch / name) for name in ("mine", "theirs", "true"))
    truth = Truth(true, python, known)
    ours: Ours | None = None
    steps: list[Step] = []
    # Between two edits of Python files there may be steps that change others.
    states = [edits[0].before, *(edit.after for edit in edits)]
    for number, (since, edit) in enumerate(zip(states, edits, strict=False), 1):
        if only and number not in only:
            continue
        if ours is None or only:
            mine.show(since)
            theirs.start_at(since)
            ours = Ours(mine.place, python, scratch / f"state{number}")
            ours.run()
            peers.run(python, theirs.place, "--testmon")
        mine.show(edit.after)
        theirs.show(edit.after)
        ran = ours.run()
        other = peers.run(python, theirs.place, "--testmon")
        told = truth.of(since, edit)
        steps.append(
            Step(
                commit=edit.after[:10],
                total=told.total,
                ours=ran.tests,
                testmon=frozenset(other),
                changed=told.changed,
                executing=told.executing,
                seconds=ran.seconds,
            )
        )
        print(f"{number}/{len(edits)} {steps[-1].line()}", file=sys.stderr, flush=True)
    return steps


if __name__ == "__main__":
    sys.exit(main())
