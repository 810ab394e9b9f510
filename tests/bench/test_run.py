import dataclasses

import pytest

from bench.real.bugs import Bug, Edit
from bench.real.oracle import Judgement, Verdict
from bench.real.report import Row, summary, table
from bench.real.run import digest_of, known_verdict, rank_of
from bench.results import replace_section

BUG = Bug(
    "one-hunk",
    "half",
    "1",
    "",
    "",
    "",
    "halves",
    "half.py",
    (Edit((4, 4), "a", "b"),),
    "",
    (),
    true_lines=(4, 4),
)
ROW = Row("half", "1", "fixed", True, Verdict(Judgement.RIGHT, "same tree"), 1.25, 0.5, 40, 2)


def suspect(path: str, line: int, kind: str = "suspect") -> dict:
    return {"kind": kind, "location": {"path": path, "line": line}}


@pytest.mark.parametrize(
    ("findings", "rank"),
    [
        ([suspect("half.py", 9), suspect("half.py", 4)], 2),
        ([suspect("half.py", 4, "failing-test"), suspect("half.py", 4)], 1),
        ([suspect("other.py", 4)], None),
        ([{"kind": "suspect", "location": None}], None),
        ([], None),
    ],
)
def test_the_rank_is_that_of_the_first_suspect_on_a_true_line(findings, rank) -> None:
    assert rank_of(BUG, findings) == rank


def test_a_section_is_replaced_and_the_rest_left_alone(tmp_path) -> None:
    path = tmp_path / "RESULTS.md"
    replace_section("one", "first", path)
    replace_section("two", "second", path)
    before = path.read_text()
    replace_section("one", "third", path)
    assert path.read_text() == before.replace("first", "third")


def test_a_judgement_on_file_holds_for_exactly_that_patch(tmp_path) -> None:
    path = tmp_path / "verdicts.toml"
    digest = digest_of({"half.py": "x = 1\n"})
    path.write_text(f'[[verdict]]\nbug = "half"\ndigest = "{digest}"\nright = false\nreason = "Rounds up."\n')
    assert known_verdict("half", digest, path) == Verdict(Judgement.NOT_RIGHT, "Rounds up.")
    assert known_verdict("half", digest_of({"half.py": "x = 2\n"}), path) is None


def test_the_summary_counts_right_only_what_was_proven() -> None:
    unproven = dataclasses.replace(ROW, proven=False, verdict=None, status="no-fix")
    overfit = dataclasses.replace(ROW, verdict=Verdict(Judgement.NOT_RIGHT, ""))
    assert summary([ROW, unproven, overfit]) == "3 bugs: 2 proven, 1 of them right; 0 violations."
    assert "| half 1 | halves | no (no-fix) | – | 1.2 | 0.5 | 40 | 2 |" in table([ROW, unproven], [BUG])
