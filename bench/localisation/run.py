"""`python -m bench.localisation.run`: where the true statement stands among the suspects, by formula and sign."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.localisation.bugs import INJECTED, SETS, subjects
from bench.localisation.ranking import Figures, Traced, figures
from bench.localisation.recording import Recording, recording_of
from bench.localisation.report import section, tables
from bench.localisation.two import in_twos
from bench.localisation.ways import all_ways
from bench.repair.bug import DataMissingError
from bench.results import replace_section

# Bugs of libraries take the longest by far.
EVERY_INJECTED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    found: dict[str, dict[str, list[Figures]]] = {}
    for name in options.set or SETS:
        try:
            recordings = _recordings(name, options)
        except DataMissingError as problem:
            print(problem, file=sys.stderr)
            return 2
        sets = {name: recordings}
        if name == "humanevalfix":
            sets["two"] = in_twos(recordings)
        for each, some in sets.items():
            if some:
                found[each] = compare(some)
                print(tables(each, found[each]), flush=True)
    if not options.only and not options.set:
        chosen = {INJECTED: f"every {EVERY_INJECTED}rd of the list, of those that may be edited"}
        replace_section("bench-localisation", section(found, {} if options.all else chosen))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.localisation.run", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data sets (bench/repair/README.md)")
    parser.add_argument("--set", action="append", choices=SETS, help="these alone; RESULTS.md stays")
    parser.add_argument("--only", action="append", metavar="NAME", help="this bug alone (may be repeated)")
    parser.add_argument("--all", action="store_true", help="all bugs of libraries, not some")
    return parser.parse_args(arguments)


def _recordings(name: str, options: argparse.Namespace) -> list[Recording]:
    every = EVERY_INJECTED if name == INJECTED and not options.all else 1
    found: list[Recording] = []
    for number, subject in enumerate(subjects(name, options.data)):
        if number % every or (options.only and subject.name not in options.only):
            continue
        recording = recording_of(subject)
        if recording is None or not recording.true:
            print(
                f"{name} {subject.name}: left out, no test fails or the fix changes no line", file=sys.stderr
            )
        elif not Traced(recording).true:
            print(f"{name} {subject.name}: left out, its file is none that may be edited", file=sys.stderr)
        else:
            found.append(recording)
    return found


def compare(recordings: Sequence[Recording]) -> dict[str, list[Figures]]:
    """Figures of each bug by the name of the way."""
    found: dict[str, list[Figures]] = {}
    ways = all_ways()
    for recording in recordings:
        traced = Traced(recording)
        for name, scores in ways.items():
            found.setdefault(name, []).append(figures(traced, scores(traced)))
    return found


if __name__ == "__main__":
    sys.exit(main())
