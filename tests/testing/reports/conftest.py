"""One `check` for reports: what is read of each test, a line a test.

An expectation is `OUTCOME ID [@ PATH:LINE] [| PART OF THE MESSAGE]`; `problem PART` speaks of the whole report, and
`refused PART` of one that can't be read. Files of the workspace are named by the text.
"""

import re
import textwrap
from pathlib import PurePosixPath

import pytest

from macrohard_lsp.core.testcommand import ReportingCommand, ReportKind
from macrohard_lsp.testing.findings import location_of
from macrohard_lsp.testing.reports.junit import parse_junit
from macrohard_lsp.testing.reports.model import BadReport
from macrohard_lsp.testing.reports.places import Places
from macrohard_lsp.testing.reports.results import results_of
from macrohard_lsp.testing.reports.tap import parse_tap

LINE = re.compile(r"(?P<word>\w+) (?P<id>.*?)(?: @ (?P<place>[^|]+:\d+))?(?: \| (?P<message>.*))?$")
INSIDE, OUTSIDE = PurePosixPath("/tmp/macrohard-copy/shop"), PurePosixPath("/home/u/shop")


@pytest.fixture
def check():
    def check(report: str | bytes, files: str, expected: str, *, directory: str = "", modules=None) -> None:
        data = textwrap.dedent(report).encode() if isinstance(report, str) else report
        tap = not data.lstrip().startswith(b"<") and b"<?xml" not in data[:100]
        command = ReportingCommand(
            "the command",
            ("run",),
            ReportKind.TAP if tap else ReportKind.JUNIT_XML,
            directory=directory,
            configured="pyproject.toml",
            line=7,
        )
        lines = [line.strip() for line in expected.strip().splitlines()]
        try:
            read = parse_tap(data.decode()) if tap else parse_junit(data)
        except BadReport as error:
            assert len(lines) == 1 and lines[0].startswith("refused "), str(error)
            assert lines[0].removeprefix("refused ") in str(error)
            return
        places = Places(files.split(), (INSIDE, OUTSIDE), directory, modules)
        results = results_of(read.tests, command, places)
        told = "\n".join(map(str, (*results, read.problem)))
        problem = [line.removeprefix("problem ") for line in lines if line.startswith("problem ")]
        assert (read.problem is not None) == bool(problem), told
        assert not problem or problem[0] in (read.problem or ""), told
        wanted = [line for line in lines if not line.startswith("problem ")]
        assert len(wanted) == len(results), told
        for line, result in zip(wanted, results, strict=True):
            match = LINE.match(line)
            assert match is not None and (match["word"], match["id"]) == (result.outcome, result.id), told
            if match["place"]:
                place = location_of(result)
                assert place is not None and f"{place.path}:{place.line}" == match["place"].strip(), told
            assert (match["message"] or "") in result.message, told

    return check
