"""What is known of a folder's tests: the latest result of each, and the Findings to show."""

import threading
from collections.abc import Collection, Iterable, Sequence

from macrohard_lsp.core.testrun import Outcome, TestResult, named_by
from macrohard_lsp.host.client.events import PlacedFinding, PlacedText


def covers(asked: Collection[str], name: str) -> bool:
    """Whether the test `name` is among `asked`: itself, or as the file, class or function it belongs to."""
    return any(each in asked for each in named_by(name))


class ResultBook:
    """The latest results of one folder. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: dict[str, TestResult] = {}
        self._findings: tuple[PlacedFinding, ...] = ()
        self._suspects: tuple[PlacedFinding, ...] = ()
        self._early: tuple[PlacedFinding, ...] = ()
        self._ended: frozenset[str] = frozenset()

    def replace(self, results: Sequence[TestResult], findings: Iterable[PlacedFinding]) -> None:
        """After a run of all tests."""
        with self._lock:
            self._results = {result.id: result for result in results}
            self._findings = tuple(findings)
            self._forget_early()
            self._keep_suspects_of_failures()

    def update(
        self,
        asked: Collection[str],
        results: Sequence[TestResult],
        findings: Iterable[PlacedFinding],
        commands: Collection[str] = (),
    ) -> None:
        """After a run of those tests that `asked` names, and of all that `commands` run.

        One of them that was not found is no more.
        """
        ran = {*asked, *(result.id for result in results)}
        with self._lock:
            ran |= {name for name, result in self._results.items() if result.command in commands}
            kept = {name: result for name, result in self._results.items() if not covers(ran, name)}
            self._results = {**kept, **{result.id: result for result in results}}
            before = (item for item in self._findings if not any(covers(ran, name) for name in item.tests))
            self._findings = (*before, *findings)
            self._forget_early()
            self._keep_suspects_of_failures()

    def suspect(self, suspects: Iterable[PlacedFinding]) -> None:
        with self._lock:
            self._suspects = tuple(suspects)

    def early(self, findings: Iterable[PlacedFinding], ended: Collection[str] = ()) -> None:
        """What a run that still goes on has seen fail; what was found before of tests that have `ended` is over."""
        with self._lock:
            self._early, self._ended = tuple(findings), frozenset(ended)

    def repaired(self, tests: Collection[str]) -> None:
        """These tests were proven to pass, and these files to be collected, with the files as they are now."""
        with self._lock:
            for name in tests:
                if (result := self._results.get(name)) is None:
                    continue
                if result.phase == "collect":
                    # A file is no test; the next run says which there are in it.
                    del self._results[name]
                else:
                    self._results[name] = TestResult(name, Outcome.PASSED, result.seconds)
            self._findings = tuple(item for item in self._findings if not set(item.tests) <= set(tests))
            self._forget_early()
            self._keep_suspects_of_failures()

    def closed(self, path: str) -> None:
        """The document was closed, and with it the count of its versions."""
        with self._lock:
            self._findings = tuple(_on_disk(item, path) for item in self._findings)
            self._suspects = tuple(_on_disk(item, path) for item in self._suspects)

    def findings(self) -> tuple[PlacedFinding, ...]:
        with self._lock:
            before = tuple(i for i in self._findings if not i.tests or not self._ended.issuperset(i.tests))
            told = {name for item in before for name in item.tests}
            early = (item for item in self._early if not told.issuperset(item.tests))
            return (*before, *early, *self._suspects)

    def repairable(self) -> tuple[str, ...]:
        """What is broken and an edit can be proven on: not what a command of its own runs."""
        with self._lock:
            commanded = {name for name, result in self._results.items() if result.command}
        return tuple(name for name in self.broken() if name not in commanded)

    def broken(self) -> tuple[str, ...]:
        """Ids of the tests that failed when they last ran, and of the files that could not be collected."""
        with self._lock:
            return tuple(name for name, result in self._results.items() if result.broken)

    def counts(self) -> tuple[int, int]:
        """How many passed, and how many broke."""
        with self._lock:
            passed = sum(r.outcome in (Outcome.PASSED, Outcome.XPASSED) for r in self._results.values())
            return passed, sum(result.broken for result in self._results.values())

    def _forget_early(self) -> None:
        self._early, self._ended = (), frozenset()

    def _keep_suspects_of_failures(self) -> None:
        failing = {name for name, result in self._results.items() if result.broken}
        self._suspects = tuple(item for item in self._suspects if failing.intersection(item.tests))


def _on_disk(item: PlacedFinding, path: str) -> PlacedFinding:
    def unversioned(place: PlacedText) -> PlacedText:
        return PlacedText(place.path, place.span, None, place.message) if place.path == path else place

    related = tuple(unversioned(place) for place in item.related)
    return PlacedFinding(item.kind, item.severity, unversioned(item.at), item.tests, related)
