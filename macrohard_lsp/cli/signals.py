"""Ctrl-C and SIGTERM set the Run's Cancel, from a thread that nothing of the work can hold up."""

import os
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from macrohard_lsp.cli.console import Console
from macrohard_lsp.core.cancel import Cancel

STOP_SECONDS = 20.0
"""How long the work may take to stop its children before this process ends without it; they die with it."""

_OVER = b"\0"
"""Written to the pipe when the work is done; no signal has the number 0."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


@dataclass(slots=True)
class Interruption:
    """Whether, and by which signal, this process was asked to stop."""

    cancel: Cancel = field(default_factory=Cancel)
    received: signal.Signals | None = None

    @property
    def exit_code(self) -> int:
        return 128 + (self.received or signal.SIGINT)

    @property
    def name(self) -> str:
        return _NAMES[self.received or signal.SIGINT]


class Stopped(Exception):
    """A person, or the system, asked this process to stop. `exit_code` is what shells expect then."""

    def __init__(self, interruption: Interruption) -> None:
        super().__init__(f"Stopped by {interruption.name} before it was done; no file was changed.")
        self.exit_code = interruption.exit_code


@contextmanager
def interruptible(console: Console) -> Generator[Interruption]:
    """While inside, signals to stop set `Interruption.cancel`; a second one, a second later, ends at once.

    Only from the main thread. A signal that was ignored when this process began stays ignored.

    Python runs signal handlers between the main thread's own steps: one that took the Cancel's lock
    could wait for itself. So the handlers do nothing, and a thread reads the signals' numbers from a pipe.
    """
    interruption = Interruption()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {
        number: signal.signal(number, _nothing)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    old_wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    done = threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(reading, interruption, console, done), name="signals", daemon=True
    )
    watcher.start()
    try:
        yield interruption
    finally:
        done.set()
        signal.set_wakeup_fd(old_wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.write(writing, _OVER)
        watcher.join()
        os.close(writing)
        os.close(reading)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Being installed at all is what makes Python write the signal's number into the pipe."""


def _watch(reading: int, interruption: Interruption, console: Console, done: threading.Event) -> None:
    first = None
    while (received := os.read(reading, 1)) != _OVER:
        if received[0] not in _SIGNALS:
            continue
        if first is None:
            first = time.monotonic()
            interruption.received = signal.Signals(received[0])
            console.warn(f"Stopping ({interruption.name}): ending what was started.")
            threading.Thread(target=_end_anyway, args=(interruption, console, done), daemon=True).start()
            threading.Thread(target=interruption.cancel.set, name="cancel", daemon=True).start()
        elif time.monotonic() - first > 1:
            os._exit(interruption.exit_code)


def _end_anyway(interruption: Interruption, console: Console, done: threading.Event) -> None:
    if not done.wait(STOP_SECONDS):
        console.warn("The work did not stop in time; it is ended with this process.")
        os._exit(interruption.exit_code)
