"""One bug from its files to a row: laid out, repaired by the program's own command line, applied, run again, judged."""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.real.prepare import environment_with
from bench.real.suite import clean_environment, run_plainly, run_suite
from bench.repair.bug import Bug
from bench.repair.child import ROOT, STORE
from bench.repair.oracle import opinion, second_opinion
from bench.repair.patches import applied

PYTEST = "pytest==9.2.0"
# Baseline, proof and start-up come on top of the search budget; wall seconds, and other work may share the processors.
GRACE_SECONDS = 900
TEST_SECONDS = 300
# What the program as it is gets of the reference's time before it counts as never ending.
LOOP_SECONDS = 20.0
LOOP_FACTOR = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the product is told. Both are part of what a row is kept under."""

    budget_cpu_seconds: float
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one bug.

    `plausible`: what is offered makes every test pass. `right`: and the oracle finds nothing wrong with it;
    `second` is the other opinion, for the label. `rank`, from 1, is that of the first proposal that is right.
    `first_fix` is what the product says of its first proven Fix. `after` is the program as patched, and
    `joined` the number of Fixes that were applied for it together.
    """

    set: str
    bug: str
    kind: str
    status: str
    plausible: bool = False
    right: bool = False
    verdict: str = ""
    second: str = ""
    inputs: int = 0
    example: str = ""
    rank: int | None = None
    proposals: int = 0
    joined: int = 0
    ambiguous: bool | None = None
    title: str = ""
    patch: str = ""
    after: str = ""
    first_fix: dict[str, float] | None = None
    cpu_seconds: float | None = None
    candidates: int | None = None
    seconds: float = 0.0
    violations: tuple[str, ...] = field(default=())


def environment() -> Path:
    """The virtual environment that the projects' tests run in: an interpreter and pytest, nothing else."""
    venv = STORE / "venv"
    stamp = venv / "made"
    wanted = f"{PYTEST} {sys.version}"
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        venv.parent.mkdir(parents=True, exist_ok=True)
        environment_with(venv, PYTEST)
        stamp.write_text(wanted, "utf-8")
    return venv


def attempt(bug: Bug, settings: Settings, venv: Path) -> Row:
    """Run the product on the bug and judge what it offers. Nothing of the reference is within its reach."""
    with tempfile.TemporaryDirectory(prefix="macrohard-repair-") as scratch:
        place = _Place(Path(scratch), venv)
        blank = Row(bug.set, bug.name, bug.kind, "")
        if unfit := _unfit(bug, place):
            return replace(blank, status=f"not runnable: {unfit}")
        project = place.lay_out(bug.files)
        started = time.monotonic()
        answer, problem = _ask(project, settings, place)
        row = replace(
            blank,
            status=problem or str(answer.get("status", "error")),
            first_fix=answer.get("first_fix"),
            cpu_seconds=answer.get("cpu_seconds"),
            candidates=answer.get("candidates"),
            seconds=round(time.monotonic() - started, 2),
        )
        broken = [] if place.content(project) == bug.files else ["`fix` without --apply changed the project"]
        return _judged(bug, row, answer, broken, place)


def _judged(bug: Bug, row: Row, answer: Mapping[str, Any], broken: list[str], place: "_Place") -> Row:
    proposals = answer.get("proposals", [])
    fixes = [each for each in proposals if each.get("kind") == "fix"]
    after: list[str | None] = []
    for fix in fixes:
        text, wrong = _verify(bug, [fix], place)
        after.append(text)
        broken += wrong
    row = replace(row, proposals=len(fixes), violations=tuple(broken))
    if not fixes:
        return row
    top, joined = after[0], 1
    if top is not None and row.status == "fixed" and not _passes(bug, top, place):
        # Several Fixes, each for some of the tests, were proven together.
        chosen = [proposals[number] for number in answer["selection"]]
        joined = len(chosen)
        top, wrong = _verify(bug, chosen, place) if joined > 1 else (top, [])
        # Proven together they fit together; git may still miss the lines around one that another has changed.
        broken += wrong if top is not None else []
    if top is None or not _passes(bug, top, place):
        return replace(row, title=fixes[0]["title"], patch=fixes[0]["patch"], violations=tuple(broken))
    judged = opinion(bug, top)
    rank = next(
        (
            number
            for number, text in enumerate(after, 1)
            if text is not None and (judged.right if text == top else opinion(bug, text).right)
        ),
        None,
    )
    return replace(
        row,
        plausible=True,
        right=judged.right,
        verdict=judged.verdict,
        second=second_opinion(bug, top).verdict,
        inputs=judged.inputs,
        example=judged.example,
        rank=rank if joined == 1 else (1 if judged.right else None),
        joined=joined,
        ambiguous=fixes[0].get("ambiguous"),
        title=fixes[0].get("title", ""),
        patch=fixes[0]["patch"],
        after=top,
        violations=tuple(broken),
    )


