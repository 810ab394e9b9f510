"""From a report's tests to results: what each is called, where it stands, where it failed."""

import re
from collections.abc import Sequence

from macrohard_lsp.core.testcommand import ReportingCommand, ReportKind
from macrohard_lsp.core.testrun import Frame, Outcome, TestResult
from macrohard_lsp.testing.reports.model import ReportedTest
from macrohard_lsp.testing.reports.places import Places

MESSAGE_CHARACTERS = 600
MESSAGE_LINES = 12
BETWEEN = " > "
_STACK = re.compile(r"\s*at .*:\d+\)?$|\s*❯ ")
"""Where a stack begins: it is shown as places, not as text."""
NOWHERE = "The report names no file of this folder, so this is shown where the command is configured."


def results_of(
    tests: Sequence[ReportedTest], command: ReportingCommand, places: Places
) -> tuple[TestResult, ...]:
    """One result for each, in order, under an id that doesn't depend on how the test ended."""
    seen: dict[str, int] = {}
    results: list[TestResult] = []
    for test in tests:
        name = _id(test, command, places)
        number = seen[name] = seen.get(name, 0) + 1
        results.append(_result(f"{name} #{number}" if number > 1 else name, test, command, places))
    return tuple(results)


def trouble(command: ReportingCommand, sentence: str) -> TestResult:
    """What a command leaves when it did not do its work, so that no run of it is green that should not be."""
    return TestResult(
        id=f"{command.configured or command.name}::{command.name}" if command.configured else command.name,
        outcome=Outcome.ERROR,
        phase="collect",
        message=sentence,
        defined_at=_configured(command),
        command=command.name,
    )


def _id(test: ReportedTest, command: ReportingCommand, places: Places) -> str:
    """`FILE::SUITE > TEST`; where passing tests have no file, the class or the command stands for it."""
    names = [places.shortened(" ".join(name.split())) for name in test.names]
    if places.file(test.names[-1]) is not None:
        # Node calls a file that could not be run by its path.
        return names[-1]
    by_class = places.of_class(test.classname)
    if by_class is not None and by_class[0] != test.classname:
        return "::".join([by_class[0], *by_class[1], names[-1]])
    # TAP names a file only where a test failed.
    named = places.file(test.file) if command.kind is ReportKind.JUNIT_XML else None
    file = named or (by_class[0] if by_class is not None else places.file(names[0]))
    suites = [name for name in names[:-1] if name and name not in (file, test.classname)]
    if suites and names[-1].startswith(f"{suites[-1]} "):
        suites.pop()
    before = file or places.shortened(_class(test)) or command.name
    return f"{before}::{BETWEEN.join([*suites, names[-1]])}"


def _class(test: ReportedTest) -> str:
    """What stands in the place of a class where there is none says nothing."""
    return "" if test.classname in ("test", test.names[-1]) else test.classname


def _result(name: str, test: ReportedTest, command: ReportingCommand, places: Places) -> TestResult:
    broken = test.outcome in (Outcome.FAILED, Outcome.ERROR)
    defined = _defined(test, places)
    frames = _frames(test, places) if broken else ()
    message = _short(places.shortened(test.message or test.exception))
    if broken and not frames and defined is None:
        defined = _configured(command)
        message = f"{message}\n{NOWHERE}".lstrip() if defined is not None else message
    return TestResult(
        id=name,
        outcome=test.outcome,
        seconds=test.seconds,
        exception=test.exception,
        message=message,
        frames=frames,
        defined_at=defined,
        command=command.name,
    )


def _frames(test: ReportedTest, places: Places) -> tuple[Frame, ...]:
    """Where the report itself says that it failed, else the user's own frames of the stack in its text."""
    near = places.package(test.classname)
    path = places.file(test.failure_file, near) if test.failure_line else None
    if path is not None:
        return (Frame(path, test.failure_line, test.names[-1], True),)
    texts = (test.text, test.message, test.printed)
    return next((frames for text in texts if (frames := places.frames(text, near))), ())


def _defined(test: ReportedTest, places: Places) -> Frame | None:
    """The test itself, as far as the report says, or the first line of its file."""
    own = places.file(test.names[-1])
    by_class = places.of_class(test.classname)
    around = by_class[0] if by_class is not None else places.file(test.names[0])
    path = places.file(test.file) or own or around
    return None if path is None else Frame(path, max(test.line, 1), test.names[-1], True)


def _configured(command: ReportingCommand) -> Frame | None:
    if not command.configured:
        return None
    return Frame(command.configured, command.line, command.name, True)


def _short(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    stack = next((place for place, line in enumerate(lines) if place and _STACK.match(line)), len(lines))
    lines = lines[:stack]
    short = "\n".join(lines[:MESSAGE_LINES])[:MESSAGE_CHARACTERS]
    return f"{short}…" if len(lines) > MESSAGE_LINES or len(short) == MESSAGE_CHARACTERS else short
