"""Is a patched library equal in behaviour to upstream's fix? Judged without looking at the text of either."""

import ast
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.real.bugs import Bug
from bench.real.prepare import Place, fresh_copy
from bench.real.suite import INSIDE, clean_environment, run_in, run_suite

RECORDED_CALLS = 150
INPUTS = 600
ENOUGH_INPUTS = 200
SEED = 20240501
REPLAY_SECONDS = 180
RECORD_SECONDS = 600

# What a function does with an argument of the wrong kind is no part of its contract, so a mutated
# input to which upstream's own version answers with one of these is not compared.
OUT_OF_CONTRACT = frozenset({"TypeError", "AttributeError", "TookTooLong", "RecursionError", "MemoryError"})


class Judgement(StrEnum):
    RIGHT = "right"
    NOT_RIGHT = "not right"
    LOOK = "needs a look"


@dataclass(frozen=True, slots=True)
class Verdict:
    judgement: Judgement
    reason: str


@dataclass(frozen=True, slots=True)
class Replay:
    """One input's outcome; `outcome` is None when the function wasn't there to be called."""

    function: str
    as_recorded: bool
    outcome: dict[str, object] | None


def judge(bug: Bug, place: Place, patched: dict[str, str]) -> Verdict:
    """Compare the distribution whose files `patched` (path to text) replace its own with upstream's.

    Runs the suite on the patched library and, where the syntax trees differ, replays calls in both.
    """
    differing = [path for path, text in patched.items() if not same_tree(_upstream(place, path), text)]
    if not differing:
        return Verdict(Judgement.RIGHT, "the syntax tree is upstream's")
    fresh_copy(bug, place, buggy=True)
    write(place, patched)
    run = run_suite(place.python, place.work)
    if run.exit_code != 0:
        return Verdict(Judgement.NOT_RIGHT, f"{len(run.failing)} tests of the library's suite fail")
    reasons: list[str] = []
    for path in differing:
        verdict = _compare(bug, place, path, patched)
        if verdict.judgement is not Judgement.RIGHT:
            return verdict
        reasons.append(verdict.reason)
    return Verdict(Judgement.RIGHT, "; ".join(reasons))


def write(place: Place, files: dict[str, str]) -> None:
    for path, text in files.items():
        (place.work / path).write_bytes(text.encode("utf-8"))


def _upstream(place: Place, path: str) -> str:
    return (place.fixed / path).read_bytes().decode("utf-8")


def same_tree(one: str, other: str) -> bool:
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


def differing_functions(one: str, other: str) -> list[str] | None:
    """Qualified names of the outermost functions that differ, or None when anything else does."""
    functions, rest = _split(ast.parse(one))
    others, other_rest = _split(ast.parse(other))
    if rest != other_rest or functions.keys() != others.keys():
        return None
    return [name for name, text in functions.items() if others[name] != text]


