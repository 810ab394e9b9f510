"""One folder's work, one piece after the other: what a person asked for before what was started unasked."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.host.reply import Reply

_numbers = itertools.count(1)


class WorkKind(Enum):
    """`OPENED` and `CHANGED` run tests unasked, `TESTS` runs those asked for."""

    OPENED = "opened"
    CHANGED = "changed"
    TESTS = "tests"
    FIX = "fix"


@dataclass(slots=True)
class Work:
    """`tests` empty: all. `reply` is None for what nobody asked for."""

    kind: WorkKind
    tests: tuple[str, ...] = ()
    reply: Reply | None = None
    id: str = field(default_factory=lambda: f"work-{next(_numbers)}")
    cancel: Cancel = field(default_factory=Cancel)

    @property
    def asked_for(self) -> bool:
        return self.reply is not None


class WorkQueue:
    """Runs work in a thread of its own. All methods are safe from any thread."""

    def __init__(self, name: str, carry_out: Callable[[Work], None]) -> None:
        self._carry_out = carry_out
        self._changed = threading.Condition()
        self._waiting: list[Work] = []
        self._running: Work | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"work of {name}", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        with self._changed:
            return self._running is not None or bool(self._waiting)

    def put(self, work: Work) -> None:
        """Queue it. Unasked work of a kind that waits already is left out."""
        with self._changed:
            if not work.asked_for and any(w.kind is work.kind and not w.asked_for for w in self._waiting):
                return
            self._waiting.append(work)
            self._waiting.sort(key=lambda waiting: not waiting.asked_for)
            self._changed.notify()
        if work.reply is not None:
            work.reply.cancel.on_cancel(lambda: self.interrupt(work.id))

    def interrupt(self, work_id: str | None) -> None:
        """Stop one piece of work, or (None) all."""
        with self._changed:
            every = [*self._waiting, *([self._running] if self._running else [])]
            doomed = [work for work in every if work_id is None or work.id == work_id]
            self._waiting = [work for work in self._waiting if work not in doomed]
        for work in doomed:
            work.cancel.set()
            if work.reply is not None:
                work.reply.refuse("Stopped.")

    def make_way(self) -> None:
        """Stop what runs or waits unasked: the files it works on are no longer what they were."""
        with self._changed:
            every = [*self._waiting, *([self._running] if self._running else [])]
        for work in every:
            if not work.asked_for:
                self.interrupt(work.id)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.interrupt(None)

    def join(self, seconds: float) -> None:
        """Wait, after `close`, until what ran has said how it ended."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                self._running = self._waiting.pop(0)
            try:
                self._carry_out(self._running)
            finally:
                with self._changed:
                    self._running = None
