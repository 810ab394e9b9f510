"""`python -m bench.bugsinpy.run`: repair the development bugs of BugsInPy, and judge what is offered."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.bugsinpy.attempt import VERDICTS, Outcome, as_json, attempt, outcome_of
from bench.bugsinpy.data import Data, load
from bench.bugsinpy.prepare import STORE, Prepared, prepare
from bench.bugsinpy.report import HEAD, line, section, summary
from bench.real.prepare import CannotPrepareError
from bench.real.report import violations
from bench.real.run import known_verdict
from bench.repair.attempt import Settings
from bench.repair.bug import DataMissingError
from bench.results import replace_section
from bench.rows import RowFile, code_version

ONLY_SHOWN = ("bench/bugsinpy/run.py", "bench/bugsinpy/report.py", "bench/real/report.py")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    try:
        data = load(options.data)
        bugs = [bug for bug in data.bugs if bug.one_hunk and (not options.only or bug.name in options.only)]
        prepared: list[Prepared] = []
        for bug in bugs:
            prepared.append(prepare(data, bug))
            print(_settled(prepared[-1]), file=sys.stderr, flush=True)
    except (DataMissingError, CannotPrepareError) as problem:
        print(problem, file=sys.stderr)
        return 2
    if not bugs:
        print("no such bug of one file and one hunk", file=sys.stderr)
        return 2
    if options.prepare:
        return 0
    settings = Settings(options.budget_cpu_seconds)
    outcomes = _run(data, prepared, settings, fresh=options.fresh)
    print(summary(outcomes))
    told = violations([outcome.row for outcome in outcomes])
    print(told)
    if not options.only:
        replace_section("bench-bugsinpy", section(data, prepared, outcomes, settings))
    return 1 if any(outcome.row.violations for outcome in outcomes) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.bugsinpy.run", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="BugsInPy and the clones (README.md)")
    parser.add_argument("--only", action="append", metavar="BUG", help="this bug alone, such as tqdm-4")
    parser.add_argument("--budget-cpu-seconds", type=float, default=10.0)
    parser.add_argument("--fresh", action="store_true", help="forget the rows that there are")
    parser.add_argument("--prepare", action="store_true", help="lay out and settle the tests; no repair")
    return parser.parse_args(arguments)


def _run(data: Data, prepared: Sequence[Prepared], settings: Settings, *, fresh: bool) -> list[Outcome]:
    """The rows, in the order of the bugs: those of an earlier run of the same code are taken as they are."""
    version = code_version(("bench/bugsinpy", "bench/real"), ONLY_SHOWN)
    key = {"version": version, "budget": settings.budget_cpu_seconds, "seed": settings.seed}
    rows = RowFile(STORE / "rows.jsonl", {**key, "data": data.sha256})
    if fresh:
        rows.forget()
    digests = {one.bug.name: _digest(one) for one in prepared}
    known = rows.rows(digests)
    print(HEAD)
    outcomes: list[Outcome] = []
    for one in prepared:
        name = one.bug.name
        if name in known:
            outcome = reviewed(outcome_of(known[name]))
        else:
            outcome = attempt(one, settings)
            rows.keep(name, digests[name], as_json(outcome))
        outcomes.append(outcome)
        print(line(one, outcome), flush=True)
    return outcomes


def reviewed(outcome: Outcome, path: Path = VERDICTS) -> Outcome:
    """With what a person has said of the patch since."""
    verdict = known_verdict(outcome.row.bug, outcome.row.patch_digest, path)
    return replace(outcome, row=replace(outcome.row, verdict=verdict)) if verdict is not None else outcome


def _digest(prepared: Prepared) -> str:
    """What a row depends on beside the code: the bug's text, and which tests are left."""
    return json.dumps([prepared.bug.buggy_digest, prepared.settled.left_out, prepared.settled.failing])


def _settled(prepared: Prepared) -> str:
    settled = prepared.settled
    words = settled.problem or f"{len(settled.failing)} failing tests"
    return f"{prepared.bug.name}: {words}; left out: {', '.join(settled.left_out) or 'none'}"


if __name__ == "__main__":
    sys.exit(main())
