"""What people see while a Run works: one live line on a terminal, a plain line per stage elsewhere."""

import shutil
import threading
import time
from collections import Counter

from macrohard_lsp.cli.console import CLEAR_LINE, Console, write_error
from macrohard_lsp.cli.plain_text import one_line, seconds_text
from macrohard_lsp.core.events import (
    MachineOpened,
    Progress,
    ProposalFound,
    RunEvent,
    StageStarted,
    TestEnded,
)
from macrohard_lsp.core.testrun import Outcome
from macrohard_lsp.core.tier import Tier

REDRAW_SECONDS = 0.1
TICK_SECONDS = 0.5


class ProgressLine:
    """Fed with events from any thread. Inside its `with`, a terminal's last line is kept current."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._drawn = 0.0
        self._stage = ""
        self._count = ""
        self._tests: Counter[Outcome] = Counter()
        self._tiers: set[Tier] = set()
        self._shown = False
        self._closed = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> "ProgressLine":
        if self._console.live:
            self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        if self._ticker.is_alive():
            self._ticker.join()
        if self._shown:
            write_error(CLEAR_LINE)

    def listen(self, event: RunEvent) -> None:
        """Take note of an event; whatever isn't about progress is ignored."""
        with self._console.lock:
            match event:
                case StageStarted():
                    self._begin_stage(one_line(event.message or event.stage, 200))
                case Progress():
                    self._count = _count_text(event)
                case TestEnded():
                    self._tests[event.result.outcome] += 1
                    self._count = _tests_text(self._tests)
                case MachineOpened():
                    self._name_tier(event)
                case ProposalFound():
                    self._console.say(f"Found: {one_line(event.proposal.title, 200)}")
                case _:
                    return
            if self._console.live and time.monotonic() - self._drawn >= REDRAW_SECONDS:
                self._draw()

    def _name_tier(self, event: MachineOpened) -> None:
        """Said once for each tier, with all that it does not protect from; `doctor` tells the rest."""
        if event.tier in self._tiers:
            return
        self._tiers.add(event.tier)
        missing = [one_line(words, 200) for words in event.protections if words.startswith("not")]
        self._console.say("; ".join([f"Code runs in a sandbox of the tier {event.tier.value}", *missing]))

    def _begin_stage(self, text: str) -> None:
        self._stage, self._count = text, ""
        self._tests.clear()
        if not self._console.live:
            self._console.say(text)

    def _tick(self) -> None:
        while not self._closed.wait(TICK_SECONDS):
            with self._console.lock:
                self._draw()

    def _draw(self) -> None:
        if self._closed.is_set() or not self._stage:
            return
        parts = [self._stage, self._count, seconds_text(time.monotonic() - self._started)]
        width = shutil.get_terminal_size().columns - 1
        write_error(CLEAR_LINE + one_line(" · ".join(part for part in parts if part), width))
        self._drawn, self._shown = time.monotonic(), True


def _count_text(event: Progress) -> str:
    count = str(event.done) if event.total is None else f"{event.done} of {event.total}"
    return f"{count} {event.message}".strip()


def _tests_text(tests: Counter[Outcome]) -> str:
    return ", ".join(f"{tests[outcome]} {outcome.value}" for outcome in Outcome if tests[outcome])
