"""The rows of this bench on the disk."""

import hashlib
import json

from bench.repair.attempt import Row, Settings, as_json, row_of
from bench.repair.bug import Bug
from bench.repair.child import STORE
from bench.rows import RowFile, code_version

# What only orders or shows the rows makes none of them another.
ONLY_SHOWN = tuple(f"bench/repair/{name}.py" for name in ("run", "report", "chart", "journal", "peers"))


class Journal:
    """The rows of one set. `renamed` ones are kept apart."""

    def __init__(self, name: str, settings: Settings, *, renamed: bool) -> None:
        version = code_version(("bench/repair",), ONLY_SHOWN)
        key = {"version": version, "budget": settings.budget_cpu_seconds, "seed": settings.seed}
        self._file = RowFile(STORE / f"{name}{'-renamed' if renamed else ''}.jsonl", key)

    def rows(self, bugs: tuple[Bug, ...]) -> dict[str, Row]:
        """The latest row of each bug that this code gave, with these settings, from these texts."""
        known = self._file.rows({bug.name: digest_of(bug) for bug in bugs})
        return {name: row_of(row) for name, row in known.items()}

    def keep(self, bug: Bug, row: Row) -> None:
        self._file.keep(bug.name, digest_of(bug), as_json(row))

    def forget(self) -> None:
        self._file.forget()


def digest_of(bug: Bug) -> str:
    text = json.dumps([bug.files, bug.reference])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
