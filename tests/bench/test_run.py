import dataclasses

import pytest

from bench.real import prepare, run
from bench.real.bugs import Bug, Edit
from bench.real.oracle import Judgement, Verdict
from bench.real.report import Row, summary, table, violations
from bench.real.run import digest_of, known_verdict, main, rank_of
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
ROW = Row("one-hunk", "half", "1", "fixed", True, Verdict(Judgement.RIGHT, "same tree"), 1.25, 0.5, 40, 2)


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
    assert summary([ROW, unproven, overfit]) == "3 bugs: 2 proven, 1 of them right."
    assert "| half 1 | halves | no (no-fix) | – | 1.2 | 0.5 | 40 | 2 |" in table([ROW, unproven], [BUG])


def test_violations_of_both_lists_are_counted_together() -> None:
    broken = dataclasses.replace(ROW, list="one-expression", violations=("a Fix does not apply",))
    assert violations([ROW]) == "**0 violations over all the bugs run.**"
    assert violations([ROW, broken]).splitlines() == [
        "**1 violation over all the bugs run.**",
        "- half 1: a Fix does not apply",
    ]


def test_a_bug_that_cannot_be_prepared_stops_no_other(tmp_path, monkeypatch, capsys) -> None:
    """The archives are here, with other digests than the list's, so that no network is asked."""
    (tmp_path / "sdists").mkdir()
    bugs = [dataclasses.replace(BUG, name=name, sdist=f"{name}.tar.gz") for name in ("half", "third")]
    for bug in bugs:
        (tmp_path / "sdists" / bug.sdist).write_bytes(b"something else")
    monkeypatch.setattr(prepare, "STORE", tmp_path)
    monkeypatch.setattr(run, "STORE", tmp_path)
    monkeypatch.setattr(run, "load_bugs", lambda: bugs)
    assert main(["--only", "half", "--only", "third"]) == 2
    told = capsys.readouterr().out
    assert "| half 1 | halves | not prepared | – | – | – | – | – |" in told
    assert "| third 1 | halves | not prepared |" in told


def test_a_list_is_run_alone(monkeypatch, capsys) -> None:
    monkeypatch.setattr(run, "load_bugs", lambda: [BUG])
    assert main(["--list", "one-expression"]) == 2
    assert "there are: half" in capsys.readouterr().err
