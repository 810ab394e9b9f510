"""From a published bug to something that runs, and whether it shows what BugsInPy says of it."""

import dataclasses
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.bugsinpy.data import LIST, Data, Published, lay_out
from bench.bugsinpy.settings import ENVIRONMENTS, Project, write_settings
from bench.real.bugs import Bug
from bench.real.prepare import ROOT, Place, environment_with, fresh_copy, work_root
from bench.real.suite import SuiteRun, run_suite

STORE = ROOT / ".bench" / LIST
# A test counts as passing or failing when it does so in each of so many runs.
RUNS = 2
# What fails or never ends is left out and the suite run again, so often at most.
MOST_RUNS = 10
SUITE_SECONDS = 120
# What pytest has written of a test that is running: its name, and no word of how it ended.
_RUNNING = re.compile(r"^(\S+::.*\S) $", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Settled:
    """`left_out`: tests that the fixed commit does not pass here. `failing`: those that show the bug.

    `problem` says why the bug can't be reproduced; it is empty where it can.
    """

    left_out: tuple[str, ...]
    failing: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    bug: Bug
    place: Place
    settled: Settled


def prepare(data: Data, published: Published) -> Prepared:
    """Lay the bug out and settle its tests, or take what was settled before.

    Raises DataMissingError and CannotPrepareError.
    """
    project = ENVIRONMENTS[published.project]
    home = STORE / published.name
    place = Place(work_root() / LIST / published.name, home / "fixed", _environment(published, project))
    shutil.rmtree(place.fixed, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    bug = lay_out(data, published, place.fixed)
    memory = home / "settled.json"
    key = _key(published, project, bug)
    known = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
    if known.get("key") == key:
        settled = Settled(tuple(known["left_out"]), tuple(known["failing"]), known["problem"])
        write_settings(place.fixed, project, settled.left_out)
    else:
        settled = settle(published, project, bug, place)
        memory.write_text(json.dumps({"key": key, **asdict(settled)}), "utf-8")
    return Prepared(dataclasses.replace(bug, tests=settled.failing), place, settled)


def settle(published: Published, project: Project, bug: Bug, place: Place) -> Settled:
    """Run the fixed tree's suite, leave out what it does not pass, and then run the buggy tree's.

    A test in which the latter stands still is left out as well: with it no run comes to its end.
    """
    own = place.fixed / "pytest.ini"
    before = own.read_bytes() if own.is_file() else None
    left_out: list[str] = []

    def run(*, buggy: bool) -> SuiteRun:
        own.unlink(missing_ok=True)
        if before is not None:
            own.write_bytes(before)
        write_settings(place.fixed, project, left_out)
        folder = fresh_copy(bug, place, buggy=buggy)
        return run_suite(place.python, folder, "-v", seconds=SUITE_SECONDS)

    good = _runs_to_the_end(lambda: run(buggy=False), left_out, not_passed)
    if not good:
        return Settled(tuple(left_out), (), "what is left of the fixed commit's suite does not pass")
    passing = _common(good, "passed")
    if missing := [test for test in published.named if not _any_of(test, passing)]:
        return Settled(tuple(left_out), (), f"{missing[0]} does not pass on the fixed commit")
    bad = _runs_to_the_end(lambda: run(buggy=True), left_out, _stood_still)
    if not bad:
        return Settled(tuple(left_out), (), "the buggy commit's suite does not come to its end")
    failing = _common(bad, "failed") & passing
    if missing := [test for test in published.named if not _any_of(test, failing)]:
        return Settled(tuple(left_out), (), f"{missing[0]} does not fail on the buggy commit")
    return Settled(tuple(left_out), tuple(sorted(failing)))


def _runs_to_the_end(
    run: Callable[[], SuiteRun], left_out: list[str], unwanted: Callable[[SuiteRun], list[str]]
) -> list[SuiteRun]:
    """The last runs, one after the other, with nothing unwanted; what is goes to `left_out`. Empty where it stays."""
    good: list[SuiteRun] = []
    for _ in range(MOST_RUNS):
        done = run()
        more = unwanted(done)
        left_out += more
        if more:
            good.clear()
        elif done.exit_code is None:
            return []
        else:
            good.append(done)
        if len(good) == RUNS:
            return good
    return []


def _common(runs: Sequence[SuiteRun], outcome: str) -> set[str]:
    """The tests that ended so in each of the runs."""
    found = [{test for test, how in run.outcomes.items() if how == outcome} for run in runs]
    return set.intersection(*found)


def _stood_still(run: SuiteRun) -> list[str]:
    return not_passed(run) if run.exit_code is None else []


def not_passed(run: SuiteRun) -> list[str]:
    """What failed, or, of a run that was cut off, the test that was running."""
    if run.exit_code is not None:
        return list(run.failing)
    return _RUNNING.findall(run.output.replace("\r\n", "\n") + "\n")[-1:]


def _any_of(named: str, tests: set[str]) -> bool:
    """Whether the test that BugsInPy names, or one of its parameters, is among these."""
    return any(test == named or test.startswith((f"{named}[", f"{named}::")) for test in tests)


def _environment(published: Published, project: Project) -> Path:
    """The virtual environment with what the bug's project requires; bugs that require the same share it."""
    wanted = f"{project.requires} {sys.version}"
    digest = hashlib.sha256(wanted.encode("utf-8")).hexdigest()[:8]
    venv = STORE / f"{published.project}-venv-{digest}"
    stamp = venv / "made"
    if not stamp.is_file():
        venv.parent.mkdir(parents=True, exist_ok=True)
        environment_with(venv, *project.requires)
        stamp.write_text(wanted, "utf-8")
    return venv


def _key(published: Published, project: Project, bug: Bug) -> str:
    text = json.dumps([asdict(published), asdict(project), bug.buggy_digest, sys.version])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
