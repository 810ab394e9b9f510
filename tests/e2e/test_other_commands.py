"""Tests that pytest does not run, as a stranger meets them: unittest, `node --test`, configured commands."""

import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from .conftest import missing

SUMS = """
--- package.json
{
  "name": "sums",
  "scripts": {
    "test": "node --test"
  }
}
--- src/sums.js
function total(values) {
  return values.reduce((sum, value) => sum - value, 0);
}
function first(values) {
  if (values.length === 0) throw new RangeError("no values");
  return values[0];
}
module.exports = { total, first };
--- test/sums.test.js
const assert = require("node:assert");
const { test } = require("node:test");
const { total, first } = require("../src/sums.js");

test("the total of nothing", () => assert.strictEqual(total([]), 0));
test("the total of several", () => {
  assert.strictEqual(total([1, 2]), 3);
});
test("the first of none", () => first([]));
"""
CONFIGURED = """
--- pyproject.toml
[tool.macrohard.test]
detect = false

[[tool.macrohard.test.commands]]
name = "node"
command = ["node", "--test", "--test-reporter=junit", "--test-reporter-destination=out.xml"]
kind = "junit-xml"
report = "out.xml"

[[tool.macrohard.test.commands]]
command = ["no-such-runner", "--all"]
kind = "tap"
"""
CALC = """
--- calc.py
def at_most(value, limit):
    return value < limit
--- tests/test_calc.py
import unittest

from calc import at_most


class TestCalc(unittest.TestCase):
    def test_at_most(self):
        self.assertTrue(at_most(3, 3))

    def test_more(self):
        self.assertFalse(at_most(4, 3))
"""
FIRST, SEVERAL = "the first of none", "the total of several"
LIBRARY = ("find-my-way@9.10.2", "rfdc@1", "proxyquire@2")
"""A router, and what its tests need beside its dependencies."""


@pytest.fixture
def bare(files):
    """A project with an environment of its own, in which there is no pytest."""

    def make(text: str) -> Path:
        folder = files(text)
        venv.create(folder / ".venv", symlinks=True, with_pip=False)
        return folder

    return make


def failing(done) -> dict[str, str]:
    """The failing tests of an answer, without what stands for their file, with their places.

    What that is depends on Node's version: before 20 it tells the file of a test that passes.
    """
    return {
        finding["tests"][0].partition("::")[2]: "{path}:{line}".format(**finding["location"])
        for finding in done.answer["findings"]
        if finding["kind"] == "failing-test"
    }


def test_node_is_found_in_package_json(program, files, need):
    need("node")
    done = program("test", files(SUMS), "--json")
    assert (done.code, done.answer["passed"], done.answer["failed"]) == (1, 1, 2), done.told
    assert failing(done) == {SEVERAL: "test/sums.test.js:7", FIRST: "src/sums.js:5"}, done.told
    assert re.search(r"FAILED \S.*::the first of none  src/sums\.js:5\n +no values", done.err), done.told


def test_a_test_of_node_by_its_name(program, files, need):
    need("node")
    folder = files(SUMS)
    known = [test["id"] for test in program("test", folder, "--json").answer["tests"]]
    name = next(name for name in known if name.endswith("::the total of nothing"))
    done = program("test", folder, name, "--json")
    assert (done.code, [test["id"] for test in done.answer["tests"]]) == (0, [name]), done.told
    done = program("test", folder, "node --test::gone", "--json")
    assert done.code == 2 and "No test was found that is named node --test::gone." in done.err, done.told


def test_without_node_a_folder_says_so(program, files):
    done = program("test", files(SUMS), "--json", variables={"PATH": "/nowhere"})
    assert done.code == 2, done.told
    assert "The tests that package.json names did not run: there is no program `node`" in done.err, done.told


def test_configured_commands_want_trust_and_say_what_is_missing(program, files, need):
    need("node")
    folder = files(SUMS + CONFIGURED)
    done = program("test", folder, "--json")
    assert done.code == 2 and "`test.commands` in" in done.err and "names programs" in done.err, done.told
    assert program("trust", folder).code == 0
    done = program("test", folder, "--json")
    assert done.code == 1, done.told
    assert failing(done) == {
        SEVERAL: "test/sums.test.js:7",
        FIRST: "src/sums.js:5",
        "no-such-runner --all": "pyproject.toml:10",
    }, done.told
    assert "there is no program `no-such-runner` in node_modules/.bin or on PATH; install it" in done.err


def test_no_command_and_nothing_detected(program, files):
    folder = files(CALC + "--- pyproject.toml\n[tool.macrohard.test]\ndetect = false\n")
    done = program("test", folder, "--json")
    assert done.code == 2 and "so that there are no tests to run. Name a command" in done.err, done.told


