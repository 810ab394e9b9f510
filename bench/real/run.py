"""`make bench-real`: put each historical bug back, let the program repair it, and judge what it offers."""

import argparse
import dataclasses
import hashlib
import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from bench.real.bugs import ONE_EXPRESSION, ONE_HUNK, Bug, load_bugs, with_statements
from bench.real.oracle import Judgement, Verdict, judge
from bench.real.prepare import ROOT, STORE, CannotPrepareError, Place, fresh_copy, prepare
from bench.real.report import NOT_PREPARED, Row, summary, table, violations
from bench.real.suite import clean_environment, run_plainly, run_suite
from bench.results import measured_on, replace_section

VERDICTS = Path(__file__).with_name("verdicts.toml")
# The wall clock must not decide, since other work may share the processors.
GRACE_SECONDS = 900
LISTS = (ONE_EXPRESSION, ONE_HUNK)
TITLES = {
    ONE_EXPRESSION: "Historical fixes of one expression",
    ONE_HUNK: "Historical fixes of one hunk",
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    everything = load_bugs()
    bugs = [
        bug
        for bug in everything
        if bug.list in (options.list or LISTS) and (not options.only or bug.name in options.only)
    ]
    if not bugs:
        there = ", ".join(sorted({bug.name for bug in everything}))
        print(f"no such bug in that list; there are: {there}", file=sys.stderr)
        return 2
    rows = library_by_library(lambda bug: _run_one(bug, options), bugs, options.workers)
    print(violations(rows))
    if not options.only:
        for name in options.list or LISTS:
            _write_section(name, rows, bugs, options)
        # A run of one list must not pass for the joint word on both.
        if not options.list:
            replace_section("bench-real", _joint(rows))
    if any(row.violations for row in rows):
        return 1
    return 2 if any(row.status == NOT_PREPARED for row in rows) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-real", description=__doc__)
    parser.add_argument("--list", action="append", choices=LISTS, help="the bugs of this list (default: all)")
    parser.add_argument("--only", action="append", metavar="NAME", help="this bug alone (may be repeated)")
    add_effort(parser)
    return parser.parse_args(arguments)


def add_effort(parser: argparse.ArgumentParser) -> None:
    """How much a bug gets, and how many go side by side."""
    parser.add_argument("--budget-cpu-seconds", type=float, default=10.0, help="handed on to `fix`")
    parser.add_argument("--jobs", type=int, default=1, help="handed on to `fix` (default: 1)")
    parser.add_argument("--workers", type=int, default=1, help="libraries side by side (default: 1)")


def effort(options: argparse.Namespace) -> str:
    """The same in words."""
    workers = f"; {options.workers} libraries side by side" if options.workers > 1 else ""
    return f"search budget {options.budget_cpu_seconds:g} s of processor time a bug, {options.jobs} job(s){workers}"


def library_by_library(one: Callable[[Bug], Row], bugs: Sequence[Bug], workers: int) -> list[Row]:
    """The rows in the order of `bugs`, those of one library, which share its folder, after one another."""
    order = {bug: place for place, bug in enumerate(bugs)}
    libraries = [list(group) for _, group in groupby(sorted(bugs, key=_library), _library)]
    with ThreadPoolExecutor(workers) as pool:
        done = pool.map(lambda group: [(order[bug], one(bug)) for bug in group], libraries)
        return [row for _, row in sorted((each for group in done for each in group), key=itemgetter(0))]


def _library(bug: Bug) -> tuple[str, str]:
    return bug.name, bug.version


def _run_one(bug: Bug, options: argparse.Namespace) -> Row:
    print(f"{bug.name} {bug.version} ({bug.list}) …", file=sys.stderr, flush=True)
    try:
        row = attempt(bug, prepare(bug), options)
    except CannotPrepareError as problem:
        print(f"{bug.name}: {problem}", file=sys.stderr)
        row = Row(bug.list, bug.name, bug.version, NOT_PREPARED, proven=False, verdict=None, seconds=0.0)
    keep(row)
    print(table([row], [bug]).splitlines()[-1], flush=True)
    return row


def _write_section(name: str, rows: Sequence[Row], bugs: Sequence[Bug], options: argparse.Namespace) -> None:
    """The table of one list, with what a reader needs to weigh it."""
    mine = [row for row in rows if row.list == name]
    parts = (
        f"## {TITLES[name]} (`python -m bench.real.run --list {name}`)",
        f"Measured {measured_on()}; {effort(options)}. "
        "[RULE.md](real/RULE.md) says how the bugs were chosen, [README.md](real/README.md) how *right*, "
        "equal in behaviour to upstream's fix, is judged.",
        table(mine, bugs),
        f"**{summary(mine)}**",
        violations(mine),
    )
    print(f"{name}: {summary(mine)}")
    replace_section(f"bench-real-{name}", "\n\n".join(parts))


def _joint(rows: Sequence[Row]) -> str:
    return f"## Historical bugs, both lists (`make bench-real`)\n\nMeasured {measured_on()}.\n\n{violations(rows)}"


def attempt(bug: Bug, place: Place, options: argparse.Namespace) -> Row:
    """Run `fix` on the library with the bug in it and judge the first Fix it offers."""
    fresh_copy(bug, place, buggy=True)
    text = (place.work / bug.file).read_bytes().decode("utf-8")
    bug = dataclasses.replace(bug, true_lines=with_statements(text, bug.true_lines))
    before = digests(place.work)
    command = [sys.executable, "-m", "macrohard_lsp", "fix", str(place.work), "--json"]
    command += ["--budget-cpu-seconds", f"{options.budget_cpu_seconds:g}", "--jobs", str(options.jobs)]
    command += ["--budget-seconds", str(GRACE_SECONDS)]
    started = time.monotonic()
    answer, problem = ask(command, place, 2 * GRACE_SECONDS)
    seconds = time.monotonic() - started
    broken: list[str] = []
    if changed := sorted(path for path, _ in set(digests(place.work).items()) ^ set(before.items())):
        broken.append(
            f"`fix` without --apply changed the library's folder: {', '.join(dict.fromkeys(changed))}"
        )
    fixes = [proposal for proposal in answer.get("proposals", []) if proposal.get("kind") == "fix"]
    row = Row(
        list=bug.list,
        bug=bug.name,
        version=bug.version,
        status=problem or str(answer.get("status", "error")),
        proven=bool(fixes),
        verdict=None,
        seconds=seconds,
        cpu_seconds=answer.get("cpu_seconds"),
        candidates=answer.get("candidates"),
        rank=rank_of(bug, answer.get("findings", [])),
        tier=str(answer.get("tier", "")),
    )
    for number, fix in enumerate(fixes):
        patched, wrong = verify(bug, place, fix["patch"], fix["fixes"])
        broken += wrong
        if number == 0:
            digest = digest_of(patched)
            verdict = known_verdict(bug.name, digest) or judge(bug, place, patched)
            row = dataclasses.replace(
                row, verdict=verdict, title=fix.get("title", ""), patch=fix["patch"], patch_digest=digest
            )
    return dataclasses.replace(row, violations=tuple(broken))


def ask(command: list[str], place: Place, seconds: float, **more: str) -> tuple[dict[str, Any], str]:
    """The program's JSON answer, or an empty one and a word for what went wrong. `more` joins the environment."""
    environment = clean_environment(VIRTUAL_ENV=str(place.venv), PYTHONPATH=str(ROOT), **more)
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return {}, "over the time limit"
    (place.fixed.parent / "fix.stderr").write_text(done.stderr, "utf-8")
    (place.fixed.parent / "fix.json").write_text(done.stdout, "utf-8")
    try:
        return json.loads(done.stdout), ""
    except json.JSONDecodeError:
        return {}, f"no JSON, exit {done.returncode}"


def rank_of(bug: Bug, findings: Sequence[dict[str, Any]]) -> int | None:
    """Where the first suspect on one of the lines the fix touches stands among the suspects, from 1."""
    suspects = [finding for finding in findings if finding.get("kind") == "suspect"]
    for rank, finding in enumerate(suspects, 1):
        where = finding.get("location") or {}
        if where.get("path") == bug.file and bug.true_lines[0] <= where.get("line", 0) <= bug.true_lines[1]:
            return rank
    return None


def verify(bug: Bug, place: Place, patch: str, fixes: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Apply a Fix to a fresh copy and run the library's own tests: the changed files, and what is wrong.

    A Fix that claims only some of the bug's tests leaves the others failing; anything else that fails is wrong.
    """
    fresh_copy(bug, place, buggy=True)
    before = digests(place.work)
    applied = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=place.work,
        input=patch.encode("utf-8"),
        capture_output=True,
        check=False,
    )
    if applied.returncode != 0:
        return {}, [f"a Fix does not apply: {applied.stderr.decode('utf-8', 'replace').strip()}"]
    after = digests(place.work)
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    left = set(bug.tests) - set(fixes)
    if left:
        failing = set(run_suite(place.python, place.work).failing) - left
        wrong = [f"a Fix fails the library's own suite: {min(failing)}"] if failing else []
    else:
        run = run_plainly(place.python, place.work)
        wrong = [] if run.exit_code == 0 else [f"a Fix fails the library's own suite (exit {run.exit_code})"]
    if any(not path.endswith(".py") or path not in before for path in changed):
        wrong.append(f"a Fix touches what is no source file of the library: {', '.join(changed)}")
    return {path: (place.work / path).read_bytes().decode("utf-8") for path in changed}, wrong


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def digest_of(patched: dict[str, str]) -> str:
    """Identifies a patch by what the files become, however the diff is written."""
    text = json.dumps(sorted(patched.items()))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def known_verdict(bug: str, digest: str, path: Path = VERDICTS) -> Verdict | None:
    """A person's judgement of exactly this patch, where one is on file."""
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8")).get("verdict", [])
    for entry in entries:
        if entry["bug"] == bug and entry["digest"] == digest:
            return Verdict(Judgement.RIGHT if entry["right"] else Judgement.NOT_RIGHT, entry["reason"])
    return None


def keep(row: Row) -> None:
    """One line a bug in the journal of all runs, and the patch beside it for whoever has to look."""
    STORE.mkdir(parents=True, exist_ok=True)
    with (STORE / "results.jsonl").open("a", encoding="utf-8") as journal:
        journal.write(json.dumps({"measured": measured_on(), **dataclasses.asdict(row)}) + "\n")
    if row.patch:
        (STORE / f"{row.bug}-{row.patch_digest}.diff").write_text(row.patch, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
