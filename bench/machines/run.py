"""`make bench-machines`: what a Machine costs beside bare namespaces, and a suite in one beside a plain run."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.machines import creation, report, suites
from bench.real.prepare import CannotPrepareError
from bench.results import replace_section
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.probe import probe_tier
from macrohard_lsp.sandbox.spec import MachineUnavailable


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all was measured. What the figures should be is said in the section, and never asserted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=creation.ROUNDS, help="of opening and closing")
    parser.add_argument(
        "--suites",
        type=int,
        default=suites.ROUNDS,
        help="runs of the suite, of each kind; 0: none, and nothing is written",
    )
    parser.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    given = parser.parse_args(argv)
    load = [os.getloadavg()[0]]
    tier = probe_tier(Tier.NAMESPACE)
    if tier is None or not tier.available:
        print(f"bench-machines: {tier.reason if tier else 'no such tier'}", file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="macrohard-bench-") as scratch:
            opened = creation.measure(Path(scratch).resolve() / "repository", given.rounds)
        run = suites.measure(given.suites) if given.suites else None
    except (creation.CreationFailedError, CannotPrepareError, MachineUnavailable) as problem:
        print(f"bench-machines: {problem}", file=sys.stderr)
        return 2
    load.append(os.getloadavg()[0])
    section = report.section(opened, run, tier.protections, load)
    print(section)
    if run is not None and not given.dry:
        replace_section("bench-machines", section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
