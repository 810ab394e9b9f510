"""One project's tests: first in the pytest that was started ahead, if there is one, then afresh, then what failed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from macrohard_lsp.core.events import Progress, StageStarted, TestEnded
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.testrun import Outcome, TestResult, TestRun, hung_in
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.requests import TestRequest
from macrohard_lsp.engine.standby import Standby
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.sandbox.spec import MachineLost
from macrohard_lsp.testing.findings import broken_ids
from macrohard_lsp.testing.options import DEFAULT_RUN_SECONDS, TestOptions
from macrohard_lsp.testing.pytest_run import Tested, run_tests
from macrohard_lsp.testing.stability import Stability, classify

PROGRESS_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Judged:
    """`notes` say what was done otherwise than usual."""

    tested: Tested
    stability: Stability
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Telling:
    """Tells the listener of results, and now and then how many there are."""

    context: EngineContext
    ended: int = 0
    told: float = field(default_factory=time.monotonic)

    def __call__(self, result: TestResult) -> None:
        self.ended += 1
        self.context.listener(TestEnded(result))
        if time.monotonic() - self.told > PROGRESS_SECONDS:
            self.told = time.monotonic()
            self.context.listener(Progress("baseline", self.ended, None, "tests run"))


@dataclass(frozen=True, slots=True)
class ProjectTests:
    """What is asked of one project; `ids` None are all its tests, run in the order given if `ordered`."""

    workplace: Workplace
    project: Project
    interpreter: Interpreter
    ids: tuple[str, ...] | None
    request: TestRequest
    context: EngineContext
    ordered: bool

    def judge(self) -> Judged:
        """Raises Cancelled, MachineUnavailable and MachineLost."""
        where = self._where
        version, origin = self.interpreter.version_text, self.interpreter.choice.origin
        self.context.listener(
            StageStarted("baseline", f"Running the tests of {where} (Python {version}, {origin})")
        )
        standby = self.context.standby
        ahead = None
        if standby is not None and self.ids is not None and self.request.since is not None:
            ahead = self._run_ahead(standby)
        tested = self._run(self._options(self.ids, first=True), _Telling(self.context))
        if standby is None or ahead is None:
            return Judged(tested, self._stability(tested.run, None))
        different = self._different(ahead.run, tested.run)
        if not different:
            return Judged(tested, self._stability(tested.run, ahead.run))
        return Judged(tested, self._stability(tested.run, None), self._doubt(standby, different))

    def _run_ahead(self, standby: Standby) -> Tested | None:
        """A run without the time that starting and watching take, so that it is soon told of; None where none waits."""
        ahead = standby.take(self.workplace, self.project, self.interpreter, self.context.cancel)
        if ahead is None:
            return None
        try:
            with ahead:
                tested = run_tests(
                    ahead.machine,
                    self.interpreter,
                    self.project,
                    self._options(self.ids),
                    on_result=_Telling(self.context),
                    cancel=self.context.cancel,
                    waiting=ahead.suite,
                )
        except MachineLost:
            return None
        finally:
            # The next save may come while failures are still being confirmed.
            standby.prepare(self.workplace)
        return None if tested.run.problem is not None and not tested.run.results else tested

    def _different(self, ahead: TestRun, fresh: TestRun) -> tuple[str, ...]:
        """Ids of the tests that ended otherwise in the pytest that waited than they do in a fresh one."""
        ended, expected = _outcomes(ahead), _outcomes(fresh)
        return tuple(name for name in {**ended, **expected} if ended.get(name) != expected.get(name))

    def _doubt(self, standby: Standby, different: tuple[str, ...]) -> tuple[str, ...]:
        """What is to be said where no more are started ahead."""
        again = _outcomes(self._run(self._options(different), None).run)
        first = _outcomes(self._run(self._options(different), None).run)
        # Those that end now one way, now the other, do so whatever they are run in.
        steady = [name for name in different if again.get(name) == first.get(name)]
        if not steady or not standby.doubt():
            return ()
        return (
            f"Tests of {self._where}, such as {steady[0]}, ended otherwise in a pytest that was started ahead than in "
            "fresh ones; from now on every run starts afresh.",
        )

    def _stability(self, first: TestRun, ahead: TestRun | None) -> Stability:
        """`ahead` is another run, with the same outcomes, of the same tests: it counts as one of the further ones."""
        runs = [ahead] if ahead is not None else []
        if names := broken_ids(first.results):
            again = "1 failing test" if len(names) == 1 else f"{len(names)} failing tests"
            self.context.listener(StageStarted("baseline", f"Running {again} again, each time afresh"))

        def run_fresh(ids: tuple[str, ...] | None) -> TestRun:
            if runs:
                return runs.pop()
            options = self._options(ids if ids is not None else self.ids)
            return self._run(replace(options, hung_in=hung_in(first.results)), None).run

        return classify(first, run_fresh)

    def _options(self, ids: tuple[str, ...] | None, *, first: bool = False) -> TestOptions:
        # Tests that are only collected use nothing, which would take the place of what is known of them.
        watch = first and self.context.footprints is not None and not self.request.collect_only
        return TestOptions(
            ids=ids,
            test_seconds=self.workplace.settings.test.timeout_seconds,
            seconds=(self.request.seconds if first else None) or DEFAULT_RUN_SECONDS,
            collect_only=self.request.collect_only,
            footprints=watch,
            ordered=self.ordered and ids is not None,
            arguments=self.workplace.pytest_arguments(self.project),
        )

    def _run(self, options: TestOptions, tell: Callable[[TestResult], None] | None) -> Tested:
        with self.workplace.room.open(self.workplace.snapshot, self.interpreter.choice) as machine:
            return run_tests(
                machine,
                self.interpreter,
                self.project,
                options,
                on_result=tell,
                cancel=self.context.cancel,
            )

    @property
    def _where(self) -> str:
        return self.project.directory or self.workplace.snapshot.root.name


def _outcomes(run: TestRun) -> dict[str, Outcome]:
    return {result.id: result.outcome for result in run.results}
