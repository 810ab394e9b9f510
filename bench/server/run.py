"""`make bench-server`: how long an editor waits, how the server starts, and what it holds; into RESULTS.md."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.results import replace_section
from bench.server import peers, report, waiting, weight
from bench.server.client import ServerFailedError


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all was measured. What the figures should be is said in the section, and never asserted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=waiting.REQUESTS, help="of each kind, in each phase")
    parser.add_argument("--starts", type=int, default=weight.START_ROUNDS, help="rounds of starting")
    parser.add_argument("--rounds", type=int, default=weight.MEMORY_ROUNDS, help="rounds of memory")
    parser.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    given = parser.parse_args(argv)
    load = [os.getloadavg()[0]]
    try:
        say("Preparing the other servers")
        peers.prepare()
        with tempfile.TemporaryDirectory(prefix="macrohard-bench-") as scratch:
            folder = Path(scratch)
            variables = {"XDG_STATE_HOME": str(folder / "state")}
            say("Starting each server in turn")
            starts = weight.measure_start(folder, variables, given.starts)
            say("Looking at the memory of each")
            held = weight.measure_memory(folder, variables, given.rounds)
            say("Asking while the server idles, runs a suite, and searches for a repair")
            waits = waiting.measure(folder, variables, given.requests)
    except (peers.CannotPrepareError, ServerFailedError) as problem:
        print(f"bench-server: {problem}", file=sys.stderr)
        return 2
    load.append(os.getloadavg()[0])
    section = report.section(starts, held, waits, load)
    print(section)
    if not given.dry:
        replace_section("bench-server", section)
    return 0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