def test_unittest_needs_no_pytest(program, bare):
    done = program("test", bare(CALC), "--json")
    assert (done.code, done.answer["passed"], done.answer["failed"]) == (1, 1, 1), done.told
    assert failing(done) == {"TestCalc::test_at_most": "tests/test_calc.py:8"}, done.told


@pytest.mark.parametrize(
    "more",
    [
        "--- tests/test_other.py\nimport pytest\n\ndef test_it():\n    pass\n",
        "--- pyproject.toml\n[tool.pytest.ini_options]\naddopts = '-q'\n",
    ],
    ids=["a test imports it", "it is configured"],
)
def test_where_pytest_is_wanted_it_has_to_be_installed(program, bare, more):
    done = program("test", bare(CALC + more), "--json")
    assert done.code == 2 and "pytest is not installed in" in done.err, done.told
    assert "-m pip install pytest" in done.err


@pytest.mark.slow
def test_unittest_is_repaired_cold(program, bare):
    folder = bare(CALC)
    done = program("fix", folder, "--apply", "--json")
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    assert "value <= limit" in (folder / "calc.py").read_text()
    assert "there is no warm runner for unittest" in done.err
    assert program("test", folder).code == 0


@pytest.mark.slow
def test_a_command_counts_in_a_proof_and_is_not_repaired(program, bare, need):
    """Whatever edit repairs the Python test breaks what Node's tests pass with: it is no fix."""
    need("node")
    reads = """
--- package.json
{"scripts": {"test": "node --test"}}
--- test/calc.test.js
const assert = require("node:assert");
const { test } = require("node:test");
const text = require("node:fs").readFileSync("calc.py", "utf8");
test("as it is", () => assert.equal(text, "def at_most(value, limit):\\n    return value < limit\\n"));
test("fails anyway", () => assert.ok(false));
"""
    folder = bare(CALC + reads)
    done = program("fix", folder, "--budget-seconds", "25", "--json")
    assert (done.code, done.answer["status"]) == (1, "no-fix"), done.told
    assert "::fails anyway fails under a test command of its own" in done.err, done.told


@pytest.mark.slow
def test_a_real_library_of_javascript(program, tmp_path, need):
    """Its own suite, as its authors published it, and two faults put into it."""
    folder = library(tmp_path, need)
    settings = Path(program.variables["HOME"]) / ".config" / "macrohard" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '[[test.commands]]\ncommand = ["node", "--test", "--test-reporter=tap"]\nkind = "tap"\n'
    )
    done = program("test", folder, "--tier", "namespace", "--json")
    assert done.code == 0, done.told
    assert done.answer["passed"] > 500, done.told
    wrong = change(folder / "lib" / "url-sanitizer.js", "['%40', '@']", "['%40', 'A']")
    thrown = change(folder / "lib" / "constrainer.js", " && this.strategies[strategy.name].isCustom", "") + 1
    assert (
        wrong
        and "throw new Error" in (folder / "lib" / "constrainer.js").read_text().splitlines()[thrown - 1]
    )
    done = program("test", folder, "--tier", "namespace", "--json")
    assert done.code == 1, done.told
    places = failing(done)
    expected = line_of(folder / "test" / "issue-234.test.js", "'/foo%40bar'")
    name = next(name for name in places if name.startswith("Decode url components"))
    assert places.pop(name) == f"test/issue-234.test.js:{expected}", done.told
    in_the_library = f"lib/constrainer.js:{thrown}"
    assert list(places.values()).count(in_the_library) >= 4, done.told
    # What is left asserts how an error reads that is another one now.
    assert all(place == in_the_library or place.startswith("test/") for place in places.values()), done.told


def library(tmp_path: Path, need) -> Path:
    """The library with its tests and what they need, as a folder of its own."""
    npm, elsewhere = need("npm"), tmp_path / "npm"
    need("node")
    elsewhere.mkdir()
    (elsewhere / "package.json").write_text('{"name": "x", "version": "1.0.0"}')
    installed = subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *LIBRARY],
        cwd=elsewhere,
        capture_output=True,
        timeout=180,
        check=False,
    )
    if installed.returncode:
        missing(f"{LIBRARY[0]} (no package index?)")
    folder = tmp_path / "library"
    shutil.move(elsewhere / "node_modules" / LIBRARY[0].partition("@")[0], folder)
    shutil.move(elsewhere / "node_modules", folder / "node_modules")
    return folder


def change(path: Path, old: str, new: str) -> int:
    """Replace the one place where `old` stands; its line."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def line_of(path: Path, part: str) -> int:
    """The one line that holds `part` and isn't a comment."""
    found = [number for number, line in enumerate(path.read_text().splitlines(), 1) if part in line]
    return found[-1]
