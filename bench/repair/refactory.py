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


def runnable(bug: Bug, digest: str) -> bool:
    """Whether the program fails one of its tests at least, and each of them ends. Remembered for the data's digest."""
    key = hashlib.sha256(f"{digest} {TEST_SECONDS} {bug.program} {bug.tests}".encode()).hexdigest()
    memory = STORE / "refactory" / f"{key[:24]}.json"
    if memory.is_file():
        return bool(json.loads(memory.read_text("utf-8")))
    answer = ask(
        {"job": "endings", "program": bug.program, "tests": bug.tests, "seconds": TEST_SECONDS}, seconds=120
    )
    endings = answer.get("endings", [])
    found = "failed" in endings and "endless" not in endings
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps(found), "utf-8")
    return found
