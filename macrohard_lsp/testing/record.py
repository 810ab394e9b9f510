"""What is known of a run while it goes on, over all the processes it takes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from macrohard_lsp.core.testrun import Ending, Frame, Outcome, TestResult
from macrohard_lsp.testing import messages as said
from macrohard_lsp.testing import outcomes

OnResult = Callable[[TestResult], None]
COLLECT_SECONDS = 120.0
_FOLLOWING = {"setup": "call", "call": "teardown"}


@dataclass(slots=True)
class Session:
    """What one pytest process has told. `running` and `collecting` map ids to when they began."""

    running: dict[str, float] = field(default_factory=dict[str, float])
    collecting: dict[str, float] = field(default_factory=dict[str, float])
    phases: dict[str, str] = field(default_factory=dict[str, str])
    reports: dict[str, list[said.Report]] = field(default_factory=dict[str, list[said.Report]])
    collected: tuple[str, ...] | None = None
    started: said.SessionStarted | None = None
    finished: said.Finished | None = None
    unusable: said.Unusable | None = None
    conftest: said.ConftestError | None = None
    internal: said.InternalError | None = None
    interrupted: said.Interrupted | None = None
    last_heard: float = 0.0


class Record:
    """Takes messages in the order they were said; gathers results, coverage and origins of the whole run."""

    def __init__(self, on_result: OnResult | None) -> None:
        self._on_result = on_result
        self.results: dict[str, TestResult] = {}
        self.defined: dict[str, said.FrameFields | None] = {}
        self.lines: list[said.Lines] = []
        self.footprints: list[said.Footprint] = []
        self.origins: dict[str, tuple[str, str]] = {}
        self.unreported: set[str] = set()
        self.session = Session()

    def begin(self, now: float) -> None:
        """A new pytest process starts."""
        self.session = Session(last_heard=now)

    def take(self, message: said.Message, now: float) -> None:
        session = self.session
        session.last_heard = now
        match message:
            case said.SessionStarted():
                session.started = message
            case said.Finished():
                session.finished = message
            case said.Unusable():
                session.unusable = message
            case said.ConftestError():
                session.conftest = message
            case said.InternalError():
                session.internal = message
            case said.Interrupted():
                session.interrupted = message
            case said.Lines():
                self.lines.append(message)
            case said.Footprint():
                self.footprints.append(message)
            case said.Waiting():
                pass
            case said.Origins():
                self.origins.update({name: (file, own) for name, file, own in message.modules})
            case _:
                self._take_progress(message, now)

    def _take_progress(
        self,
        message: said.Collecting
        | said.CollectReport
        | said.Collected
        | said.Started
        | said.Phase
        | said.Report
        | said.Ended,
        now: float,
    ) -> None:
        session = self.session
        match message:
            case said.Collecting():
                session.collecting = {message.id: now}
            case said.CollectReport():
                self.add(outcomes.collection_result(message))
            case said.Collected():
                session.collecting = {}
                session.collected = tuple(dict.fromkeys(name for name, _ in message.tests))
                self.defined.update(dict(message.tests))
            case said.Started():
                session.running.setdefault(message.id, now)
            case said.Phase():
                session.phases[message.id] = message.phase
            case said.Report():
                session.reports.setdefault(message.id, []).append(message)
                if message.phase in _FOLLOWING and not message.subtest:
                    session.phases[message.id] = _FOLLOWING[message.phase]
                if message.phase == "lost":
                    self._end(message.id)
            case said.Ended():
                self._end(message.id)

    def _end(self, name: str) -> None:
        self.session.running.pop(name, None)
        result = outcomes.combine(name, self.session.reports.get(name, ()), self.defined.get(name))
        if result is not None:
            self.unreported.discard(name)
            self.add(result)
        elif name not in self.results:
            self.unreported.add(name)

    def add(self, result: TestResult) -> None:
        """An id that comes twice (a plugin repeats the test) counts as broken when one of them broke."""
        known = self.results.get(result.id)
        if known is not None and (known.broken or known == result):
            return
        self.results[result.id] = result
        if self._on_result is not None:
            self._on_result(result)

    def stop(
        self, name: str, ending: Ending, message: str, *, now: float, frames: tuple[Frame, ...] = ()
    ) -> None:
        """Record that a running test, or the collection of a file, came to no end of its own."""
        session = self.session
        if name in session.collecting:
            session.collecting.pop(name)
            result = TestResult(
                name, Outcome.ERROR, phase="collect", message=message, frames=frames, ending=ending
            )
        else:
            began = session.running.pop(name, now)
            reports = session.reports.get(name, ())
            result = outcomes.stopped(
                name,
                session.phases.get(name, "setup"),
                outcomes.definition(self.defined.get(name), reports),
                ending=ending,
                message=message,
                frames=frames,
                seconds=now - began,
            )
        self.add(result)

    def overdue(self, now: float, test_seconds: float) -> tuple[str, ...]:
        """Ids of tests, or files being collected, that have run longer than they may."""
        session = self.session
        slow_files = (name for name, began in session.collecting.items() if now - began > COLLECT_SECONDS)
        slow_tests = (name for name, began in session.running.items() if now - began > test_seconds)
        return (*slow_files, *slow_tests)