def _split(tree: ast.Module) -> tuple[dict[str, str], str]:
    functions: dict[str, str] = {}

    def take(body: Sequence[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                take(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                name = f"{prefix}{node.name}"
                functions[name] = functions.get(name, "") + ast.dump(node)
                node.body = [ast.Pass()]

    take(tree.body, "")
    return functions, ast.dump(tree)


def _compare(bug: Bug, place: Place, path: str, patched: dict[str, str]) -> Verdict:
    names = differing_functions(_upstream(place, path), patched[path])
    if not names:
        return Verdict(Judgement.LOOK, f"{path} differs from upstream's outside functions")
    with tempfile.TemporaryDirectory() as scratch:
        fresh_copy(bug, place, buggy=False)
        problem = _make_inputs(bug, place, path, names, Path(scratch))
        if problem:
            return Verdict(Judgement.LOOK, problem)
        upstream = _replay(place, path, Path(scratch))
        again = _replay(place, path, Path(scratch))
        fresh_copy(bug, place, buggy=True)
        buggy = _replay(place, path, Path(scratch))
        write(place, patched)
        ours = _replay(place, path, Path(scratch))
    stable = [one if one == two else None for one, two in zip(upstream, again, strict=True)]
    return conclude(stable, buggy, ours)


def conclude(upstream: Sequence[Replay | None], buggy: Sequence[Replay], ours: Sequence[Replay]) -> Verdict:
    """`upstream` has None where its own two replays differed: such an input says nothing.

    The wording of exceptions is compared only where nothing else tells the bug from upstream's version.
    """
    if not len(upstream) == len(buggy) == len(ours):
        return Verdict(Judgement.LOOK, "a replay did not come to its end")
    triples = [
        (want, wrong, got)
        for want, wrong, got in zip(upstream, buggy, ours, strict=True)
        if want is not None and _comparable(want)
    ]
    wording = all(_same(want, wrong) for want, wrong, _ in triples)
    for want, _, got in triples:
        if not _same(want, got, wording=wording):
            kind = "a recorded" if want.as_recorded else "a mutated"
            return Verdict(Judgement.NOT_RIGHT, f"{want.function} behaves differently on {kind} input")
    counted = Counter(want.function for want, _, _ in triples)
    if not counted or min(counted.values()) < ENOUGH_INPUTS:
        return Verdict(Judgement.LOOK, f"too few inputs could be compared: {dict(counted)}")
    if wording and all(_same(want, wrong, wording=True) for want, wrong, _ in triples):
        return Verdict(Judgement.LOOK, "none of the inputs shows the bug, so agreement says nothing")
    compared = ", ".join(f"{name} on {count} inputs" for name, count in counted.items())
    return Verdict(Judgement.RIGHT, f"behaves as upstream's: {compared}")


def _same(one: Replay, other: Replay, *, wording: bool = False) -> bool:
    if wording or one.outcome is None or other.outcome is None:
        return one.outcome == other.outcome
    silent = {"saying": ""}
    return {**one.outcome, **silent} == {**other.outcome, **silent}


def _comparable(replay: Replay) -> bool:
    if replay.outcome is None:
        return False
    raised = replay.outcome.get("raised")
    return raised != "TookTooLong" and (replay.as_recorded or raised not in OUT_OF_CONTRACT)


def _make_inputs(bug: Bug, place: Place, path: str, names: list[str], scratch: Path) -> str | None:
    """Record calls while the fixed library's tests run, those that show the bug first, and mutate them.

    Returns a sentence when that gives nothing to compare.
    """
    recorded = [scratch / "covering", scratch / "all"]
    for out, tests in zip(recorded, (bug.tests, ()), strict=True):
        wanted = {
            "file": str(place.work / path),
            "functions": names,
            "out": str(out),
            "limit": RECORDED_CALLS,
        }
        environment = clean_environment(PYTHONPATH=str(INSIDE), BENCH_RECORD=json.dumps(wanted))
        command = [str(place.python), "-m", "pytest", "-p", "record", *tests]
        run_in(place.work, command, environment, RECORD_SECONDS)
        if not out.is_file():
            return "the suite did not come to its end while its calls were recorded"
    command = [str(place.python), str(INSIDE / "inputs.py"), str(scratch / "inputs"), str(SEED), str(INPUTS)]
    command += map(str, recorded)
    code, _, output = run_in(place.work, command, _library_environment(place), REPLAY_SECONDS)
    return None if code == 0 else f"no inputs could be made: {_last_line(output)}"


def _replay(place: Place, path: str, scratch: Path) -> list[Replay]:
    out = scratch / "outcomes.jsonl"
    out.unlink(missing_ok=True)
    command = [str(place.python), str(INSIDE / "replay.py"), str(scratch / "inputs"), str(out)]
    command += [str(place.work / path), module_of(path)]
    run_in(place.work, command, _library_environment(place), REPLAY_SECONDS)
    lines = out.read_text("utf-8").splitlines() if out.is_file() else []
    return [Replay(name, recorded, outcome) for name, _, recorded, outcome in map(json.loads, lines)]


def _library_environment(place: Place) -> dict[str, str]:
    return clean_environment(PYTHONPATH=f"{place.work / 'src'}:{place.work}", PYTHONHASHSEED="0")


def module_of(path: str) -> str:
    """The dotted name under which the library imports that file."""
    parts = list(Path(path).with_suffix("").parts)
    if parts[0] == "src":
        parts = parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or ["no output"])[-1]
