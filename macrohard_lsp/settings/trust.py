"""Which folders the user trusts: remembered in the user's state, never in the folder."""

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from macrohard_lsp.settings.errors import StateUnavailable, TrustRefused

_FILE = "trust.sqlite3"
_WAIT_SECONDS = 5.0
_TABLE = "CREATE TABLE IF NOT EXISTS trusted (folder BLOB PRIMARY KEY, since REAL NOT NULL) WITHOUT ROWID"


class TrustStore:
    """Trust per folder, in SQLite, so that several processes may read and change it at once.

    A trusted folder's subfolders are trusted with it, its parents are not; links are resolved first, so that
    a link inside leads out of the trust where it leads out of the folder. `home` is None for the user's own
    home directory. All methods raise StateUnavailable when the store can't be read or written.
    """

    def __init__(self, state_dir: Path, home: Path | None = None) -> None:
        self._path = state_dir / _FILE
        self._home = (home or Path.home()).resolve()

    def is_trusted(self, folder: Path) -> bool:
        return self.trusted_by(folder) is not None

    def trusted_by(self, folder: Path) -> Path | None:
        """The trusted folder that `folder` is or lies in."""
        resolved = folder.resolve()
        trusted = frozenset(self.list())
        return next((place for place in (resolved, *resolved.parents) if place in trusted), None)

    def trust(self, folder: Path) -> Path:
        """Trust a folder from now on; the resolved path is the answer.

        Raises TrustRefused for what is no directory, for `/`, and for the home directory and what holds it.
        """
        resolved = folder.resolve()
        if not resolved.is_dir():
            raise TrustRefused(
                f"{folder} is not a directory, so that there is nothing to trust. Check the path."
            )
        if self._home.is_relative_to(resolved):
            raise TrustRefused(
                f"{resolved} holds your whole home directory, and trusting it would trust everything ever "
                "put there. Trust the folders of single projects."
            )
        with self._connection() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO trusted VALUES (?, ?)", (os.fsencode(resolved), time.time())
            )
        return resolved

    def revoke(self, folder: Path) -> bool:
        """Take trust back; False when the folder was not trusted.

        Raises TrustRefused when it is trusted because a parent is: that one has to be named.
        """
        resolved = folder.resolve()
        with self._connection() as connection:
            gone = connection.execute(
                "DELETE FROM trusted WHERE folder = ?", (os.fsencode(resolved),)
            ).rowcount
        parent = self.trusted_by(resolved)
        if parent is not None:
            raise TrustRefused(
                f"{resolved} is trusted because {parent} is. Take the trust back from that one."
            )
        return gone > 0

    def list(self) -> tuple[Path, ...]:
        """The trusted folders, in the order of their paths."""
        if not os.path.lexists(self._path):
            return ()
        with self._connection() as connection:
            rows: list[tuple[bytes]] = connection.execute("SELECT folder FROM trusted").fetchall()
        return tuple(sorted(Path(os.fsdecode(folder)) for (folder,) in rows))

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        """One transaction. The journal is the default one, not WAL: writes are rare, and a store on a
        read-only disk can still be read.
        """
        try:
            with closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS)) as connection, connection:
                if os.access(self._path, os.W_OK):
                    connection.execute(_TABLE)
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise StateUnavailable(
                f"{self._path}, where trusted folders are remembered, can't be used: {error}. Make it "
                "writable, or move it away and trust your folders again."
            ) from error
