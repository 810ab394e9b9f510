"""The process tier's copy lies elsewhere: what is installed as editable has to come from it all the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.testrun import Outcome
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.attempt import INSIDE
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.testing.pytest_run import run_tests
from macrohard_lsp.testing.warm import WarmMode, WarmRunner, WarmSettings

PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1"
[tool.setuptools]
{layout}
"""
# Names of the directories, how setuptools is told of them, and the kind of hook that it leaves in the environment.
LAYOUTS = {
    "sourced": ("src/sourced", "package-dir = {'' = 'src'}", "__editable__.sourced*.pth"),
    "flat": ("flat", "packages = ['flat']", "__editable___flat*_finder.py"),
    "renamed": (
        "inner",
        "packages = ['renamed']\npackage-dir = {'renamed' = 'inner'}",
        "__editable___renamed*_finder.py",
    ),
}
TEST = """
import subprocess, sys
import {name}, {name}.deep

def test_origin(request):
    assert {name}.__file__.startswith({marker!r} + "/")
    assert {name}.deep.ANSWER == 42

def test_a_program_of_its_own():
    script = "import {name}.deep; print({name}.__file__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.startswith({marker!r} + "/")
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """Three projects in one folder. What is tested is written afterwards, in the Machine only."""
    root = tmp_path_factory.mktemp("editable").resolve() / "work"
    for name, (folder, layout, _) in LAYOUTS.items():
        package = root / f"{name}-project" / folder
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "deep.py").write_text("ANSWER = 41\n")
        (root / f"{name}-project" / "pyproject.toml").write_text(PYPROJECT.format(name=name, layout=layout))
    return root


@pytest.fixture(scope="module")
def installed(python_with, workspace: Path) -> Interpreter:
    """An interpreter in which the three are installed as editable, each with the hook that it is to have."""
    interpreter = python_with(sys.executable, "pytest", "setuptools", "wheel")
    python = interpreter.choice.executable
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check", "-q"]
    folders = [argument for name in LAYOUTS for argument in ("-e", str(workspace / f"{name}-project"))]
    subprocess.run([python, "-m", "pip", "install", *options, *folders], check=True, timeout=240)
    packages = next(python.parent.parent.glob("lib/python3*/site-packages"))
    for _, _, hook in LAYOUTS.values():
        assert list(packages.glob(hook)), hook
    return interpreter


@pytest.fixture
def machine(workspace: Path, installed: Interpreter):
    spec = MachineSpec(workspace, {}, (*installed.choice.mounts, INSIDE), {})
    with open_machine(spec, Tier.PROCESS) as machine:
        files: dict[str, bytes | None] = {}
        for name, (folder, _, _) in LAYOUTS.items():
            test = TEST.format(name=name, marker=str(machine.workspace))
            files[f"tests/test_{name}.py"] = test.encode()
            files[f"{name}-project/{folder}/deep.py"] = b"ANSWER = 42\n"
        machine.write_files(files)
        yield machine


CHILDLESS = "tests/test_renamed.py::test_a_program_of_its_own"
"""No entry of an import path can say that `renamed` lies in `inner`, so a program of its own doesn't find it."""


def test_the_code_under_test_is_the_copy(machine: Machine, installed: Interpreter) -> None:
    tested = run_tests(machine, installed, Project("", installed.choice), TestOptions(), cancel=Cancel())
    assert tested.run.problem is None
    failed = {result.id for result in tested.run.results if result.outcome is not Outcome.PASSED}
    assert (len(tested.run.results), failed) == (6, {CHILDLESS}), tested.run


@pytest.mark.parametrize("mode", WarmMode)
def test_a_warm_runner_tries_the_copy(machine: Machine, installed: Interpreter, mode: WarmMode) -> None:
    tests = tuple(f"tests/test_{name}.py::test_origin" for name in LAYOUTS)
    settings = WarmSettings(mode, (), tests)
    with WarmRunner(machine, installed, Project("", installed.choice), settings, Cancel()) as runner:
        answer = runner.check({}, tests, stop=False, wall_seconds=30, cpu_seconds=30)
    assert dict(answer.outcomes) == dict.fromkeys(tests, "passed"), answer
