"""`make bench-warm`: what trying a candidate costs, warm against cold; into RESULTS.md."""

import argparse
import os
import sys
from collections.abc import Sequence

from bench.real.prepare import CannotPrepareError
from bench.results import replace_section
from bench.warm import report
from bench.warm.measure import ROUNDS, CannotMeasureError, measure
from macrohard_lsp.sandbox.spec import MachineUnavailable
from macrohard_lsp.testing.warm import WarmUnavailable


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all was measured and every warm verdict was the cold one, 1 when one wasn't, 2 when it could not run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of 16 candidates each, for each library")
    parser.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    given = parser.parse_args(argv)
    load = [os.getloadavg()[0]]
    try:
        found = measure(given.rounds, lambda text: print(text, file=sys.stderr, flush=True))
    except (CannotPrepareError, CannotMeasureError, MachineUnavailable, WarmUnavailable) as problem:
        print(f"bench-warm: {problem}", file=sys.stderr)
        return 2
    load.append(os.getloadavg()[0])
    section = report.section(found, load)
    print(section)
    if not given.dry:
        replace_section("bench-warm", section)
    return 1 if any(measured.disagreements for measured in found) else 0


if __name__ == "__main__":
    sys.exit(main())
