"""What is shown after which run."""

import pytest

from macrohard_lsp.core.finding import FindingKind, Severity
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.host.book import ResultBook, covers
from macrohard_lsp.host.client.events import PlacedFinding, PlacedText
from macrohard_lsp.host.client.messages import Span


def result(word: str) -> TestResult:
    """`t.py::a+` passed, `t.py::a-` failed, `t.py!` can't be collected."""
    if word[-1] == "!":
        return TestResult(word[:-1], Outcome.ERROR, phase="collect")
    return TestResult(word[:-1], Outcome.PASSED if word[-1] == "+" else Outcome.FAILED)


def finding(
    name: str, kind: FindingKind = FindingKind.FAILING_TEST, version: int | None = 1
) -> PlacedFinding:
    at = PlacedText("t.py", Span(0, 0, 0, 1), version, name)
    return PlacedFinding(kind, Severity.ERROR, at, (name,), (at,))


def run(words: str) -> tuple[list[TestResult], list[PlacedFinding]]:
    results = [result(word) for word in words.split()]
    return results, [finding(each.id) for each in results if each.broken]


# What the whole suite said, what was asked for next, what that said, and what is shown then.
RUNS = {
    "mended": ("t.py::a- t.py::b-", ["t.py::a"], "t.py::a+", "t.py::b"),
    "broken": ("t.py::a+", ["t.py"], "t.py::a-", "t.py::a"),
    "gone": ("t.py::a- u.py::b-", ["t.py"], "", "u.py::b"),
    "a file that can't be collected": ("t.py::a+", ["t.py"], "t.py!", "t.py"),
    "a file that can be again": ("t.py!", ["t.py"], "t.py::a+", ""),
    "found besides": ("t.py::a+", [], "u.py!", "u.py"),
    "parameters": ("t.py::a[1]- t.py::a[2]-", ["t.py::a"], "t.py::a[1]+ t.py::a[2]-", "t.py::a[2]"),
    "a class": ("t.py::T::U::a- t.py::b-", ["t.py::T"], "t.py::T::U::a+", "t.py::b"),
}


@pytest.mark.parametrize("name", RUNS)
def test_what_is_shown_after_a_run_of_some(name: str):
    first, asked, second, shown = RUNS[name]
    book = ResultBook()
    book.replace(*run(first))
    book.update(asked, *run(second))
    assert [each.at.message for each in book.findings()] == shown.split()
    assert list(book.broken()) == shown.split()


def test_early_failures_stand_beside_until_the_run_ends():
    book = ResultBook()
    book.replace(*run("t.py::a-"))
    book.early([finding("t.py::a"), finding("t.py::b")])
    assert [each.at.message for each in book.findings()] == ["t.py::a", "t.py::b"]
    book.replace(*run("t.py::a- t.py::b+"))
    assert [each.at.message for each in book.findings()] == ["t.py::a"]


def test_what_was_found_before_goes_once_its_tests_have_ended():
    book = ResultBook()
    book.replace(*run("t.py::a- t.py::b- t.py::c-"))
    again = finding("t.py::b", version=2)
    book.early([again], ["t.py::a", "t.py::b"])
    assert book.findings() == (finding("t.py::c"), again)
    assert book.broken() == ("t.py::a", "t.py::b", "t.py::c")
    # The run was stopped, and said nothing that counts.
    book.early([])
    assert len(book.findings()) == 3


def test_suspects_go_with_their_failures():
    book = ResultBook()
    book.replace(*run("t.py::a- t.py::b-"))
    book.suspect([finding("t.py::a", FindingKind.SUSPECT)])
    book.update(["t.py::b"], *run("t.py::b+"))
    assert len(book.findings()) == 2
    book.repaired(["t.py::a"])
    assert book.findings() == ()
    assert book.counts() == (2, 0)


def test_a_closed_document_counts_no_versions():
    book = ResultBook()
    book.replace(*run("t.py::a-"))
    book.closed("other.py")
    assert book.findings()[0].at.version == 1
    book.closed("t.py")
    (shown,) = book.findings()
    assert (shown.at.version, shown.related[0].version) == (None, None)


@pytest.mark.parametrize(
    ("asked", "name", "covered"),
    [
        ("t.py", "t.py::a", True),
        ("t.py::a", "t.py::ab", False),
        ("t.py::T", "t.py::T::a[x::y]", True),
        ("t", "t.py::a", False),
    ],
)
def test_covers(asked: str, name: str, covered: bool):
    assert covers({asked}, name) is covered
