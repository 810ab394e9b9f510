"""Which tests an edit affects, found out without either tool."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.affected import peers
from bench.affected.faults import with_faults
from bench.affected.history import Edit, Folder


@dataclass(frozen=True, slots=True)
class Told:
    """How many tests there are after an edit, those that end otherwise or are new, and those that fail by faults."""

    total: int
    changed: frozenset[str]
    executing: frozenset[str]


class KnownTruth:
    """What was found out, in one file for each edit: it depends on the library and the packages alone."""

    def __init__(self, place: Path, packages: Sequence[str], *, use: bool) -> None:
        self._place = place
        self._packages = sorted(packages)
        self._use = use

    def of(self, since: str, edit: Edit) -> Told | None:
        file = self._file(since, edit)
        if not self._use or not file.exists():
            return None
        data = json.loads(file.read_text("utf-8"))
        if data["packages"] != self._packages:
            return None
        return Told(data["total"], frozenset(data["changed"]), frozenset(data["executing"]))

    def keep(self, since: str, edit: Edit, told: Told) -> None:
        self._place.mkdir(parents=True, exist_ok=True)
        data = {
            "packages": self._packages,
            "total": told.total,
            "changed": sorted(told.changed),
            "executing": sorted(told.executing),
        }
        self._file(since, edit).write_text(json.dumps(data), "utf-8")

    def _file(self, since: str, edit: Edit) -> Path:
        return self._place / f"{since[:12]}-{edit.after[:12]}.json"


class Truth:
    def __init__(self, folder: Folder, python: Path, known: KnownTruth) -> None:
        self._folder = folder
        self._python = python
        self._known = known
        self._last: tuple[str, peers.Outcomes] | None = None

    def of(self, since: str, edit: Edit) -> Told:
        """What an edit does to the state of the commit `since`. Raises CannotPrepareError."""
        if (known := self._known.of(since, edit)) is not None:
            return known
        before, after = self._outcomes(since), self._outcomes(edit.after)
        told = Told(len(after.steady), before.differ(after), self._executing(edit, after))
        self._known.keep(since, edit, told)
        return told

    def _outcomes(self, commit: str) -> peers.Outcomes:
        self._folder.show(commit)
        if self._last is None or self._last[0] != commit:
            self._last = (commit, peers.run_twice(self._python, self._folder.place))
        return self._last[1]

    def _executing(self, edit: Edit, after: peers.Outcomes) -> frozenset[str]:
        """The tests that fail by faults in what the edit changed."""
        text = self._folder.text
        texts = [
            (path, with_faults(path, text(edit.before, path), text(edit.after, path))) for path in edit.python
        ]
        planted = [(path, text) for path, text in texts if text is not None]
        if not planted:
            return frozenset()
        self._folder.write(planted)
        faulty = peers.run_twice(self._python, self._folder.place)
        self._folder.show(edit.after)
        return frozenset(name for name in faulty.differ(after) if after.steady[name] == "passed")
