"""From results to Findings: where a person should look first, and what to read there."""

from collections.abc import Iterable

from macrohard_lsp.core.finding import Finding, FindingKind, Location, RelatedPlace, Severity
from macrohard_lsp.core.testrun import Frame, Outcome, TestResult, TestRun

DEFAULT_SOURCE = "pytest"
MOST_RELATED = 8
MOST_OF_MESSAGE = 160
"""Characters of the failure's own message, where another sentence is to be read beside it."""


def findings_of(run: TestRun) -> tuple[Finding, ...]:
    """One Finding for each broken result, in the order in which they ran."""
    return tuple(finding_of(result) for result in run.results if result.broken)


def finding_of(result: TestResult) -> Finding:
    """The innermost failing frame in the user's code is the location; the other frames are related."""
    collection = result.phase == "collect" and not result.command
    return Finding(
        kind=FindingKind.COLLECTION if collection else FindingKind.FAILING_TEST,
        severity=Severity.ERROR,
        source=result.command or DEFAULT_SOURCE,
        location=location_of(result),
        message=_message(result),
        tests=(result.id,),
        related=_related(result),
    )


def need_finding(result: TestResult, sentence: str) -> Finding:
    """A test that fails for want of something the sandbox withholds; `sentence` says how to let it through."""
    return Finding(
        kind=FindingKind.NEEDS_SETTING,
        severity=Severity.ERROR,
        source=result.command or DEFAULT_SOURCE,
        location=location_of(result),
        message=f"{_first_line(result)[:MOST_OF_MESSAGE]}\n{sentence}",
        tests=(result.id,),
        related=_related(result),
    )


def flaky_finding(result: TestResult, failed: int, runs: int) -> Finding:
    """A test that failed in `failed` of `runs` fresh runs of the same code."""
    return Finding(
        kind=FindingKind.FLAKY_TEST,
        severity=Severity.WARNING,
        source=result.command or DEFAULT_SOURCE,
        location=_definition(result),
        message=f"flaky: failed in {failed} of {runs} fresh runs of the same code ({_first_line(result)})",
        tests=(result.id,),
        related=_related(result),
    )


def suite_order_finding(result: TestResult) -> Finding:
    """A test that fails in the suite and passes without it."""
    return Finding(
        kind=FindingKind.SUITE_ORDER,
        severity=Severity.WARNING,
        source=result.command or DEFAULT_SOURCE,
        location=_definition(result),
        message=(
            "passes alone and fails in the suite: another test leaves something behind that it stumbles over "
            f"({_first_line(result)})"
        ),
        tests=(result.id,),
        related=_related(result),
    )


def location_of(result: TestResult) -> Location | None:
    """None for a test of a command that says nothing of where it is, and that no file of the folder asks for."""
    own = [frame for frame in result.frames if frame.in_workspace]
    return _place(own[-1]) if own else _definition(result)


def _definition(result: TestResult) -> Location | None:
    if result.defined_at is not None and result.defined_at.in_workspace:
        return _place(result.defined_at)
    if result.command:
        return None
    return Location(result.id.partition("::")[0], 1)


def _related(result: TestResult) -> tuple[RelatedPlace, ...]:
    own = [frame for frame in result.frames if frame.in_workspace]
    calls = [(_place(frame), f"called from here, in {frame.function}") for frame in reversed(own[:-1])]
    if result.defined_at is not None and result.defined_at.in_workspace:
        calls.append((_place(result.defined_at), f"the test, {result.defined_at.function}"))
    seen = {location_of(result)}
    related: list[RelatedPlace] = []
    for place, message in calls:
        if place not in seen:
            seen.add(place)
            related.append(RelatedPlace(place, message))
    return tuple(related[:MOST_RELATED])


def _message(result: TestResult) -> str:
    text = result.message or result.exception or "the test failed without an explanation"
    if result.outcome is Outcome.ERROR and result.phase in ("setup", "teardown"):
        return f"in the {result.phase} of the test: {text}"
    return text


def _first_line(result: TestResult) -> str:
    return _message(result).partition("\n")[0]


def _place(frame: Frame) -> Location:
    return Location(frame.path, max(frame.line, 1))


def broken_ids(results: Iterable[TestResult]) -> tuple[str, ...]:
    """Ids of tests that broke; files that could not be collected are no tests."""
    return tuple(result.id for result in results if result.broken and result.phase != "collect")
