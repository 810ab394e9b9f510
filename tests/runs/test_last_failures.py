"""What failed last, as the journal remembers it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from macrohard_lsp.core.events import TestEnded
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.runs.last_failures import last_failures
from macrohard_lsp.runs.recorder import start_run

FOLDER = Path("/somewhere/project")


@pytest.fixture
def record(journal_path: Path):
    def record(
        request: Mapping[str, Any], outcomes: str, kind: str = "test", status: str = "failed", folder=FOLDER
    ) -> None:
        """`outcomes` as in `a+ b-`: a passed, b failed."""
        recorder = start_run(journal_path, kind, str(folder), request)
        for word in outcomes.split():
            outcome = Outcome.PASSED if word[-1] == "+" else Outcome.FAILED
            recorder.record(TestEnded(TestResult(f"test_x.py::{word[:-1]}", outcome)))
        if status:
            recorder.finish(status, "")

    return record


# The runs from the oldest to the newest, and the names of what failed last.
WHOLE, SOME = {"ids": []}, {"ids": ["test_x.py::a"]}
CASES: dict[str, tuple[list[tuple[Any, ...]], str | None]] = {
    "one": ([(WHOLE, "a+ b- c-")], "b c"),
    "all passed": ([(WHOLE, "a+", "test", "passed")], ""),
    "the newest whole run decides": ([(WHOLE, "a- b-"), (WHOLE, "a+ b-")], "b"),
    "one was mended since": ([(WHOLE, "a- b-"), (SOME, "a+")], "b"),
    "one broke since": ([(WHOLE, "a+ b+"), (SOME, "a-")], "a"),
    "mended and broken again": ([(WHOLE, "a-"), (SOME, "a+"), (SOME, "a-")], "a"),
    "a repair runs the suite, too": ([(WHOLE, "a-"), ({"tests": ["x"]}, "a+ b-", "fix", "no-fix")], "b"),
    "only parts are known": ([(SOME, "a-")], None),
    "one that was stopped": ([(WHOLE, "a-", "test", "cancelled")], None),
    "one that was killed": ([(WHOLE, "a-", "test", "")], None),
    "another folder": ([(WHOLE, "a-", "test", "failed", "/elsewhere")], None),
    "nothing": ([], None),
}


@pytest.mark.parametrize("name", CASES)
def test_last_failures(record, journal_path: Path, name: str):
    runs, expected = CASES[name]
    for run in runs:
        record(*run)
    found = last_failures(journal_path, FOLDER)
    assert found == (None if expected is None else tuple(f"test_x.py::{each}" for each in expected.split()))


def test_a_journal_that_is_none(journal_path: Path):
    journal_path.write_bytes(b"not a database, but long enough to look like a file of something else" * 40)
    assert last_failures(journal_path, FOLDER) is None
    assert last_failures(journal_path.parent / "none", FOLDER) is None
    assert not (journal_path.parent / "none").exists()
