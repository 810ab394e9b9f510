import configparser
import dataclasses
import shlex
import subprocess
from pathlib import Path

import pytest

from bench.bugsinpy.attempt import Outcome, as_json, misread, outcome_of
from bench.bugsinpy.data import Data, edits_between, lay_out, load, published
from bench.bugsinpy.prepare import Prepared, Settled, not_passed
from bench.bugsinpy.report import section
from bench.bugsinpy.run import reviewed
from bench.bugsinpy.settings import Project, own_settings, write_settings
from bench.real.bugs import put_back, reintroduce, with_statements
from bench.real.oracle import Judgement, Verdict
from bench.real.prepare import Place
from bench.real.report import Row
from bench.real.suite import SuiteRun
from bench.repair.attempt import Settings
from bench.repair.bug import DataMissingError
from bench.rows import RowFile

BUGGY = {
    "half.py": "def half(n):\n    # é\n    return n / 2\n",
    "tests/test_half.py": "def test_half():\n    assert True\n",
    "tests/gone.txt": "1\n",
    "README": "old\n",
}
FIXED = {
    "half.py": "def half(n):\n    # é\n    return n // 2\n",
    "tests/test_half.py": "from half import half\n\n\ndef test_half():\n    assert half(3) == 1\n",
    "README": "new\n",
}
PATCH = """\
diff --git a/half.py b/half.py
--- a/half.py
+++ b/half.py
@@ -1,3 +1,3 @@
 def half(n):
     # é
-    return n / 2
+    return n // 2
"""
TEST_PATCH = PATCH.replace("half.py", "tests/test_half.py")
RUN_TEST = "pytest -q tests/test_half.py::test_half\npython3 -m pytest tests/test_half.py::Half::test_it"


def texts(buggy: str = "b", fixed: str = "f", patch: str = PATCH) -> dict[str, str]:
    info = f'python_version="3.6.9"\nbuggy_commit_id="{buggy}"\nfixed_commit_id="{fixed}"\n'
    return {"bug.info": info, "bug_patch.txt": patch, "run_test.sh": RUN_TEST}


@pytest.mark.parametrize(
    ("patch", "one_hunk"),
    [
        (PATCH, True),
        (PATCH + TEST_PATCH, True),
        (PATCH + PATCH.replace("half.py", "third.py"), False),
        (PATCH + "@@ -9,1 +9,1 @@\n-a\n+b\n", False),
        (TEST_PATCH, False),
    ],
    ids=["one", "a-test-beside-it", "two-files", "two-hunks", "a-test-alone"],
)
def test_bugs_of_one_hunk_are_told_from_the_others(patch: str, one_hunk: bool) -> None:
    bug = published("half", 3, texts(patch=patch))
    assert bug.one_hunk == one_hunk
    assert bug.name == "half-3"
    assert bug.named == ("tests/test_half.py::test_half", "tests/test_half.py::Half::test_it")


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, str, str]:
    """A repository of the two versions, in which releases leave the tests out."""
    folder = tmp_path / "half"
    folder.mkdir()

    def git(*arguments: str) -> str:
        settings = ("-c", "user.name=n", "-c", "user.email=e", "-c", "init.defaultBranch=main")
        done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, check=True)
        return done.stdout.decode().strip()

    git("init", "-q")
    commits: list[str] = []
    for files, subject in ((BUGGY, "half"), (FIXED, "whole halves")):
        git("rm", "-rfq", "--ignore-unmatch", ".")
        for path, text in {**files, ".gitattributes": "tests export-ignore\n"}.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        git("add", "-A")
        git("commit", "-qm", subject)
        commits.append(git("rev-parse", "HEAD"))
    return tmp_path, commits[0], commits[1]


def test_a_bug_is_the_buggy_tree_with_the_tests_of_the_fixed_one(repository) -> None:
    folder, buggy, fixed = repository
    place = folder / "place" / "fixed"
    place.parent.mkdir()
    bug = lay_out(Data((), "", folder), published("half", 1, texts(buggy, fixed)), place)
    there = {
        str(path.relative_to(place)): path.read_text("utf-8") for path in place.rglob("*") if path.is_file()
    }
    assert there == {**FIXED, "README": "old\n", ".gitattributes": "tests export-ignore\n"}
    assert (bug.about, bug.file, bug.true_lines) == ("whole halves", "half.py", (3, 3))
    reintroduce(place, bug)
    assert (place / "half.py").read_text("utf-8") == BUGGY["half.py"]
    with pytest.raises(DataMissingError, match="half"):
        lay_out(Data((), "", folder), published("half", 1, texts("0" * 40, fixed)), folder / "place" / "two")


def test_missing_data_is_named(tmp_path) -> None:
    (tmp_path / "BugsInPy" / "projects").mkdir(parents=True)
    (tmp_path / "tqdm").mkdir()
    with pytest.raises(DataMissingError, match=r"PySnooper, .*cookiecutter; "):
        load(tmp_path)


@pytest.mark.parametrize(
    ("fixed", "buggy"),
    [
        ("a\nb\nc\n", "a\nx\nc\n"),
        ("a\nb\nc\n", "a\nc\n"),
        ("a\nc\n", "a\nb\nc\n"),
        ("a\nb\nc\nd\ne\n", "x\nb\nc\nd\ny\nz"),
        ("b\n", "a\n"),
    ],
    ids=["changed", "added", "removed", "two-places", "all"],
)
def test_edits_put_the_bug_back(fixed: str, buggy: str) -> None:
    assert put_back(fixed, edits_between(fixed, buggy), "file") == buggy


STATEMENTS = "def f(a):\n    return g(\n        a,\n    )\n\n\nif (f(1)\n        and f(2)):\n    f(3)\nf(4)\n"


