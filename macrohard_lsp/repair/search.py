"""The local Proposer: search over edits, no model, no network. Any time: survivors come as they are found."""

import math
import queue
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager

from macrohard_lsp.core.cancel import Cancelled
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.frontier import Attempt, Frontier
from macrohard_lsp.repair.learned import moved
from macrohard_lsp.repair.operators import FAMILIES, candidates_for
from macrohard_lsp.repair.pairs import Pairs
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.statements import Spans
from macrohard_lsp.repair.surroundings import Surroundings
from macrohard_lsp.repair.task import RepairTask, RepairTools, Survivor
from macrohard_lsp.repair.twins import Twins
from macrohard_lsp.repair.validation import HIGHEST_TIER, Trial, Validator, Verdict
from macrohard_lsp.repair.waiting import WaitingRoom
from macrohard_lsp.sandbox.spec import MachineLost, MachineUnavailable
from macrohard_lsp.testing.warm import WarmMode, WarmUnavailable

MAXIMUM_LOST_MACHINES = 20
JOIN_SECONDS = 15.0
POLL_SECONDS = 0.1
SETTLE_SECONDS = 10.0
# Candidates a worker takes at a time. Few at first, and after a survivor: it is known the sooner. Then more and more,
# to share the cost of a process.
FEWEST_TOGETHER = 16
MOST_TOGETHER = 512
GROWTH = 4
# Candidates that are given the most time, each of which can take seconds; after these, what needs it is rejected.
MOST_SLOWEST = 40


