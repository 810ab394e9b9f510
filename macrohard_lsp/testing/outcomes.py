"""From pytest's reports of the phases of a test to the one outcome pytest itself counts."""

from collections.abc import Sequence

from macrohard_lsp.core.testrun import Ending, Frame, Outcome, TestResult
from macrohard_lsp.testing.messages import CollectReport, Failure, FrameFields, Report, frames_of, wanted_of

RERUN = "rerun"


def combine(name: str, reports: Sequence[Report], defined: FrameFields | None) -> TestResult | None:
    """The result of one test from all its reports, or None where they don't decide it."""
    reports = _after_last_rerun(reports)
    defined_at = definition(defined, reports)
    seconds = sum(report.seconds for report in reports if not report.subtest)
    deciding = _deciding(reports)
    if deciding is None:
        return None
    outcome = _outcome(deciding)
    failure = deciding.failure or Failure(exception="", message="", frames=())
    return TestResult(
        id=name,
        outcome=outcome,
        seconds=seconds,
        phase="call" if deciding.phase == "lost" else deciding.phase,
        exception=failure.exception,
        message=failure.message if deciding.expected is None else _reason(deciding.expected),
        frames=frames_of(failure.frames) if outcome in (Outcome.FAILED, Outcome.ERROR) else (),
        defined_at=defined_at,
        wanted=wanted_of(failure),
        ending=Ending.CRASH if deciding.phase == "lost" else Ending.NORMAL,
    )


def stopped(
    name: str,
    phase: str,
    defined: Frame | None,
    *,
    ending: Ending,
    message: str,
    frames: tuple[Frame, ...],
    seconds: float,
) -> TestResult:
    """The result of a test that never reported its own end."""
    return TestResult(
        id=name,
        outcome=Outcome.FAILED if phase == "call" else Outcome.ERROR,
        seconds=seconds,
        phase=phase,
        message=message,
        frames=frames,
        defined_at=defined,
        ending=ending,
    )


def collection_result(report: CollectReport) -> TestResult:
    """A file that could not be collected, or skipped itself, stands in the results under its own path."""
    failure = report.failure or Failure(exception="", message="", frames=())
    return TestResult(
        id=report.id or ".",
        outcome=Outcome.SKIPPED if report.outcome == "skipped" else Outcome.ERROR,
        phase="collect",
        exception=failure.exception,
        message=failure.message,
        frames=frames_of(failure.frames),
        wanted=wanted_of(failure),
    )


def _after_last_rerun(reports: Sequence[Report]) -> Sequence[Report]:
    places = [place for place, report in enumerate(reports) if report.outcome == RERUN]
    return reports[places[-1] + 1 :] if places else reports


def _deciding(reports: Sequence[Report]) -> Report | None:
    """The first failure, a subtest's before the test's own; else a skip; else the call's report."""
    failed = [report for report in reports if report.outcome == "failed"]
    if failed:
        return next((report for report in failed if report.subtest), failed[0])
    own = [report for report in reports if not report.subtest]
    skipped = [report for report in own if report.outcome == "skipped"]
    calls = [report for report in own if report.phase == "call"]
    return next(iter(skipped + calls), None)


def _outcome(report: Report) -> Outcome:
    if report.outcome == "failed":
        return Outcome.FAILED if report.phase in ("call", "lost") else Outcome.ERROR
    if report.outcome == "skipped":
        return Outcome.SKIPPED if report.expected is None else Outcome.XFAILED
    return Outcome.PASSED if report.expected is None else Outcome.XPASSED


def _reason(expected: str) -> str:
    return expected.removeprefix("reason: ")


def definition(defined: FrameFields | None, reports: Sequence[Report]) -> Frame | None:
    fields = defined or next((report.defined for report in reports if report.defined), None)
    return None if fields is None else Frame(*fields)