@pytest.mark.parametrize(
    ("lines", "whole"),
    [((3, 3), (2, 4)), ((8, 8), (7, 8)), ((9, 9), (9, 9)), ((5, 6), (5, 6)), ((4, 10), (2, 10))],
)
def test_true_lines_are_those_of_whole_statements(lines, whole) -> None:
    assert with_statements(STATEMENTS, lines) == whole


def test_settings_are_the_projects_own_and_what_is_left_out(tmp_path) -> None:
    (tmp_path / "setup.cfg").write_text(
        "[tool:pytest]\ntestpaths = tests\naddopts = -v\n  --cov=half%s\n[flake8]\n"
    )
    (tmp_path / "tox.ini").write_text("[tox]\nenvlist = py\n")
    (tmp_path / "slow.py").write_text("")
    project = Project((), python_files="tests_*.py", ignored=("slow.py", "absent.py"))
    write_settings(tmp_path, project, ["tests/a.py::test_it[a b]", "tests/b.py"])
    written = own_settings(tmp_path)
    assert (tmp_path / "pytest.ini").is_file() and written["testpaths"] == "tests"
    assert written["python_files"] == "tests_*.py"
    assert shlex.split(written["addopts"]) == [
        *("-v", "--cov=half%s", "--ignore=slow.py"),
        *("--deselect=tests/a.py::test_it[a b]", "--ignore=tests/b.py"),
    ]
    assert configparser.ConfigParser(interpolation=None).read(tmp_path / "pytest.ini")


def test_what_did_not_pass_is_what_failed_or_was_running() -> None:
    ended = SuiteRun(1, 1.0, {"a.py::test_1": "failed", "a.py::test_2": "passed"}, "")
    assert not_passed(ended) == ["a.py::test_1"]
    output = "a.py::test_1 PASSED [ 33%]\na.py::test_2[x y] "
    assert not_passed(SuiteRun(None, 9.0, {}, output)) == ["a.py::test_2[x y]"]
    assert not_passed(SuiteRun(None, 9.0, {}, "a.py::test_1 PASSED [ 33%]\n")) == []


def test_a_patch_is_read_a_second_time() -> None:
    before, after = {"half.py": BUGGY["half.py"]}, {"half.py": FIXED["half.py"]}
    assert misread(before, after, PATCH) == []
    (told,) = misread(before, {"half.py": FIXED["half.py"] + "\n"}, PATCH)
    assert "half.py that its patch doesn't name" in told
    tests = {"tests/test_half.py": BUGGY["half.py"]}
    (told,) = misread(tests, {"tests/test_half.py": FIXED["half.py"]}, TEST_PATCH)
    assert told == "a Fix changes a test: tests/test_half.py"


VERDICT = Verdict(Judgement.RIGHT, "the syntax tree is upstream's")
ROW = Row("bugsinpy", "half-1", "f", "fixed", True, VERDICT, 9.5, 4.25, 40, 2, violations=("a Fix breaks",))
FIRST = {"seconds": 1.5, "cpu_seconds": 1.0, "candidates": 9, "proven_seconds": 4.0}
OUTCOME = Outcome(ROW, plausible=True, joined=1, ambiguous=False, first_fix=FIRST)


def test_rows_are_taken_up_again_only_as_they_were_kept(tmp_path) -> None:
    rows = RowFile(tmp_path / "rows.jsonl", {"version": "1"})
    rows.keep("half-1", "digest", as_json(OUTCOME))
    rows.keep(
        "half-2", "digest", as_json(dataclasses.replace(OUTCOME, row=dataclasses.replace(ROW, verdict=None)))
    )
    known = rows.rows({"half-1": "digest", "half-2": "another"})
    assert {name: outcome_of(row) for name, row in known.items()} == {"half-1": OUTCOME}
    assert RowFile(rows.path, {"version": "2"}).rows({"half-1": "digest"}) == {}


def test_what_a_person_says_of_a_patch_counts_for_rows_that_there_are(tmp_path) -> None:
    path = tmp_path / "verdicts.toml"
    path.write_text('[[verdict]]\nbug = "half-1"\ndigest = "d"\nright = false\nreason = "Rounds up."\n')
    patched = dataclasses.replace(OUTCOME, row=dataclasses.replace(ROW, patch_digest="d"))
    assert reviewed(patched, path).row.verdict == Verdict(Judgement.NOT_RIGHT, "Rounds up.")
    assert reviewed(OUTCOME, path) == OUTCOME


def test_the_section_says_what_ran_and_what_did_not(repository) -> None:
    folder, buggy, fixed = repository
    (folder / "place").mkdir()
    bugs = tuple(published("half", number, texts(buggy, fixed)) for number in (1, 2))
    data = Data((*bugs, published("half", 3, texts(patch=PATCH + PATCH))), "abc", folder)
    bug = lay_out(data, bugs[0], folder / "place" / "fixed")
    prepared = Prepared(bug, Place(folder, folder, folder), Settled((), ("t",)))
    absent = Outcome(
        dataclasses.replace(ROW, bug="half-2", proven=False, verdict=None), problem="test_half passes"
    )
    text = section(data, [prepared, prepared], [OUTCOME, absent], Settings(10.0))
    assert "Of the 3 bugs 2 have a fix of one file and one hunk outside of tests; 1 of these" in text
    assert "- half-2 is not reproducible: test_half passes." in text
    assert "| yes | yes | right | no | 1.5 | 4.0 | 9.5 | 4.2 | 40 | 2 |" in text
    assert "**1 bugs: 1 proven, 1 plausible, 1 right.**" in text
    assert "**1 violation over all the bugs run.**" in text
