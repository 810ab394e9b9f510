"""One bug from its folder to a row: repaired by the program's own command line, applied, run again, judged."""

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench.bugsinpy.data import LIST, files_of, is_test
from bench.bugsinpy.prepare import Prepared
from bench.real.bugs import Bug
from bench.real.oracle import Judgement, Verdict, judge
from bench.real.prepare import Place, fresh_copy
from bench.real.report import Row
from bench.real.run import ask, digest_of, digests, known_verdict, rank_of, verify
from bench.real.suite import run_plainly
from bench.repair.attempt import GRACE_SECONDS, Settings, git_apply
from bench.repair.patches import applied

VERDICTS = Path(__file__).with_name("verdicts.toml")
NOT_REPRODUCED = "not reproducible"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one bug: bench-real's row, and beside it what was asked for here.

    `plausible`: with the first Fix, or with the Fixes that were proven together, every test passes.
    `joined` is how many those are. `first_fix` is what the program says of its first proven Fix.
    """

    row: Row
    plausible: bool = False
    joined: int = 0
    ambiguous: bool | None = None
    first_fix: Mapping[str, float] | None = None
    problem: str = ""


def attempt(prepared: Prepared, settings: Settings) -> Outcome:
    """Run `fix` on the project with the bug in it, and judge what it offers first."""
    bug, place = prepared.bug, prepared.place
    blank = Row(LIST, bug.name, bug.commit[:10], NOT_REPRODUCED, proven=False, verdict=None, seconds=0.0)
    if prepared.settled.problem:
        return Outcome(blank, problem=prepared.settled.problem)
    fresh_copy(bug, place, buggy=True)
    before = digests(place.work)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as state:
        answer, problem = ask(_command(place, settings), place, 2 * GRACE_SECONDS, XDG_STATE_HOME=state)
    proposals = answer.get("proposals", [])
    fixes = [proposal for proposal in proposals if proposal.get("kind") == "fix"]
    selection = [proposals[number] for number in answer.get("selection", [])]
    row = replace(
        blank,
        status=problem or str(answer.get("status", "error")),
        proven=bool(fixes),
        seconds=round(time.monotonic() - started, 1),
        cpu_seconds=answer.get("cpu_seconds"),
        candidates=answer.get("candidates"),
        rank=rank_of(bug, answer.get("findings", [])),
        tier=str(answer.get("tier", "")),
    )
    broken = [] if digests(place.work) == before else ["`fix` without --apply changed the project"]
    outcome = _judged(bug, place, fixes, selection, Outcome(row, first_fix=answer.get("first_fix")))
    return replace(outcome, row=replace(outcome.row, violations=(*broken, *outcome.row.violations)))


def _command(place: Place, settings: Settings) -> list[str]:
    command = [sys.executable, "-m", "macrohard_lsp", "fix", str(place.work), "--json"]
    command += ["--jobs", "1", "--tier", "namespace", "--seed", str(settings.seed)]
    # The wall clock must not decide: other work may share the processors.
    command += ["--budget-cpu-seconds", f"{settings.budget_cpu_seconds:g}"]
    return [*command, "--budget-seconds", str(GRACE_SECONDS)]


def _judged(
    bug: Bug,
    place: Place,
    fixes: Sequence[dict[str, Any]],
    selection: Sequence[dict[str, Any]],
    outcome: Outcome,
) -> Outcome:
    """`selection` are the Fixes that the program proved together."""
    if not fixes:
        return outcome
    broken: list[str] = []
    chosen: dict[str, str] = {}
    plausible, joined = False, 1
    for number, fix in enumerate(fixes):
        patched, wrong = verify(bug, place, fix["patch"], fix["fixes"])
        if number == 0:
            chosen = patched
            plausible = not wrong and _all_pass(place)
        broken += [*wrong, *misread(_with_the_bug(bug, place, patched), patched, fix["patch"])]
    if not plausible and outcome.row.status == "fixed" and len(selection) > 1:
        together = _together(bug, place, selection)
        if together and _all_pass(place):
            chosen, plausible, joined = together, True, len(selection)
    verdict = None
    if chosen:
        verdict = known_verdict(bug.name, digest_of(chosen), VERDICTS) or judge(bug, place, chosen)
    row = replace(
        outcome.row,
        verdict=verdict,
        title=fixes[0].get("title", ""),
        patch=fixes[0]["patch"],
        patch_digest=digest_of(chosen),
        violations=tuple(broken),
    )
    return replace(outcome, row=row, plausible=plausible, joined=joined, ambiguous=fixes[0].get("ambiguous"))


def _all_pass(place: Place) -> bool:
    return run_plainly(place.python, place.work).exit_code == 0


def _together(bug: Bug, place: Place, fixes: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The files that change when these Fixes are applied to one copy; none where they don't fit."""
    fresh_copy(bug, place, buggy=True)
    before = digests(place.work)
    for fix in fixes:
        if git_apply(place.work, fix["patch"]):
            return {}
    after = digests(place.work)
    changed = [path for path in before if after.get(path) != before[path]]
    return {path: (place.work / path).read_bytes().decode("utf-8") for path in changed}


def _with_the_bug(bug: Bug, place: Place, paths: Mapping[str, str]) -> dict[str, str]:
    fresh_copy(bug, place, buggy=True)
    return {path: (place.work / path).read_bytes().decode("utf-8") for path in paths}


def misread(before: Mapping[str, str], after: Mapping[str, str], patch: str) -> list[str]:
    """What a second reading of a patch finds wrong: tests changed, or lines that it doesn't name."""
    wrong = [f"a Fix changes a test: {path}" for path in after if is_test(path)]
    parts = dict(files_of(patch))
    wrong += [
        f"a Fix changes lines of {path} that its patch doesn't name"
        for path in after
        if path not in parts or applied(before[path], parts[path]) != after[path]
    ]
    return wrong


def as_json(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome)


def outcome_of(values: Mapping[str, Any]) -> Outcome:
    row = dict(values["row"])
    said = row["verdict"]
    row["verdict"] = Verdict(Judgement(said["judgement"]), said["reason"]) if said else None
    row["violations"] = tuple(row["violations"])
    return Outcome(**{**values, "row": Row(**row)})
