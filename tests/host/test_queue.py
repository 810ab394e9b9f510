"""One folder's work: order, coalescing, and stopping."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.host.queue import Work, WorkKind, WorkQueue
from macrohard_lsp.host.reply import Reply


class Recorded:
    """Carries out work by waiting until it is let go or stopped."""

    def __init__(self) -> None:
        self.began: list[Work] = []
        self.stopped: list[Work] = []
        self.go = threading.Event()
        self.refused: list[str] = []

    def __call__(self, work: Work) -> None:
        self.began.append(work)
        while not self.go.is_set():
            if work.cancel.wait(0.01):
                self.stopped.append(work)
                return

    def reply(self, cancel: Cancel | None = None) -> Reply:
        return Reply(lambda _: None, self.refused.append, cancel or Cancel())


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def queue(recorded: Recorded) -> Iterator[WorkQueue]:
    queue = WorkQueue("test", recorded)
    yield queue
    queue.close()


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_was_asked_for_comes_first_and_nothing_unasked_twice(queue: WorkQueue, recorded: Recorded):
    queue.put(Work(WorkKind.OPENED))
    until(lambda: recorded.began)
    queue.put(Work(WorkKind.CHANGED))
    queue.put(Work(WorkKind.CHANGED))
    queue.put(Work(WorkKind.TESTS, ("a",), recorded.reply()))
    queue.put(Work(WorkKind.TESTS, ("b",), recorded.reply()))
    recorded.go.set()
    until(lambda: not queue.busy)
    assert [(work.kind, work.tests) for work in recorded.began] == [
        (WorkKind.OPENED, ()),
        (WorkKind.TESTS, ("a",)),
        (WorkKind.TESTS, ("b",)),
        (WorkKind.CHANGED, ()),
    ]


def test_a_change_stops_what_nobody_asked_for(queue: WorkQueue, recorded: Recorded):
    queue.put(Work(WorkKind.FIX))
    until(lambda: recorded.began)
    queue.make_way()
    until(lambda: recorded.stopped)
    asked = Work(WorkKind.FIX, reply=recorded.reply())
    queue.put(asked)
    until(lambda: len(recorded.began) == 2)
    queue.make_way()
    assert not asked.cancel.is_set
    assert recorded.refused == []


def test_one_is_stopped_by_its_name_also_while_it_waits(queue: WorkQueue, recorded: Recorded):
    queue.put(Work(WorkKind.OPENED))
    until(lambda: recorded.began)
    waiting = Work(WorkKind.TESTS, reply=recorded.reply())
    queue.put(waiting)
    queue.interrupt(waiting.id)
    assert recorded.refused == ["Stopped."]
    queue.interrupt("work-that-is-over")
    assert recorded.stopped == []
    recorded.go.set()
    until(lambda: not queue.busy)
    assert len(recorded.began) == 1


def test_who_waits_no_more_stops_the_work(queue: WorkQueue, recorded: Recorded):
    cancel = Cancel()
    queue.put(Work(WorkKind.TESTS, reply=recorded.reply(cancel)))
    until(lambda: recorded.began)
    cancel.set()
    until(lambda: recorded.stopped)


def test_closing_stops_everything(queue: WorkQueue, recorded: Recorded):
    queue.put(Work(WorkKind.TESTS, reply=recorded.reply()))
    queue.put(Work(WorkKind.FIX, reply=recorded.reply()))
    until(lambda: recorded.began)
    queue.close()
    until(lambda: recorded.stopped)
    assert recorded.refused == ["Stopped.", "Stopped."]
