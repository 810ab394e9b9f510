"""`make bench-affected`: the tests chosen for the edits of a library's history; into RESULTS.md."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.affected import peers, report
from bench.affected.faults import with_faults
from bench.affected.history import CannotReadError, Edit, Folder, last_edits
from bench.affected.ours import Ours
from bench.affected.report import Step
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
    parser.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    given = parser.parse_args(argv)
    try:
        edits = last_edits(given.repository, given.edits)
        python = peers.prepare((BENCH / "environment").absolute(), tuple(given.packages))
        with tempfile.TemporaryDirectory(prefix="macrohard-bench-") as scratch:
            steps = walk(given.repository.absolute(), edits, python, Path(scratch).resolve())
    except (CannotReadError, peers.CannotPrepareError, CouldNotRun) as problem:
        print(f"bench-affected: {problem}", file=sys.stderr)
        return 2
    section = report.section(given.repository.absolute().name, given.packages, steps)
    print(section)
    if not given.dry:
        replace_section("bench-affected", section)
    return 0


def walk(repository: Path, edits: Sequence[Edit], python: Path, scratch: Path) -> list[Step]:
    """Go through the edits with three folders: for the engine, for pytest-testmon, and for what is true."""
    mine, theirs, true = (Folder(repository, scratch / name) for name in ("mine", "theirs", "true"))
    ours = Ours(mine.place, python, scratch / "state")
    for folder in (mine, theirs, true):
        folder.show(edits[0].before)
    ours.run()
    peers.run(python, theirs.place, "--testmon")
    before = peers.run_twice(python, true.place)
    steps: list[Step] = []
    for number, edit in enumerate(edits, 1):
        for folder in (mine, theirs, true):
            folder.show(edit.after)
        ran = ours.run()
        other = peers.run(python, theirs.place, "--testmon")
        after = peers.run_twice(python, true.place)
        steps.append(
            Step(
                commit=edit.after[:10],
                total=len(after.steady),
                ours=ran.tests,
                testmon=frozenset(other),
                changed=before.differ(after),
                executing=_executing(edit, true, after, python),
                seconds=ran.seconds,
            )
        )
        before = after
        print(f"{number}/{len(edits)} {steps[-1].line()}", file=sys.stderr, flush=True)
    return steps


def _executing(edit: Edit, true: Folder, after: peers.Outcomes, python: Path) -> frozenset[str]:
    """The tests that fail by faults in what the edit changed."""
    texts = [
        (path, with_faults(path, true.text(edit.before, path), true.text(edit.after, path)))
        for path in edit.python
    ]
    planted = [(path, text) for path, text in texts if text is not None]
    if not planted:
        return frozenset()
    true.write(planted)
    faulty = peers.run_twice(python, true.place)
    true.show(edit.after)
    return frozenset(name for name in faulty.differ(after) if after.steady[name] == "passed")


if __name__ == "__main__":
    sys.exit(main())
