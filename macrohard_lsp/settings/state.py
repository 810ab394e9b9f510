"""The directory for what this program remembers between runs: trust, and the journal of Runs."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from macrohard_lsp.settings.errors import StateUnavailable

_NAME = "macrohard"
_PROBE_BYTES = 4096


def state_dir(variables: Mapping[str, str], home: Path) -> Path:
    """`$XDG_STATE_HOME/macrohard`, else `~/.local/state/macrohard`, made for its owner alone where it is
    missing.

    A relative XDG_STATE_HOME is not used, as its standard says. Raises StateUnavailable when the directory
    can't be made or written: a read-only home, a full disk, another owner.
    """
    base = Path(variables.get("XDG_STATE_HOME", ""))
    directory = (base if base.is_absolute() else home / ".local" / "state") / _NAME
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
        if status.st_uid != os.geteuid():
            raise StateUnavailable(_sentence(directory, "it belongs to another user"))
        if status.st_mode & 0o077:
            directory.chmod(0o700)
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            file.write(bytes(_PROBE_BYTES))
    except OSError as error:
        raise StateUnavailable(_sentence(directory, error.strerror or str(error))) from error
    return directory


def _sentence(directory: Path, reason: str) -> str:
    return (
        f"{directory}, where trust and the journal of runs are kept, can't be used: {reason}. Make it "
        "writable, or set XDG_STATE_HOME to a directory that is."
    )