class Search:
    """One search over one task. Iterate for the survivors, in the order found; `close` stops all workers.

    `notes` are sentences about what went differently than planned; `candidates` counts attempts made.
    """

    def __init__(
        self,
        task: RepairTask,
        tools: RepairTools,
        sources: Mapping[str, SourceContext],
        spans: Mapping[str, Spans],
    ) -> None:
        self._task = task
        self._tools = tools
        self._sources = sources
        self._spans = spans
        self._families = moved(FAMILIES, task.moves)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._found: queue.SimpleQueue[Survivor | None] = queue.SimpleQueue()
        self._twins = {path: Twins(source) for path, source in sources.items()}
        self._frontier = Frontier(task.suspects, self._generate, self._modes(), task.seed, self._company)
        self._pairs = Pairs(task, sources, self._frontier, self._families)
        self._waiting = WaitingRoom(task, Surroundings(task, sources).failing)
        self._validators: list[Validator] = []
        self._in_flight = 0
        self._repaired: set[str] = set()
        self._reached = 0.0
        self._limit = math.inf
        self._together = FEWEST_TOGETHER
        self._slowest = 0
        self._exhausted = False
        self._failure: BaseException | None = None
        self.candidates = 0
        self.notes: list[str] = []
        self._threads: list[threading.Thread] = []

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds that candidates have used in the Machines that are open now."""
        return sum(validator.cpu_seconds for validator in list(self._validators))

    def survivors(self) -> Iterator[Survivor]:
        """Start the workers and yield what survives, until the space or the budget is exhausted."""
        for number in range(self._tools.jobs):
            thread = threading.Thread(target=self._work, name=f"repair-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        running = len(self._threads)
        try:
            while running:
                batch, ended = self._next_batch()
                running -= ended
                self._waiting.admit(batch)
                while (survivor := self._waiting.call(self._patience())) is not None:
                    yield survivor
            while (survivor := self._waiting.call(math.inf)) is not None:
                yield survivor
        finally:
            self.close()
        self._tools.cancel.check()
        if self._failure is not None:
            raise self._failure

    def _patience(self) -> float:
        """Up to which cost the search has looked; beyond all of them when there is little left to spend."""
        return math.inf if self._tools.is_late(self.cpu_seconds) else self._reached

    def _next_batch(self) -> tuple[list[Survivor], int]:
        """What was found since, and how many workers ended.

        When something was found, what was begun before it is waited for: the cheaper candidate goes
        first, not the one whose worker was quicker.
        """
        try:
            arrived = [self._found.get(timeout=POLL_SECONDS)]
        except queue.Empty:
            return [], 0
        with self.paused():
            deadline = time.monotonic() + SETTLE_SECONDS
            while self._in_flight and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS / 10)
        while not self._found.empty():
            arrived.append(self._found.get())
        return [found for found in arrived if found is not None], arrived.count(None)

    def settle(self, repaired: Iterable[str]) -> None:
        """These tests have a proven repair."""
        self._repaired.update(repaired)
        self._waiting.settle(repaired)

    def look_no_further(self, cost: float) -> None:
        """End when everything cheaper than this was tried."""
        self._limit = cost

    @property
    def reached(self) -> float:
        """The cost up to which everything was tried; infinite where nothing is left."""
        return math.inf if self._exhausted else self._reached

    @contextmanager
    def paused(self) -> Generator[None]:
        """No new candidate is begun meanwhile: what is being proven is likely right, and gets the processors."""
        self._going.clear()
        try:
            yield
        finally:
            self._going.set()

    def close(self) -> None:
        """Stop the workers and wait until their Machines are closed."""
        self._stop.set()
        self._going.set()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def _work(self) -> None:
        lost = 0
        try:
            while not self._stop.is_set() and lost <= MAXIMUM_LOST_MACHINES:
                try:
                    self._work_in_one_machine()
                    return
                except MachineLost:
                    lost += 1
        except Cancelled:
            return
        except (WarmUnavailable, MachineUnavailable) as reason:
            self._note(str(reason))
        except BaseException as failure:
            # A defect of ours must not look like an exhausted search; it is raised where survivors are taken.
            self._failure = failure
            self._stop.set()
        finally:
            self._found.put(None)

    def _work_in_one_machine(self) -> None:
        validator = Validator(self._task, self._tools, self._repaired)
        with self._lock:
            self._validators.append(validator)
        try:
            while attempts := self._next():
                try:
                    self._try(validator, attempts)
                    if validator.note:
                        self._note(validator.note)
                finally:
                    with self._lock:
                        self._in_flight -= len(attempts)
        finally:
            validator.close()
            with self._lock:
                self._validators.remove(validator)

    def _next(self) -> list[Attempt]:
        """The next attempts to make together; none when there is nothing left or nothing left to spend."""
        while not self._stop.is_set() and not self._is_over():
            self._tools.cancel.check()
            if not self._going.wait(POLL_SECONDS):
                continue
            with self._lock:
                attempts = self._frontier.pop_together(self._together, self._limit)
                self._in_flight += len(attempts)
                self.candidates += len(attempts)
                if attempts:
                    self._reached = min(attempts[-1].cost, self._frontier.cheapest)
                elif not self._in_flight:
                    self._exhausted = True
                    return []
            if attempts:
                self._tools.on_progress(self.candidates)
                return attempts
            # Another worker may yet put its attempt back to be made with more effort.
            self._stop.wait(POLL_SECONDS)
        return []

    def _is_over(self) -> bool:
        return self._reached > self._limit or self._tools.out_of_budget(self.cpu_seconds)

    def _try(self, validator: Validator, attempts: list[Attempt]) -> None:
        survived = untried = 0
        # Once there is a Fix, survivors are no news.
        hurried = self._limit == math.inf
        for attempt, trial in zip(attempts, validator.try_many(attempts, hurried), strict=True):
            if trial.fixes:
                survived += self._take(attempt, trial)
            elif trial.verdict is Verdict.NEEDS_RELOAD:
                self._push(attempt.reloaded())
            elif trial.verdict is Verdict.NEEDS_TIME:
                self._push_slower(attempt)
            elif trial.verdict is Verdict.UNTRIED:
                untried += 1
                self._push(attempt)
        with self._lock:
            self.candidates -= untried
            if survived and hurried:
                self._together = FEWEST_TOGETHER
            elif untried:
                self._together = max(FEWEST_TOGETHER, len(attempts) - untried)
            elif len(attempts) == self._together:
                self._together = min(GROWTH * self._together, MOST_TOGETHER)

    def _take(self, attempt: Attempt, trial: Trial) -> bool:
        """What repairs something survives unless it breaks something, and may be the first half of a pair."""
        if attempt.following is not None and not attempt.following.is_reached(trial.fixes):
            return False
        survivor = Survivor(attempt.candidate, trial.fixes, attempt.cost)
        if trial.verdict is Verdict.SURVIVED:
            self._found.put(survivor)
        elif trial.broken is None:
            return False
        with self._lock:
            self._pairs.admit(survivor, trial.broken)
        return trial.verdict is Verdict.SURVIVED

    def _push_slower(self, attempt: Attempt) -> None:
        slower = attempt.slower()
        self._slowest += slower.tier == HIGHEST_TIER
        if slower.tier < HIGHEST_TIER or self._slowest <= MOST_SLOWEST:
            self._push(slower)

    def _push(self, attempt: Attempt) -> None:
        with self._lock:
            self._frontier.push(attempt)
            self._reached = min(self._reached, attempt.cost)

    def _note(self, note: str) -> None:
        with self._lock:
            if note not in self.notes:
                self.notes.append(note)

    def _generate(self, path: str, line: int) -> Iterator[Candidate]:
        first, last = self._spans.get(path, {}).get(line, (line, line))
        return candidates_for(self._sources[path], range(first, last + 1), self._families)

    def _company(self, candidate: Candidate, cost: float) -> Iterable[tuple[Candidate, float]]:
        return self._twins[candidate.path].meet(candidate, cost)

    def _modes(self) -> dict[tuple[str, int], WarmMode]:
        """Lines that ran while the program was imported can't be tried by swapping bodies afterwards."""
        return {
            (path, line): WarmMode.RELOAD for path, lines in self._task.import_lines.items() for line in lines
        }
