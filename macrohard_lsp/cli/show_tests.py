"""A test report in words for a person: what did not pass, where, and why; then the count."""

from collections.abc import Iterator, Sequence

from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.plain_text import one_line, seconds_text, visible
from macrohard_lsp.core.finding import Finding, FindingKind, Location
from macrohard_lsp.core.testrun import Ending, Outcome, TestResult
from macrohard_lsp.engine.requests import TestReport

MAX_SHOWN = 50
"""Broken tests shown one by one; the JSON has them all."""
MAX_MESSAGE_LINES = 8
MAX_LINE = 200

_ENDINGS = {Ending.TIMEOUT: "ran out of time", Ending.CRASH: "its interpreter died"}
_COLORS = {Outcome.FAILED: "red", Outcome.ERROR: "red", Outcome.FLAKY: "yellow"}


def text_of_tests(report: TestReport, console: Console) -> str:
    """The whole report, with colours where the console has them."""
    return "\n".join(_lines(report, console))


def _lines(report: TestReport, console: Console) -> Iterator[str]:
    found = {test: finding for finding in reversed(report.findings) for test in finding.tests}
    trouble = [result for result in report.results if result.broken or result.outcome is Outcome.FLAKY]
    for result in trouble[:MAX_SHOWN]:
        yield from _one_test(result, found.get(result.id), console)
        yield ""
    if len(trouble) > MAX_SHOWN:
        yield f"… and {len(trouble) - MAX_SHOWN} more; --json lists them all."
        yield ""
    shown = {_location(result, found.get(result.id)) for result in trouble if result.phase == "collect"}
    beside = [f for f in report.findings if f.kind is not FindingKind.COLLECTION or f.location not in shown]
    yield from finding_lines(beside, {result.id for result in trouble}, console)
    for note in report.notes:
        yield console.styled(f"Note: {one_line(note, 500)}", "yellow")
    color = "green" if report.all_passed else "red"
    yield console.styled(count_sentence(report), "bold", color)


def count_sentence(report: TestReport) -> str:
    """`41 passed, 1 failed in 1.2 s (tier: namespace).`"""
    counts = [
        f"{report.count(outcome)} {_plural(outcome, report)}" for outcome in Outcome if report.count(outcome)
    ]
    return (
        f"{', '.join(counts) or 'No test ran'} in {seconds_text(report.seconds)} (tier: {report.tier.value})."
    )


def finding_lines(findings: Sequence[Finding], told: set[str], console: Console) -> Iterator[str]:
    """What was found beside the tests in `told`, one paragraph each."""
    for finding in findings:
        if finding.kind is FindingKind.FAILING_TEST and told.issuperset(finding.tests):
            continue
        where = f"{place_text(finding.location)}: " if finding.location else ""
        head = f"{where}{finding.kind.value}"
        yield f"{console.styled(visible(head), 'bold')} {one_line(finding.message, 500)}"
        yield ""


def _one_test(result: TestResult, finding: Finding | None, console: Console) -> Iterator[str]:
    word = console.styled(result.outcome.value.upper(), "bold", _COLORS[result.outcome])
    place = _location(result, finding)
    where = f"  {place_text(place)}" if place else ""
    yield f"{word} {console.styled(one_line(result.id, MAX_LINE), 'bold')}{where}"
    ending = _ENDINGS.get(result.ending)
    if ending:
        yield f"    {ending}"
    message = visible(result.message or (finding.message if finding else "")).strip("\n")
    lines = message.splitlines()
    for line in lines[:MAX_MESSAGE_LINES]:
        yield f"    {line[:MAX_LINE]}".rstrip()
    if len(lines) > MAX_MESSAGE_LINES:
        yield f"    … {len(lines) - MAX_MESSAGE_LINES} more lines"


def _location(result: TestResult, finding: Finding | None) -> Location | None:
    """Where a person should look: the Finding's place, else the innermost frame in the user's own code."""
    if finding is not None and finding.location is not None:
        return finding.location
    own = [frame for frame in result.frames if frame.in_workspace]
    frame = own[-1] if own else result.defined_at
    return Location(frame.path, frame.line) if frame else None


def place_text(location: Location | None) -> str:
    """`path:line`, or nothing."""
    return f"{visible(location.path)}:{location.line}" if location else ""


def _plural(outcome: Outcome, report: TestReport) -> str:
    if outcome is Outcome.ERROR:
        return "error" if report.errors == 1 else "errors"
    return outcome.value
