"""Students' programs: their input/output tests as pytest tests, and which programs can be run at all."""

import ast
import builtins
import hashlib
import json
from collections.abc import Sequence

from bench.repair.bug import Bug
from bench.repair.child import STORE, ask

PER_SET = 200
# A program of which one test takes longer, in processor seconds, is one that doesn't end.
TEST_SECONDS = 2.0


def expressions_as_tests(cases: Sequence[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    """One test for each pair of an expression and what it should give; and the functions that are called."""
    functions: dict[str, None] = {}
    tests: list[str] = []
    for number, (expression, value) in enumerate(cases, 1):
        function = ast.parse(expression, mode="eval").body.func.id  # type: ignore[attr-defined]
        functions[function] = None
        tests.append(f"def test_{number}():\n    assert {expression} == {value}\n")
    head = f"from solution import {', '.join(_used(cases))}\n"
    return "\n\n".join([head, *tests]), tuple(functions)


def _used(cases: Sequence[tuple[str, str]]) -> list[str]:
    """The names that the expressions use and Python doesn't know by itself."""
    names = {
        node.id
        for expression, _ in cases
        for node in ast.walk(ast.parse(expression))
        if isinstance(node, ast.Name)
    }
    return sorted(names - set(dir(builtins)))


def runnable(bugs: Sequence[Bug]) -> list[bool]:
    """Of each whether it fails one of its tests at least, and each test ends. Remembered by its texts."""
    memory = STORE / "refactory.json"
    known: dict[str, bool] = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
    keys = [_key(bug) for bug in bugs]
    missing = [(key, bug) for key, bug in zip(keys, bugs, strict=True) if key not in known]
    known.update(zip((key for key, _ in missing), _try_each([bug for _, bug in missing]), strict=True))
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps(known), "utf-8")
    return [known[key] for key in keys]


def _key(bug: Bug) -> str:
    return hashlib.sha256(f"{TEST_SECONDS} {bug.program} {bug.tests}".encode()).hexdigest()[:24]


def _try_each(bugs: Sequence[Bug]) -> list[bool]:
    """All in one process; where one of them brings it down, each half in its own."""
    if not bugs:
        return []
    programs = [{"program": bug.program, "tests": bug.tests} for bug in bugs]
    question = {"job": "endings", "programs": programs, "seconds": TEST_SECONDS}
    answer = ask(question, seconds=60 + 3 * TEST_SECONDS * len(bugs))
    if "endings" in answer:
        return ["failed" in ended and "endless" not in ended for ended in answer["endings"]]
    if len(bugs) == 1:
        return [False]
    middle = len(bugs) // 2
    return _try_each(bugs[:middle]) + _try_each(bugs[middle:])
