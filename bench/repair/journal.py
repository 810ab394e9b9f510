"""Rows on the disk: one JSON line a bug, kept under the code, the settings and the data that gave it."""

import hashlib
import json
from threading import Lock
from typing import Any

from bench.repair.attempt import Row, Settings, as_json, row_of
from bench.repair.bug import Bug
from bench.repair.child import ROOT, STORE

_LOCK = Lock()
# What only orders or shows the rows makes none of them another.
ONLY_SHOWN = tuple(f"bench/repair/{name}.py" for name in ("run", "report", "chart", "journal", "peers"))


def code_version() -> str:
    """A digest of the product and of this bench: rows of another version don't count."""
    digest = hashlib.sha256()
    for folder in ("macrohard_lsp", "bench/repair"):
        for path in sorted(set((ROOT / folder).rglob("*.py")) - {ROOT / path for path in ONLY_SHOWN}):
            digest.update(str(path.relative_to(ROOT)).encode("utf-8") + path.read_bytes())
    return digest.hexdigest()[:16]


class Journal:
    """The rows of one set. `renamed` ones are kept apart."""

    def __init__(self, name: str, settings: Settings, *, renamed: bool) -> None:
        self.path = STORE / f"{name}{'-renamed' if renamed else ''}.jsonl"
        self._key = {"version": code_version(), "budget": settings.budget_cpu_seconds, "seed": settings.seed}

    def rows(self, bugs: tuple[Bug, ...]) -> dict[str, Row]:
        """The latest row of each bug that this code gave, with these settings, from these texts."""
        wanted = {bug.name: digest_of(bug) for bug in bugs}
        found: dict[str, Row] = {}
        for line in self.path.read_text("utf-8").splitlines() if self.path.is_file() else ():
            entry = json.loads(line)
            name = entry["row"]["bug"]
            if entry["key"] == {**self._key, "bug": wanted.get(name)}:
                found[name] = row_of(entry["row"])
        return found

    def keep(self, bug: Bug, row: Row) -> None:
        self._write({"key": {**self._key, "bug": digest_of(bug)}, "row": as_json(row)})

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)

    def _write(self, entry: dict[str, Any]) -> None:
        with _LOCK:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(entry) + "\n")


def digest_of(bug: Bug) -> str:
    text = json.dumps([bug.files, bug.reference])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
