"""Rows on the disk: one JSON line a bug, kept under the code, the settings and the data that gave it."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_LOCK = Lock()


def code_version(folders: Sequence[str], shown: Collection[str]) -> str:
    """A digest of the product and of these folders. What only orders or shows rows, `shown`, has no part in it."""
    digest = hashlib.sha256()
    for folder in ("macrohard_lsp", *folders):
        for path in sorted(set((ROOT / folder).rglob("*.py")) - {ROOT / path for path in shown}):
            digest.update(str(path.relative_to(ROOT)).encode("utf-8") + path.read_bytes())
    return digest.hexdigest()[:16]


class RowFile:
    """The rows of one set. `key` names what else they depend on, beside the bug itself."""

    def __init__(self, path: Path, key: Mapping[str, Any]) -> None:
        self.path = path
        self._key = dict(key)

    def rows(self, wanted: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """The latest row by name, of those that this key and the bug's own digest in `wanted` gave."""
        found: dict[str, dict[str, Any]] = {}
        for line in self.path.read_text("utf-8").splitlines() if self.path.is_file() else ():
            entry = json.loads(line)
            # Lines without a name are of a time when only one bench kept rows.
            name = entry.get("name", "")
            if entry["key"] == {**self._key, "bug": wanted.get(name)}:
                found[name] = entry["row"]
        return found

    def keep(self, name: str, digest: str, row: Mapping[str, Any]) -> None:
        entry = {"name": name, "key": {**self._key, "bug": digest}, "row": row}
        with _LOCK:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(entry) + "\n")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
