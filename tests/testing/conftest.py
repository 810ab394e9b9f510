"""Real pytest in real Machines. A case is one text: files, then what is expected of each test.

    == calc.py
    def half(x):
        return x // 2  # <1>
    == test_calc.py
    ...
    == expected
    failed test_calc.py::test_half @ <1> | assert 1 == 2

An expectation is `OUTCOME[/PHASE][/ENDING] ID [@ <MARK>] [| PART OF THE MESSAGE]`; the mark names the line
that carries the comment `# <MARK>`. `problem PART` and `missing ID` speak of the whole run. Every result
has to be expected.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice, Project
from macrohard_lsp.core.testrun import Ending
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.attempt import INSIDE
from macrohard_lsp.testing.findings import location_of
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.testing.pytest_run import Tested, run_tests

EXPECTED = "expected"
LINE = re.compile(r"(?P<verdict>[\w/]+) (?P<id>.*?)(?: @ <(?P<mark>\w+)>)?(?: \| (?P<message>.*))?$")


def missing_program(name: str) -> None:
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is missing")
    pytest.skip(f"{name} is missing")


def interpreter_at(executable: Path, plugins: dict[str, str] | None = None) -> Interpreter:
    script = "import sys, json; print(json.dumps([sys.prefix, sys.base_prefix, list(sys.version_info[:3])]))"
    said = subprocess.run([executable, "-I", "-c", script], capture_output=True, check=True, timeout=60)
    prefix, base, version = json.loads(said.stdout)
    mounts = tuple(dict.fromkeys(Path(p) for p in (prefix, base, os.path.realpath(base))))
    choice = InterpreterChoice(executable, "the test suite", mounts)
    return Interpreter(choice, tuple(version), "cpython", "9", plugins or {})


@dataclass
class Case:
    """`files` by path, `marks` by name, `expected` lines."""

    files: dict[str, str]
    expected: list[str]
    marks: dict[str, tuple[str, int]] = field(default_factory=dict)


def parse(text: str) -> Case:
    sections = re.split(r"^== *(\S.*?) *\n", textwrap.dedent(text), flags=re.MULTILINE)[1:]
    files = dict(zip(sections[::2], sections[1::2], strict=True))
    expected = [line.strip() for line in files.pop(EXPECTED, "").splitlines() if line.strip()]
    marks = {
        match[1]: (path, number)
        for path, content in files.items()
        for number, line in enumerate(content.splitlines(), 1)
        if (match := re.search(r"# <(\w+)>$", line))
    }
    return Case(files, expected, marks)


@pytest.fixture(scope="session")
def own_interpreter() -> Interpreter:
    return interpreter_at(Path(sys.executable))


@pytest.fixture(scope="session")
def bare_interpreter(tmp_path_factory) -> Interpreter:
    """An environment without pytest."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    command = [sys.executable, "-m", "venv", "--without-pip", folder]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    return interpreter_at(folder / "bin" / "python")


@pytest.fixture
def parsed():
    return parse


@pytest.fixture(scope="session")
def python_with(tmp_path_factory):
    """An interpreter of the given Python with the given packages, built once; skips where that can't be had."""
    built: dict[tuple[str, ...], Interpreter | None] = {}

    def build(python: Path, packages: tuple[str, ...]) -> Interpreter | None:
        folder = tmp_path_factory.mktemp("venv")
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-q"]
        install = [*pip, "--disable-pip-version-check", "--timeout", "15", "--retries", "1", *packages]
        for command in ([python, "-m", "venv", folder], install):
            if subprocess.run(command, capture_output=True, timeout=240, check=False).returncode:
                return None
        names = [re.split("[=~<]", package)[0] for package in packages]
        return interpreter_at(folder / "bin" / "python", dict.fromkeys(names, "1"))

    def python_with(python: Path | str, *packages: str) -> Interpreter:
        if not python or not Path(python).exists():
            # No package registry has it, so no script could install it: never a failure.
            pytest.skip(f"another Python ({python}) is missing")
        key = (str(python), *packages)
        if key not in built:
            built[key] = build(Path(python), packages)
        interpreter = built[key]
        if interpreter is None:
            missing_program(f"an installation of {', '.join(packages)} (no package index?)")
        return interpreter

    return python_with


@pytest.fixture
def run(tmp_path, own_interpreter):
    """Write the files of a text into a workspace and run its tests there."""

    def run(
        text: str, *, tier=Tier.NAMESPACE, interpreter=None, directory="", read_only=(), **options
    ) -> Tested:
        if tier is Tier.NAMESPACE and shutil.which("bwrap") is None:
            missing_program("bwrap")
        interpreter = interpreter or own_interpreter
        workspace = tmp_path / "work"
        for path, content in parse(text).files.items():
            file = workspace / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        shown = tuple(path for path in (*interpreter.choice.mounts, INSIDE, *read_only))
        cancel = options.pop("cancel", None) or Cancel()
        on_result = options.pop("on_result", None)
        given = TestOptions(**{"test_seconds": 20.0, "seconds": 60.0, **options})
        project = Project(directory, interpreter.choice)
        with open_machine(MachineSpec(workspace, {}, shown, {}), tier) as machine:
            return run_tests(machine, interpreter, project, given, cancel=cancel, on_result=on_result)

    return run


@pytest.fixture
def check(run):
    def check(text: str, **options) -> Tested:
        case = parse(text)
        tested = run(text, **options)
        told = "\n".join(map(str, (*tested.run.results, tested.run.problem)))
        results = tested.run.by_id()
        expected_ids = set()
        for line in case.expected:
            word, _, rest = line.partition(" ")
            if word == "problem":
                assert rest in (tested.run.problem or ""), told
            elif word == "missing":
                assert rest in tested.run.missing, told
            else:
                expected_ids.add(_check_result(line, results, case.marks, told))
        assert set(results) == expected_ids, told
        if not any(line.startswith("problem ") for line in case.expected):
            assert tested.run.problem is None, told
        return tested

    return check


def _check_result(line, results, marks, told) -> str:
    match = LINE.match(line)
    assert match, line
    assert match["id"] in results, f"no result for {match['id']}\n{told}"
    result = results[match["id"]]
    outcome, *details = match["verdict"].split("/")
    assert result.outcome == outcome, told
    for detail in details:
        assert detail in (result.phase, result.ending), told
    if not {"timeout", "crash"} & set(details):
        assert result.ending is Ending.NORMAL, told
    if match["mark"]:
        place = location_of(result)
        assert (place.path, place.line) == marks[match["mark"]], told
    if match["message"]:
        assert match["message"] in result.message, told
    return result.id
