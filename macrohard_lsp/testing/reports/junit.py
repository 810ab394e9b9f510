"""Reads JUnit XML, which has no standard: what is common to the writers, and what each does beside it.

A report was written by a program that nobody has read. A document type is refused as soon as it begins, and with
it every entity that it could declare: expansion and files from elsewhere can't come up, whatever expat there is.
The whole is given to expat at once, so that no token is looked at twice, and what is kept of it is bounded.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from macrohard_lsp.core.testrun import Outcome
from macrohard_lsp.testing.reports.model import (
    DEEPEST,
    MOST_BYTES,
    MOST_NAME,
    MOST_TESTS,
    MOST_TEXT,
    BadReport,
    Report,
    ReportedTest,
    line_number,
    number,
)

_ENDINGS = {"failure": Outcome.FAILED, "error": Outcome.ERROR, "skipped": Outcome.SKIPPED}
_BROKEN = (Outcome.ERROR, Outcome.FAILED)
_PRINTED = frozenset({"system-out", "system-err"})
EXPECTED_TYPES = frozenset({"todo", "pytest.xfail"})
"""How skips are marked that are tests which ran and were expected to fail."""


def parse_junit(data: bytes) -> Report:
    """Raises BadReport."""
    if len(data) > MOST_BYTES:
        raise BadReport(f"is larger than {MOST_BYTES >> 20} MiB, which is the most that is read of a report")
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.characters
    try:
        parser.Parse(data.lstrip(), True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}, column {error.offset + 1}"
        raise BadReport(f"is not XML at {where}: {expat.ErrorString(error.code)}") from error
    except (ValueError, LookupError) as error:
        # Among them BadReport itself, and an encoding that nobody knows.
        raise error if isinstance(error, BadReport) else BadReport(f"can't be read: {error}") from error
    if not reading.is_report:
        raise BadReport(f"is no JUnit XML: its outermost element is <{reading.root[:MOST_NAME]}>")
    return Report(tuple(reading.tests), reading.problem)


def _refuse_document_type(*_: object) -> None:
    raise BadReport("has a document type (<!DOCTYPE), which reports don't need and which is not read")


@dataclass(slots=True)
class _Open:
    """A test case that has begun."""

    attributes: dict[str, str]
    outcome: Outcome = Outcome.PASSED
    exception: str = ""
    message: str = ""
    text: list[str] = field(default_factory=list[str])
    printed: list[str] = field(default_factory=list[str])
    place: tuple[str, int] = ("", 0)
    length: int = 0


class _Reading:
    def __init__(self) -> None:
        self.tests: list[ReportedTest] = []
        self.problem: str | None = None
        self.root = ""
        self._suites: list[dict[str, str]] = []
        self._case: _Open | None = None
        self._into: list[str] | None = None
        self._depth = 0

    @property
    def is_report(self) -> bool:
        return self.root in ("testsuites", "testsuite")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadReport(f"has more than {DEEPEST} elements inside one another")
        name = tag.rpartition(":")[2]
        self.root = self.root or name
        if self._case is not None:
            self._start_in_case(self._case, name, attributes)
        elif name == "testcase":
            self._case = _Open(attributes)
        elif name in ("testsuite", "testsuites"):
            # The name around all suites is that of the writer.
            named = attributes if name == "testsuite" else {**attributes, "name": ""}
            self._suites.append(named)

    def _start_in_case(self, case: _Open, name: str, attributes: dict[str, str]) -> None:
        outcome = _ENDINGS.get(name)
        if outcome is not None:
            kind = attributes.get("type", "")
            if outcome is Outcome.SKIPPED and kind in EXPECTED_TYPES:
                outcome = Outcome.XFAILED
            # A test that may fail is no failure; where both a failure and an error stand, the first speaks.
            if case.outcome in (Outcome.PASSED, Outcome.SKIPPED):
                case.outcome = outcome
                case.exception, case.message = kind, attributes.get("message", "")
                case.place = attributes.get("file", ""), line_number(attributes.get("line", ""))
            self._into = case.text
        elif name in _PRINTED:
            self._into = case.printed

    def characters(self, text: str) -> None:
        case = self._case
        if case is not None and self._into is not None and case.length < MOST_TEXT:
            case.length += len(text)
            self._into.append(text[:MOST_TEXT])

    def end(self, tag: str) -> None:
        self._depth -= 1
        name = tag.rpartition(":")[2]
        if name == "testcase" and self._case is not None:
            self._add(self._case)
            self._case = None
        elif name in _ENDINGS or name in _PRINTED:
            self._into = None
        elif name in ("testsuite", "testsuites") and self._case is None and self._suites:
            self._suites.pop()

    def _add(self, case: _Open) -> None:
        if len(self.tests) >= MOST_TESTS:
            self.problem = f"the report has more than {MOST_TESTS} tests, and only these were read"
            return
        given = case.attributes
        suites = (suite.get("name", "") for suite in self._suites)
        file = given.get("file") or given.get("filename") or self._file_of_suite()
        text = "".join(case.text)
        self.tests.append(
            ReportedTest(
                names=tuple(name[:MOST_NAME] for name in (*suites, given.get("name", ""))),
                outcome=case.outcome,
                seconds=number(given.get("time", "")),
                classname=given.get("classname", given.get("class", ""))[:MOST_NAME],
                file=file,
                line=line_number(given.get("line", "")),
                exception=case.exception[:MOST_NAME],
                message=(case.message or text.strip())[:MOST_TEXT],
                text=text,
                printed="".join(case.printed) if case.outcome in _BROKEN else "",
                failure_file=case.place[0],
                failure_line=case.place[1],
            )
        )

    def _file_of_suite(self) -> str:
        for suite in reversed(self._suites):
            for attribute in ("file", "filepath"):
                if suite.get(attribute):
                    return suite[attribute]
        return ""
