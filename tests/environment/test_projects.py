"""Which directories of a folder are projects. A case is a list of files beside what is expected of it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from macrohard_lsp.environment.errors import NoInterpreter
from macrohard_lsp.environment.projects import find_projects, nested_directories

INI = "[pytest]\n"
PYPROJECT = "[tool.pytest.ini_options]\n"
PLAIN = '[project]\nname = "a"\n'

# Files by name with their text; "@venv" makes an environment there. Then the directories expected.
CASES: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "nothing at all": ({}, [""]),
    "no tests": ({"a/pytest.ini": "", "a/code.py": ""}, [""]),
    "one library": ({"pyproject.toml": PYPROJECT, "src/a.py": "", "tests/test_a.py": ""}, [""]),
    "tests in no directory of tests": ({"a/b_test.py": "", "a/pytest.ini": ""}, ["a"]),
    "two environments": (
        {"a/.venv": "@venv", "a/tests/test_a.py": "", "b/venv": "@venv", "b/test_b.py": ""},
        ["a", "b"],
    ),
    "two environments and tests above": (
        {"a/.venv": "@venv", "a/test_a.py": "", "b/.venv": "@venv", "b/test_b.py": "", "tests/test_c.py": ""},
        ["", "a", "b"],
    ),
    "one environment, packages with configurations": (
        {
            ".venv": "@venv",
            "packages/a/pyproject.toml": PYPROJECT,
            "packages/a/tests/test_a.py": "",
            "packages/b/setup.cfg": "[tool:pytest]\n",
            "packages/b/tests/test_b.py": "",
            "packages/c/tox.ini": INI,
            "packages/c/tests/test_c.py": "",
            "packages/d/pytest.ini": "",
            "packages/d/tests/test_d.py": "",
            "packages/e/pyproject.toml": "[tool.pytest]\n",
            "packages/e/tests/test_e.py": "",
        },
        ["packages/a", "packages/b", "packages/c", "packages/d", "packages/e"],
    ),
    "packages without configuration belong to the folder": (
        {
            "pyproject.toml": PYPROJECT,
            "a/pyproject.toml": PLAIN,
            "a/tests/test_a.py": "",
            "b/setup.cfg": "[metadata]\n",
            "b/tox.ini": "[tox]\n",
            "b/tests/test_b.py": "",
        },
        [""],
    ),
    "a project in a project": (
        {"a/pytest.ini": "", "a/test_a.py": "", "a/b/pytest.ini": "", "a/b/test_b.py": ""},
        ["a", "a/b"],
    ),
    "samples below tests are no projects": (
        {
            "tests/test_a.py": "",
            "tests/pytest.ini": "",
            "tests/sample/pytest.ini": "",
            "tests/sample/test_b.py": "",
            "tests/sample/.venv": "@venv",
        },
        [""],
    ),
    "installed packages are no tests": (
        {"a/pytest.ini": "", "a/x/lib/site-packages/p/tests/test_p.py": "", "test_a.py": ""},
        [""],
    ),
    "broken configuration still counts": (
        {
            "a/pyproject.toml": "[tool.pytest.ini_options]\n=",
            "a/test_a.py": "",
            "b/tox.ini": "x\n[pytest]\n",
            "b/test_b.py": "",
            "c/pyproject.toml": "=",
            "c/test_c.py": "",
        },
        ["", "a", "b"],
    ),
}


@pytest.fixture
def projects_of(folder: Path, home: Path, make_venv):
    def projects_of(files: Mapping[str, str]):
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if text == "@venv":
                make_venv(folder / name)
            else:
                (folder / name).write_text(text)
        paths = [name for name, text in files.items() if text != "@venv"]
        variables = {"PATH": os.pathsep.join([f"{sys.base_prefix}/bin", os.defpath])}
        return find_projects(folder, paths, read=files.get, configured=None, variables=variables, home=home)

    return projects_of


@pytest.mark.parametrize("case", CASES)
def test_projects(projects_of, case: str):
    files, expected = CASES[case]
    assert [project.directory for project in projects_of(files)] == expected


def test_each_project_has_the_nearest_interpreter(projects_of, folder: Path):
    files = {
        ".venv": "@venv",
        "a/.venv": "@venv",
        "a/test_a.py": "",
        "b/pytest.ini": "",
        "b/test_b.py": "",
        "test_c.py": "",
    }
    found = {project.directory: project.choice.executable for project in projects_of(files)}
    top = folder / ".venv/bin/python"
    assert found == {"": top, "a": folder / "a/.venv/bin/python", "b": top}


def test_a_project_leaves_out_those_inside_it(projects_of):
    files = {f"{directory}test_x.py": "" for directory in ("", "a/", "a/b/", "ab/")}
    files |= {f"{directory}/pytest.ini": "" for directory in ("a", "a/b", "ab")}
    projects = projects_of(files)
    inside = {project.directory: nested_directories(project, projects) for project in projects}
    assert inside == {"": ("a", "a/b", "ab"), "a": ("a/b",), "a/b": (), "ab": ()}


def test_a_broken_project_is_named_with_a_way_on(projects_of, folder: Path):
    files = {"a/.venv": "@venv", "a/test_a.py": ""}
    projects_of(files)
    (folder / "a/.venv/bin/python").unlink()
    (folder / "a/.venv/bin/python").symlink_to("/gone")
    with pytest.raises(
        NoInterpreter, match=r"leads to /gone.*\(a has tests.*`exclude` in \[tool\.macrohard\]"
    ):
        projects_of({"a/test_a.py": ""})
