"""Executors: carry out units of work here, or in worker processes of this machine."""

import contextlib
import os
import queue
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Protocol, Self

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.execution.units import Done, Raised, Result, Stopped, WorkerLost, WorkUnit, carry_out
from macrohard_lsp.execution.worker_process import END_SECONDS, WorkerProcess

AHEAD = 4
"""How many units for each worker `map` takes before the first of them is asked for."""


class Executor(Protocol):
    """Carries out units of work. No method raises for what a unit does: that is in its Result."""

    def submit(self, unit: WorkUnit) -> "Future[Result]":
        """Begin one unit. Cancelling the Future does nothing; cancel the executor."""
        ...

    def map(self, units: Iterable[WorkUnit]) -> Iterator[Result]:
        """Carry out the units, and give their results in the order of the units."""
        ...

    def close(self) -> None:
        """Stop everything. Units that had not ended are Stopped."""
        ...


def usable_cpus() -> int:
    """How many processors this process may use, at least 1."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def open_executor(jobs: int | None = None, cancel: Cancel | None = None) -> Generator[Executor]:
    """The executor that fits `jobs` (None for one per processor), closed at the end."""
    count = usable_cpus() if jobs is None else jobs
    executor: Executor = InlineExecutor(cancel) if count <= 1 else LocalExecutor(count, cancel)
    try:
        yield executor
    finally:
        executor.close()


class InlineExecutor:
    """Carries units out where it is called, one after the other. Their deadlines can't be held here."""

    def __init__(self, cancel: Cancel | None = None) -> None:
        self._cancel = cancel or Cancel()
        self._closed = False

    def submit(self, unit: WorkUnit) -> "Future[Result]":
        future: Future[Result] = Future()
        stopped = self._closed or self._cancel.is_set
        future.set_result(Stopped() if stopped else carry_out(unit.entry, unit.payload))
        return future

    def map(self, units: Iterable[WorkUnit]) -> Iterator[Result]:
        for unit in units:
            yield self.submit(unit).result()

    def close(self) -> None:
        self._closed = True


class LocalExecutor:
    """Carries units out in up to `jobs` worker processes, started when there is work for them.

    Each worker has its own process group and dies with this process, however this one ends. Setting
    `cancel` kills them. Safe to use from several threads. Raises ValueError for fewer than one job.
    """

    def __init__(self, jobs: int, cancel: Cancel | None = None) -> None:
        if jobs < 1:
            raise ValueError(f"an executor needs at least one job, not {jobs}")
        self._jobs = jobs
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[WorkUnit, Future[Result]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._workers: set[WorkerProcess] = set()
        self._unfinished = 0
        self._stopped = False
        self._forget = (cancel or Cancel()).on_cancel(self._stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The worker processes that are alive now."""
        with self._lock:
            return tuple(worker.pid for worker in self._workers)

    def submit(self, unit: WorkUnit) -> "Future[Result]":
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._stopped:
                future.set_result(Stopped())
                return future
            self._waiting.put((unit, future))
            self._unfinished += 1
            if len(self._threads) < min(self._jobs, self._unfinished):
                thread = threading.Thread(target=self._serve, name="executor", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def map(self, units: Iterable[WorkUnit]) -> Iterator[Result]:
        ahead: deque[Future[Result]] = deque()
        for unit in units:
            ahead.append(self.submit(unit))
            if len(ahead) >= self._jobs * AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def close(self) -> None:
        """Kill the workers and wait until they are gone. Units that had not ended are Stopped."""
        self._forget()
        self._stop()
        for thread in self._threads:
            thread.join(END_SECONDS)

    def _stop(self) -> None:
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            for worker in self._workers:
                worker.kill()
            for _ in self._threads:
                self._waiting.put(None)

    def _serve(self) -> None:
        """One thread looks after one worker process, and replaces it when it is lost."""
        worker: WorkerProcess | None = None
        while (item := self._waiting.get()) is not None:
            unit, future = item
            try:
                worker = worker or self._start()
                result = worker.run(unit) if worker is not None else Stopped()
            except OSError as error:
                result = WorkerLost(f"no worker process could be started: {error}")
            if worker is not None and not isinstance(result, (Done, Raised)):
                self._end(worker)
                worker = None
            with self._lock:
                self._unfinished -= 1
            future.set_result(result)
        if worker is not None:
            self._end(worker)

    def _start(self) -> WorkerProcess | None:
        with self._lock:
            if self._stopped:
                return None
            worker = WorkerProcess()
            self._workers.add(worker)
            return worker

    def _end(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._workers.discard(worker)
        worker.close()
