"""Runs a project's tests in a Machine and tells how each ended, whatever they do to their interpreter."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.testrun import (
    Ending,
    Outcome,
    TestResult,
    TestRun,
    hung_in,
    is_import,
    named_by,
)
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.testing import problems
from macrohard_lsp.testing.attempt import Attempt, End, Orders, Site, SuiteProcess, run_attempt
from macrohard_lsp.testing.coverage import Coverage, coverage_of
from macrohard_lsp.testing.messages import Footprint, frames_of
from macrohard_lsp.testing.options import TestOptions, pytest_arguments
from macrohard_lsp.testing.origin_check import refusal
from macrohard_lsp.testing.record import Record
from macrohard_lsp.testing.stack import frames_of_stack

MOST_RESTARTS = 20


@dataclass(frozen=True, slots=True)
class Tested:
    """A TestRun and what else was learned. `collected` are the ids that were to run, in order.

    `forged` are trapped tests that were reported as passed although they were made to fail: the program
    under test tampers with results, and none of them counts.
    """

    run: TestRun
    collected: tuple[str, ...]
    coverage: Coverage | None = None
    footprints: tuple[Footprint, ...] = ()
    forged: tuple[str, ...] = ()


def run_tests(
    machine: Machine,
    interpreter: Interpreter,
    project: Project,
    options: TestOptions,
    *,
    on_result: Callable[[TestResult], None] | None = None,
    cancel: Cancel,
    waiting: SuiteProcess | None = None,
) -> Tested:
    """Run tests, in a new process after each that hung or killed its interpreter. Raises Cancelled.

    The first is the one that is `waiting` in the Machine, where there is one.
    """
    site = Site(machine, interpreter, project, cancel)
    return _Runner(site, options, Record(on_result), waiting).run()


class _Runner:
    """The state of one call of `run_tests`."""

    def __init__(
        self, site: Site, options: TestOptions, record: Record, waiting: SuiteProcess | None
    ) -> None:
        self._site = site
        self._waiting = waiting
        self._options = options
        self._record = record
        self._arguments = pytest_arguments(options, site.interpreter.plugins)
        self._began = time.monotonic()
        self._collected: dict[str, None] = {}
        self._problem: str | None = None
        self._void = False

    def run(self) -> Tested:
        orders = Orders(
            select=self._options.ids,
            deselect=self._options.deselect,
            ignore=(),
            trap=self._options.trap,
            arguments=self._arguments,
            files=(),
            coverage=self._options.coverage,
            parts=self._options.parts,
            footprints=self._options.footprints,
            ordered=self._options.ordered,
            check_origin=self._options.check_origin,
            test_seconds=self._options.test_seconds,
            hung_in=self._options.hung_in,
            deadline=self._began + self._options.seconds,
        )
        self._run_to_the_end(orders)
        missing = self._missing()
        if missing and self._problem is None:
            # Tests outside what the configuration collects by default run when their files are named.
            files = tuple(dict.fromkeys(name.partition("::")[0] for name in missing))
            self._run_to_the_end(replace(orders, select=missing, files=files))
        return self._tested()

    def _run_to_the_end(self, orders: Orders) -> None:
        for _ in range(MOST_RESTARTS + 1):
            waiting, self._waiting = self._waiting, None
            attempt = run_attempt(self._site, orders, self._record, waiting)
            self._collected.update(dict.fromkeys(self._record.session.collected or ()))
            if not self._goes_on(attempt):
                return
            broken_files = [r.id for r in self._record.results.values() if r.phase == "collect" and r.broken]
            orders = replace(
                orders,
                hung_in=orders.hung_in | hung_in(self._record.results.values()),
                deselect=(*self._options.deselect, *self._record.results),
                ignore=tuple(broken_files),
            )
            if self._collected and not self._left():
                return
        self._problem = (
            f"tests hung or killed their interpreter {MOST_RESTARTS + 1} times, so the run was given up; "
            f"{len(self._left())} of {len(self._collected)} tests did not run"
        )

    def _goes_on(self, attempt: Attempt) -> bool:
        """Judge how a process ended; True when the rest is to run in a new one."""
        record = self._record
        if attempt.end is End.FOREIGN:
            self._void = True
            self._problem = refusal(record.origins, self._site.machine.original)
            return False
        if attempt.end is End.OUT_OF_TIME:
            self._problem = (
                f"the run was stopped after {self._options.seconds:g} s, when {len(record.results)} of "
                f"{len(self._collected)} tests had ended; allow more seconds or choose fewer tests"
            )
            return False
        if attempt.end is End.HUNG:
            return True
        self._void = attempt.end is End.CORRUPTED
        if self._record_dead(attempt):
            return True
        self._problem = problems.problem_of(attempt, record, self._site.interpreter) or self._incomplete()
        self._keep_conftest_error()
        return False

    def _record_dead(self, attempt: Attempt) -> bool:
        """Record what was running when the interpreter died, or when something in a test stopped pytest."""
        session = self._record.session
        stopped = session.interrupted if attempt.end is End.FINISHED else None
        victims = (*session.running, *session.collecting)
        if not victims or attempt.end is End.CORRUPTED or (attempt.end is End.FINISHED and stopped is None):
            return False
        if stopped is not None and stopped.exception == "Exit":
            return False
        frames = frames_of_stack(
            attempt.command.stderr.decode("utf-8", "replace").splitlines(), self._site.machine.workspace
        )
        how = problems.describe_end(attempt.command)
        for name in victims:
            action = "this test ran" if name in session.running else "this file was imported"
            text = (
                f"the interpreter died ({how}) while {action}"
                if stopped is None
                else f"{stopped.exception} stopped {self._site.interpreter.framework} while {action}"
            )
            self._record.stop(name, Ending.CRASH, text, now=time.monotonic(), frames=frames)
        return True

    def _keep_conftest_error(self) -> None:
        conftest = self._record.session.conftest
        if conftest is None:
            return
        failure = conftest.failure
        self._record.add(
            TestResult(
                id=conftest.path or "conftest.py",
                outcome=Outcome.ERROR,
                phase="collect",
                exception=failure.exception,
                message=failure.message,
                frames=frames_of(failure.frames),
            )
        )

    def _left(self) -> tuple[str, ...]:
        return tuple(name for name in self._collected if name not in self._record.results)

    def _missing(self) -> tuple[str, ...]:
        found = {part for name in (*self._record.results, *self._collected) for part in named_by(name)}
        return tuple(name for name in self._options.ids or () if name not in found and not is_import(name))

    def _incomplete(self) -> str | None:
        session, framework = self._record.session, self._site.interpreter.framework
        left = () if self._options.collect_only else self._left()
        if left:
            stopped = session.finished.stopped if session.finished else ""
            reason = f" ({stopped})" if stopped else ""
            return (
                f"{framework} ended{reason} without an outcome for {len(left)} of {len(self._collected)} tests, "
                f"among them {left[0]}"
            )
        if not self._collected and not self._record.results and self._options.ids is None:
            where = self._site.project.directory or "the workspace folder"
            return problems.NO_TESTS_FOUND[framework].format(where)
        return None

    def _tested(self) -> Tested:
        record, options = self._record, self._options
        missing = self._missing()
        if self._problem is None and missing and not record.results:
            self._problem = f"none of the tests asked for was found, such as {missing[0]}; check the ids"
        # Results that say nothing of this code, or that can't be believed, aren't handed on.
        results = () if self._void else tuple(record.results.values())
        trapped = set(options.trap)
        executable = str(self._site.interpreter.choice.executable)
        run = TestRun(
            results=results,
            command=(executable, "-m", self._site.interpreter.framework.value, *self._arguments),
            tier=self._site.machine.tier,
            seconds=time.monotonic() - self._began,
            problem=self._problem,
            missing=missing,
        )
        return Tested(
            run=run,
            collected=tuple(self._collected),
            coverage=coverage_of(record.lines) if options.coverage else None,
            footprints=() if self._void else tuple(record.footprints),
            forged=tuple(
                r.id for r in results if r.id in trapped and r.outcome in (Outcome.PASSED, Outcome.XPASSED)
            ),
        )
