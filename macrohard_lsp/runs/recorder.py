"""Recording one Run. The work never fails because of its journal: it goes on without one and says so."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.events import (
    Progress,
    RunEvent,
    RunFinished,
    RunStarted,
    TestEnded,
    event_to_json,
)
from macrohard_lsp.core.secrets import mask
from macrohard_lsp.runs.journal import MAX_AGE_SECONDS, MAX_BYTES, Journal
from macrohard_lsp.runs.masking import masked_json
from macrohard_lsp.runs.storage import JournalUnavailable

BATCH_SECONDS = 0.1
"""How long an event that comes in floods may wait for others before all are committed together."""
MAX_EVENT_BYTES = 1024 * 1024
MAX_RUN_BYTES = 16 * 1024 * 1024
"""Beyond this, events that come in floods are counted, no longer kept; the others are still written."""

_FLOODS = (TestEnded, Progress)


class RunRecorder:
    """The pen of one Run; `record` is safe from any thread. `run_id` is None when there is no journal.

    `problem` is a sentence for a person once something could not be written, else None.
    """

    def __init__(self, journal: Journal | None, run_id: str | None, problem: str | None = None) -> None:
        self.run_id = run_id
        self.problem = problem
        self._journal = journal
        self._odd = journal.notes if journal else ()
        self._lock = threading.RLock()
        self._waiting: list[tuple[int, float, str]] = []
        self._timer: threading.Timer | None = None
        self._sequence = 0
        self._bytes = 0
        self._left_out = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the journal that belong in the report of this Run."""
        return self._odd if self.problem is None else (*self._odd, self.problem)

    def record(self, event: RunEvent) -> None:
        """Write `event`. It is committed on return; only `TestEnded` and `Progress` wait, up to 0.1 s."""
        if isinstance(event, RunStarted):
            return  # `start_run` has written it already.
        with self._lock:
            if self._journal is None:
                return
            flood = isinstance(event, _FLOODS)
            if not (flood and self._bytes > MAX_RUN_BYTES):
                self._put(event_to_json(event))
            else:
                self._left_out += 1
            if flood:
                self._flush_soon()
                return
            self._flush()
            if isinstance(event, RunFinished):
                self._end(event)

    def finish(self, status: str, message: str, spent: Spent | None = None) -> None:
        """Write the end of the Run, unless a RunFinished was recorded before, and let go of the journal."""
        self.record(RunFinished(status, message, spent or Spent()))
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._journal is not None:
                self._journal.close()
                self._journal = None

    def attach(self, name: str, text: str) -> bool:
        """Keep `text` with the Run. True when it is kept word for word, with nothing masked in it."""
        masked = mask(text)
        with self._lock:
            if self._journal is None or self.run_id is None or self.problem is not None:
                return False
            try:
                self._journal.attach(self.run_id, name, masked)
            except JournalUnavailable as error:
                self._give_up(error)
                return False
        return masked == text

    def _put(self, body: dict[str, Any]) -> None:
        text = masked_json(body)
        if len(text) > MAX_EVENT_BYTES:
            text = masked_json({"event": body["event"], "left_out_bytes": len(text)})
        self._sequence += 1
        self._bytes += len(text)
        self._waiting.append((self._sequence, time.time(), text))

    def _flush_soon(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(BATCH_SECONDS, self._flush)
            self._timer.daemon = True
            self._timer.start()

    def _flush(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._journal is None or self.run_id is None or not self._waiting or self.problem is not None:
                return
            events, self._waiting = self._waiting, []
            try:
                self._journal.append(self.run_id, events)
            except JournalUnavailable as error:
                self._give_up(error)

    def _end(self, event: RunFinished) -> None:
        """Tried even after something else could not be written: without it the Run would look killed."""
        if self._journal is None or self.run_id is None:
            return
        try:
            if self._left_out:
                self._journal.attach(
                    self.run_id, "left-out", f"{self._left_out} events were too many to keep."
                )
            self._journal.end(self.run_id, time.time(), event)
        except JournalUnavailable as error:
            self._give_up(error)

    def _give_up(self, error: JournalUnavailable) -> None:
        self.problem = f"{error} This run goes on without being recorded."


def start_run(path: Path | None, kind: str, folder: str, request: Mapping[str, Any]) -> RunRecorder:
    """Begin a Run in the journal file `path` (None: there is nowhere to keep one); expired Runs are deleted.

    Never raises for the journal: the recorder then has a `problem` and writes nothing.
    """
    if path is None:
        return RunRecorder(None, None, "There is no state directory, so this run is not recorded.")
    journal: Journal | None = None
    try:
        journal = Journal.open(path)
        journal.prune(older_than=MAX_AGE_SECONDS, max_bytes=MAX_BYTES)
        run_id = journal.begin(kind, folder, request)
        started = RunStarted(kind, folder, dict(request))
        journal.append(run_id, [(0, time.time(), masked_json(event_to_json(started)))])
    except JournalUnavailable as error:
        if journal is not None:
            journal.close()
        return RunRecorder(None, None, f"{error} This run goes on without being recorded.")
    return RunRecorder(journal, run_id)
