"""Sentences for a person when a run could not be carried out, or not to its end."""

import signal

from macrohard_lsp.core.interpreter import Interpreter
from macrohard_lsp.core.testcommand import Framework
from macrohard_lsp.sandbox.machine import CommandResult
from macrohard_lsp.testing.attempt import Attempt, End
from macrohard_lsp.testing.record import Record, Session

INTERRUPTED, INTERNAL_ERROR, USAGE_ERROR, NO_TESTS = 2, 3, 4, 5
LAST_WORDS = 300
NO_TESTS_FOUND = {
    Framework.PYTEST: "pytest found no tests in {}; check `testpaths` and `python_files` in its configuration",
    Framework.UNITTEST: (
        "unittest found no tests in {}; it looks for files named test*.py. Where they are named otherwise, say so in "
        'the setting `test.arguments`, for example ["-s", "tests", "-p", "*_test.py"]'
    ),
}


def problem_of(attempt: Attempt, record: Record, interpreter: Interpreter) -> str | None:
    """What kept this process from its work, or None. Tests that hang or die are results instead."""
    session = record.session
    if attempt.end is End.CORRUPTED:
        return (
            "the program under test wrote to the test runner's own channel, so no result of this run can be "
            f"trusted (it wrote: {attempt.detail[:LAST_WORDS]!r})"
        )
    if session.unusable is not None:
        return _unusable(session, interpreter)
    if session.conftest is not None:
        failure = session.conftest.failure
        where = session.conftest.path or "a conftest.py"
        first = failure.message.partition("\n")[0]
        return f"{where} could not be imported ({first}); pytest runs nothing until that is repaired"
    if session.internal is not None:
        said = session.internal.message
        return f"{interpreter.framework} itself failed ({said}); look for a plugin or a hook in a conftest that raises"
    if session.finished is None:
        return _unfinished(attempt, session, interpreter)
    return _finished(session, record, interpreter)


def _unusable(session: Session, interpreter: Interpreter) -> str:
    executable = interpreter.choice.executable
    if session.unusable is not None and session.unusable.reason == "old-pytest":
        return (
            f"pytest {session.unusable.version} in {executable} is too old; "
            f"install 6.2 or later: {executable} -m pip install --upgrade pytest"
        )
    return (
        f"pytest is not installed in {executable} (found through {interpreter.choice.origin}); "
        f"install it: {executable} -m pip install pytest"
    )


def _unfinished(attempt: Attempt, session: Session, interpreter: Interpreter) -> str:
    command, framework = attempt.command, interpreter.framework
    words = last_words(command)
    if attempt.end is End.QUIET:
        return f"{framework} went quiet between tests and was stopped; its last words: {words or 'none'}"
    if session.started is None and command.exit_code == USAGE_ERROR:
        return f"{framework} refused its configuration or arguments: {words}"
    if session.started is None:
        executable = interpreter.choice.executable
        how = describe_end(command)
        return f"{framework} did not start in {executable} ({how}); its last words: {words or 'none'}"
    return (
        f"{framework} ended before it was done ({describe_end(command)}); its last words: {words or 'none'}"
    )


def _finished(session: Session, record: Record, interpreter: Interpreter) -> str | None:
    finished = session.finished
    assert finished is not None
    if finished.status == USAGE_ERROR:
        return "pytest refused its arguments: a file or directory it was given does not exist"
    if session.interrupted is not None:
        what = session.interrupted.exception
        caller = "pytest.exit" if what == "Exit" else what
        return f"the run was stopped by {caller}: {session.interrupted.message or 'no reason given'}"
    if finished.failed and not any(result.broken for result in record.results.values()):
        return (
            f"{interpreter.framework} counted {finished.failed} failures but reported none of them, so its results "
            "can't be trusted; a plugin or the program under test interferes with its reports"
        )
    return None


def describe_end(command: CommandResult) -> str:
    """How a process ended, in words: `exit status 3`, `signal 11, SIGSEGV`."""
    if command.timed_out:
        return "it cut its connection to the test runner and went on running"
    if command.killed_by:
        return f"killed: {command.killed_by}"
    if command.signal:
        try:
            name = f", {signal.Signals(command.signal).name}"
        except ValueError:
            name = ""
        return f"signal {command.signal}{name}"
    return f"exit status {command.exit_code}"


def last_words(command: CommandResult) -> str:
    """The line of the output that says most: pytest's own error line, or the last line."""
    for output in (command.stderr, command.stdout):
        lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
        errors = [line for line in lines if "error:" in line.lower() and "usage:" not in line]
        if errors or lines:
            return (errors or lines)[-1].removeprefix("ERROR: ")[:LAST_WORDS]
    return ""
