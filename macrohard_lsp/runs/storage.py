"""The Journal's database file: opening it, writing beside other processes, setting a damaged one aside."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")

SCHEMA_VERSION = 1
BUSY_SECONDS = 2.0
"""How long SQLite itself waits for another process's write, before each of our own attempts ends."""
BUSY_ATTEMPTS = 3
LOCK_SECONDS = 5.0
"""How long to wait while another process sets a damaged file aside."""
WAL_LIMIT_BYTES = 4 * 1024 * 1024

_MAGIC = b"SQLite format 3\x00"
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_SCHEMA = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, folder TEXT NOT NULL, request TEXT NOT NULL,
    pid INTEGER NOT NULL, process_started TEXT NOT NULL, boot TEXT NOT NULL, namespace TEXT NOT NULL,
    started_at REAL NOT NULL, finished_at REAL, status TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '', spent TEXT
);
CREATE INDEX runs_by_time ON runs (started_at);
CREATE TABLE events (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, sequence INTEGER NOT NULL,
    at REAL NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run_id, sequence)
);
CREATE TABLE attachments (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
);
"""


class JournalUnavailable(Exception):
    """The Journal can't be read or written. The text is a sentence for a person that says what to do next."""


class _Damaged(sqlite3.DatabaseError):
    """Damage that SQLite's own check found."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def is_damage(error: sqlite3.Error) -> bool:
    return _code(error) in _DAMAGED_CODES


def unavailable(path: Path, error: sqlite3.Error) -> JournalUnavailable:
    """The sentence for what SQLite ran into."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        advice = "the disk is full; make room"
    elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        advice = "it can't be written; check the directory's permissions"
    elif code in _BUSY_CODES:
        advice = "another process has held it for too long; look for one that hangs"
    elif code in _DAMAGED_CODES:
        advice = "the file is damaged; the next run sets it aside and begins a new one"
    else:
        advice = "check the disk it is on"
    return JournalUnavailable(f"The journal at {path} is out of reach: {advice} ({error}).")


def connect(path: Path) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """Open the database at `path`, made new where there is none. The second value are sentences for a person.

    A damaged file is moved aside, never deleted. Raises JournalUnavailable.
    """
    try:
        if not _has_foreign_header(path):
            return _open(path), ()
    except sqlite3.Error as error:
        if not is_damage(error):
            raise unavailable(path, error) from error
    except OSError as error:
        raise JournalUnavailable(f"The journal at {path} can't be read: {error.strerror}.") from error
    return _begin_anew(path)


def transact(connection: sqlite3.Connection, work: Callable[[], _T]) -> _T:
    """Run `work` in one write transaction, waiting a bounded time for other writers. Raises sqlite3.Error."""
    for attempt in range(BUSY_ATTEMPTS):
        try:
            connection.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError as error:
            if _code(error) not in _BUSY_CODES or attempt == BUSY_ATTEMPTS - 1:
                raise
            time.sleep(0.05 * (attempt + 1))
    try:
        result = work()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; errors of the Python layer have none and count as 0."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _has_foreign_header(path: Path) -> bool:
    """True for a file that is no database. SQLite must not open it: it might delete the log beside it."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except FileNotFoundError:
        return False
    return bool(head) and head != _MAGIC


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            # Has to be chosen before anything is written; on an existing file it would write to the header.
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
        transact(connection, lambda: _bring_up_to_date(connection, path))
        _check(connection)
        path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. SQLite doesn't wait for other processes here, so the waiting is ours."""
    for attempt in range(BUSY_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if _code(error) not in _BUSY_CODES or attempt == BUSY_ATTEMPTS - 1:
                raise
            time.sleep(0.1 * (attempt + 1))


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _Damaged(found)


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise JournalUnavailable(
            f"The journal at {path} was written by a newer macrohard-lsp; upgrade this one to read it."
        )
    if version == 0:
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _begin_anew(path: Path) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """Move a damaged database aside and open a new one, unless another process has done so meanwhile."""
    try:
        with locked(path.with_name(path.name + ".lock")):
            try:
                if not _has_foreign_header(path):
                    return _open(path), ()
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
            aside = _move_aside(path)
            return _open(path), (f"The journal was damaged; it is kept as {aside}, and a new one was begun.",)
    except sqlite3.Error as error:
        raise unavailable(path, error) from error
    except OSError as error:
        raise JournalUnavailable(
            f"The journal at {path} is damaged and can't be moved aside: {error}. Move it away by hand."
        ) from error


def _move_aside(path: Path) -> Path:
    """Rename the database and its log, which belong together, to a name that is free."""
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


@contextmanager
def locked(lock: Path, seconds: float = LOCK_SECONDS) -> Generator[None]:
    """Nobody else is in here meanwhile, in this process or another. Raises OSError, after `seconds` of waiting too."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)