def _unfit(bug: Bug, place: "_Place") -> str:
    """Why the bug can't be used: the reference has to pass its tests, and the program as it is to fail one."""
    files = {**bug.files, bug.path: bug.reference}
    memory = STORE / "fit" / f"{_digest_of([bug.files, bug.reference])}.json"
    if memory.is_file():
        return str(json.loads(memory.read_text("utf-8")))
    right = run_plainly(place.python, place.lay_out(files), seconds=TEST_SECONDS)
    # A program that loops for ever fails its tests as well, and nobody has to wait long to know that it does.
    patience = max(LOOP_SECONDS, LOOP_FACTOR * right.seconds)
    wrong = run_plainly(place.python, place.lay_out(bug.files), seconds=patience)
    unfit = ""
    if right.exit_code != 0:
        unfit = f"the reference fails its tests (exit {right.exit_code})"
    elif wrong.exit_code == 0:
        unfit = "the program passes its tests"
    if not unfit:
        # On a busy computer a run can be cut off, so that only the good word is kept.
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps(unfit), "utf-8")
    return unfit


def _digest_of(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode("utf-8")).hexdigest()[:24]


def _verify(bug: Bug, fixes: Sequence[dict[str, Any]], place: "_Place") -> tuple[str | None, list[str]]:
    """The program with the Fixes applied to a fresh copy, and what is wrong: with the patch or with the tests."""
    project = place.lay_out(bug.files)
    for fix in fixes:
        if problem := git_apply(project, fix["patch"]):
            return None, [f"a Fix does not apply: {problem}"]
    content = place.content(project)
    known = content.keys() | bug.files.keys()
    changed = sorted(path for path in known if content.get(path) != bug.files.get(path))
    wrong: list[str] = []
    if changed != [bug.path]:
        wrong.append(f"a Fix changes {', '.join(changed) or 'nothing'}")
    if len(fixes) == 1 and applied(bug.program, fixes[0]["patch"]) != content.get(bug.path):
        wrong.append("a Fix changes lines that its patch doesn't name")
    wrong += _failing(bug, fixes, project, place)
    return content.get(bug.path), wrong


def _failing(bug: Bug, fixes: Sequence[dict[str, Any]], project: Path, place: "_Place") -> list[str]:
    """What fails in plain pytest and should not: a Fix for some of the tests leaves the others as they were."""
    run = run_plainly(place.python, project, seconds=TEST_SECONDS)
    if run.exit_code == 0:
        return []
    now = run_suite(place.python, project, seconds=TEST_SECONDS)
    before = run_suite(place.python, place.lay_out(bug.files), seconds=TEST_SECONDS)
    promised = {name for fix in fixes for name in fix["fixes"]}
    failing = {test for test in now.failing if test in promised or before.outcomes.get(test) == "passed"}
    if now.exit_code is None or not now.outcomes:
        return [f"with a Fix the tests don't come to their end (exit {now.exit_code})"]
    return [f"a Fix fails plain pytest: {min(failing)}"] if failing else []


def _passes(bug: Bug, program: str, place: "_Place") -> bool:
    project = place.lay_out({**bug.files, bug.path: program})
    return run_plainly(place.python, project, seconds=TEST_SECONDS).exit_code == 0


def git_apply(project: Path, patch: str) -> str:
    """Apply it; what git says where it can't."""
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=project,
        input=patch.encode("utf-8"),
        capture_output=True,
        check=False,
    )
    return done.stderr.decode("utf-8", "replace").strip() if done.returncode else ""


def _ask(project: Path, settings: Settings, place: "_Place") -> tuple[dict[str, Any], str]:
    """The product's JSON answer, or an empty one and a word for what went wrong."""
    command = [sys.executable, "-m", "macrohard_lsp", "fix", str(project), "--json", "--quiet"]
    command += ["--jobs", "1", "--tier", "namespace", "--seed", str(settings.seed)]
    command += ["--budget-cpu-seconds", f"{settings.budget_cpu_seconds:g}"]
    # The wall clock must not decide: other work may share the processors.
    command += ["--budget-seconds", str(GRACE_SECONDS)]
    state = place.scratch / "state"
    environment = clean_environment(
        VIRTUAL_ENV=str(place.venv), PYTHONPATH=str(ROOT), XDG_STATE_HOME=str(state)
    )
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=2 * GRACE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {}, "over the time limit"
    try:
        return json.loads(done.stdout), ""
    except json.JSONDecodeError:
        return {}, f"no JSON, exit {done.returncode}: {done.stderr.strip()[-200:]}"


@dataclass(slots=True)
class _Place:
    """A folder of its own for each layout, so that nothing of one is left in the next."""

    scratch: Path
    venv: Path
    number: int = 0

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    def lay_out(self, files: Mapping[str, str]) -> Path:
        self.number += 1
        folder = self.scratch / str(self.number) / "project"
        folder.mkdir(parents=True)
        for path, text in files.items():
            (folder / path).write_bytes(text.encode("utf-8"))
        return folder

    @staticmethod
    def content(folder: Path) -> dict[str, str]:
        return {
            str(path.relative_to(folder)): path.read_bytes().decode("utf-8")
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not {"__pycache__", ".pytest_cache"} & set(path.parts)
        }


def as_json(row: Row) -> dict[str, Any]:
    return asdict(row)


def row_of(values: Mapping[str, Any]) -> Row:
    return Row(**{**values, "violations": tuple(values["violations"])})
