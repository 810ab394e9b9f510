"""The Journal: every Run from request to result, readable while it runs and after it was killed."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.events import RunFinished
from macrohard_lsp.core.secrets import mask
from macrohard_lsp.runs.masking import masked_json
from macrohard_lsp.runs.process import Presence, ProcessIdentity, own_identity, presence_of
from macrohard_lsp.runs.record import RunRecord, RunState, StoredEvent, run_id_at
from macrohard_lsp.runs.storage import JournalUnavailable, connect, transact, unavailable

_T = TypeVar("_T")

JOURNAL_FILE = "journal.sqlite3"
"""The journal's name in the user's state directory."""
MAX_AGE_SECONDS = 30 * 24 * 3600.0
MAX_BYTES = 64 * 1024 * 1024
ID_ATTEMPTS = 1000
"""Ids count milliseconds; this many taken in a row means a thousand Runs began in the last second."""
LIST_LIMIT = 50

_COLUMNS = (
    "id, kind, folder, request, pid, process_started, boot, namespace,"
    " started_at, finished_at, status, message, spent"
)


class UnknownRun(LookupError):
    """No Run goes by that id. The text is a sentence for a person."""


class Journal:
    """One open journal. Usable from several threads; each call is one transaction.

    Every method raises JournalUnavailable when the database can't be read or written.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, notes: tuple[str, ...]) -> None:
        self.path = path
        self.notes = notes
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the journal file `path` in an existing directory. `notes` say what was odd."""
        connection, notes = connect(path)
        return cls(path, connection, notes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def begin(self, kind: str, folder: str, request: Mapping[str, Any]) -> str:
        """Write a new Run, owned by this process, and return its id."""
        now = time.time()
        process = own_identity()
        values = (
            kind, mask(folder), masked_json(request),
            process.pid, process.started, process.boot, process.namespace, now,
        )  # fmt: skip
        return self._write(lambda: self._insert_run(now, values))

    def append(self, run_id: str, events: list[tuple[int, float, str]]) -> None:
        """Commit events as (sequence, seconds since 1970, masked JSON)."""
        rows = [(run_id, *event) for event in events]
        self._write(
            lambda: self._connection.executemany(
                "INSERT INTO events (run_id, sequence, at, body) VALUES (?, ?, ?, ?)", rows
            )
        )

    def end(self, run_id: str, at: float, event: RunFinished) -> None:
        """Write how a Run ended. The first end counts; a second one changes nothing."""
        values = (at, event.status, mask(event.message), json.dumps(asdict(event.spent)), run_id)
        self._write(
            lambda: self._connection.execute(
                "UPDATE runs SET finished_at = ?, status = ?, message = ?, spent = ?"
                " WHERE id = ? AND finished_at IS NULL",
                values,
            )
        )

    def attach(self, run_id: str, name: str, text: str) -> None:
        """Keep a text with a Run, for example a patch that was written. It must be masked already."""
        self._write(
            lambda: self._connection.execute(
                "INSERT OR REPLACE INTO attachments (run_id, name, text) VALUES (?, ?, ?)",
                (run_id, name, text),
            )
        )

    def recent(self, limit: int = LIST_LIMIT) -> tuple[RunRecord, ...]:
        """The newest Runs, newest first, without their events. A negative `limit` is none."""
        query = f"SELECT {_COLUMNS} FROM runs ORDER BY started_at DESC, id DESC LIMIT ?"
        return tuple(_record(row) for row in self._read(query, (limit,)))

    def show(self, run_id: str) -> RunRecord:
        """One Run with its events, found by its id or the beginning of it. Raises UnknownRun."""
        prefix = run_id.strip().lower()
        query = f"SELECT {_COLUMNS} FROM runs WHERE substr(id, 1, ?) = ? LIMIT 2"
        rows = self._read(query, (len(prefix), prefix)) if prefix else []
        if len(rows) != 1:
            found = "more than one run begins" if rows else "no run begins"
            raise UnknownRun(f"In the journal {found} with {run_id!r}; `macrohard-lsp runs list` shows them.")
        full = rows[0][0]
        events = self._read(
            "SELECT sequence, at, body FROM events WHERE run_id = ? ORDER BY sequence", (full,)
        )
        texts = self._read("SELECT name, text FROM attachments WHERE run_id = ? ORDER BY name", (full,))
        return _record(
            rows[0],
            tuple(StoredEvent(sequence, at, json.loads(body)) for sequence, at, body in events),
            tuple((str(name), str(text)) for name, text in texts),
        )

    def prune(
        self, older_than: float | None = None, keep: int | None = None, max_bytes: int | None = None
    ) -> int:
        """Delete Runs older than `older_than` seconds, all but the newest `keep`, and the oldest until the
        database uses at most `max_bytes`. Runs still running stay. Returns how many were deleted."""
        ended = [record for record in self.recent(-1) if record.state is not RunState.RUNNING]
        doomed: set[str] = set()
        if older_than is not None:
            limit = time.time() - older_than
            doomed.update(record.id for record in ended if record.started_at < limit)
        if keep is not None:
            doomed.update(record.id for record in ended[keep:])
        removed = self._delete(sorted(doomed))
        if max_bytes is not None:
            removed += self._shrink([record.id for record in ended if record.id not in doomed], max_bytes)
        if removed:
            self._give_room_back()
        return removed

    def _shrink(self, newest_first: list[str], max_bytes: int) -> int:
        removed = 0
        for run_id in reversed(newest_first):
            if self.used_bytes() <= max_bytes:
                break
            removed += self._delete([run_id])
        return removed

    def used_bytes(self) -> int:
        """How much of the database file holds something."""
        pages, free, size = (
            self._read(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _give_room_back(self) -> None:
        """Shrink the file. As a script, because Python's `execute` stops this pragma after one page."""
        with self._lock:
            try:
                self._connection.executescript("PRAGMA incremental_vacuum")
            except sqlite3.Error as error:
                raise unavailable(self.path, error) from error

    def _delete(self, run_ids: list[str]) -> int:
        if not run_ids:
            return 0
        return self._write(
            lambda: (
                self._connection.executemany(
                    "DELETE FROM runs WHERE id = ?", [(run_id,) for run_id in run_ids]
                ).rowcount
            )
        )

    def _insert_run(self, now: float, values: tuple[Any, ...]) -> str:
        milliseconds = int(now * 1000)
        for attempt in range(ID_ATTEMPTS):
            run_id = run_id_at(milliseconds + attempt)
            inserted = self._connection.execute(
                "INSERT OR IGNORE INTO runs (kind, folder, request, pid, process_started, boot, namespace,"
                " started_at, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, run_id),
            )
            if inserted.rowcount == 1:
                return run_id
        raise JournalUnavailable(f"The journal at {self.path} has no free run id; try again in a second.")

    def _write(self, work: Callable[[], _T]) -> _T:
        with self._lock:
            try:
                return transact(self._connection, work)
            except sqlite3.Error as error:
                raise unavailable(self.path, error) from error

    def _read(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise unavailable(self.path, error) from error


def _record(
    row: tuple[Any, ...],
    events: tuple[StoredEvent, ...] = (),
    attachments: tuple[tuple[str, str], ...] = (),
) -> RunRecord:
    (run_id, kind, folder, request, pid, started, boot, namespace, started_at, finished_at, *end) = row
    status, message, spent = end
    return RunRecord(
        id=run_id,
        kind=kind,
        folder=folder,
        request=json.loads(request),
        pid=pid,
        state=_state(finished_at, ProcessIdentity(pid, started, boot, namespace)),
        started_at=started_at,
        finished_at=finished_at,
        status=status,
        message=message,
        spent=Spent(**json.loads(spent)) if spent else None,
        events=events,
        attachments=attachments,
    )


def _state(finished_at: float | None, process: ProcessIdentity) -> RunState:
    if finished_at is not None:
        return RunState.FINISHED
    states = {
        Presence.ALIVE: RunState.RUNNING,
        Presence.GONE: RunState.INTERRUPTED,
        Presence.UNKNOWN: RunState.UNKNOWN,
    }
    return states[presence_of(process)]
