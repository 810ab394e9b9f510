"""One switch per Run that stops everything the Run started."""

import threading
from collections.abc import Callable


class Cancelled(Exception):
    """Raised at the next checkpoint of a Run whose Cancel was set."""


class Cancel:
    """Set once, from any thread. Children are killed by the callbacks registered with `on_cancel`.

    The one piece of state on this floor: it is handed down to every package, so it must sit below all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        """Cancel. Runs each registered callback once; setting twice does nothing more."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise Cancelled if the Run was cancelled."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Sleep, but no longer than until the cancel; True when cancelled."""
        return self._event.wait(seconds)

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Register `callback` (called at once if already cancelled). Returns a function that takes it back."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
