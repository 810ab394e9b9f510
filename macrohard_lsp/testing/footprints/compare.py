"""Whether what tests used is still there, in a Snapshot that may be another one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from macrohard_lsp.testing.affected import AtCollection
from macrohard_lsp.testing.footprints.changes import Change, Changes
from macrohard_lsp.testing.footprints.model import Footprints, Needs, Present, together
from macrohard_lsp.testing.footprints.reach import Reach
from macrohard_lsp.workspace.index import WorkspaceIndex

NOTHING: frozenset[str] = frozenset()
UNCHANGED = Change(NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class OfFile:
    """What became of what the tests of a file use by its imports.

    `unmet` are paths at which something is no longer what it was, so that it counts for all of them; where there are
    none, `added` are ids of tests that are new or declared otherwise, `gone` of those that are no more, and `changes`
    say which names of which modules are bound to something else. Those modules that are `later` are imported by nothing
    but functions.
    """

    unmet: frozenset[str]
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changes: Mapping[str, Change] | None = None
    later: frozenset[str] = NOTHING
    reach: Reach | None = None


class Comparison:
    """What is known, beside a Snapshot."""

    def __init__(self, known: Footprints, present: Present, index: WorkspaceIndex) -> None:
        self.known = known
        self.present = present
        self._at_collection = AtCollection(index)
        self._changes = Changes(known, present, index)
        self._of_files: dict[str, OfFile] = {}

    def unmet(self, needs: Needs) -> frozenset[str]:
        """The paths at which something isn't exactly what it was."""
        return frozenset(
            path for path, wanted in needs.items() if not wanted.issubset(self.present.having(path))
        )

    def of_file(self, path: str) -> OfFile:
        if path not in self._of_files:
            self._of_files[path] = self._of_file(path)
        return self._of_files[path]

    def of_test(self, path: str, name: str) -> frozenset[str]:
        """The paths at which something changed that a test of a file uses, where `of_file` leaves that open."""
        file, kept = self.of_file(path), self.known.tests[name]
        unmet, changes = self._changes.of_needs(kept.needs, path)
        if unmet:
            return unmet
        for other, change in (file.changes or {}).items():
            changes[other] = change.beside(changes.get(other, change))
        if not changes:
            return NOTHING
        if not changes.keys() <= self.known.files[path].needs.keys():
            return frozenset(changes)
        reach = file.reach
        if (
            file.later
            and reach is not None
            and (not file.later.isdisjoint(kept.needs) or reach.may_import(kept.needs))
        ):
            return file.later
        if (
            reach is None
            or changes != file.changes
            or not kept.needs.keys() <= self.known.files[path].needs.keys()
        ):
            # It uses modules that its file doesn't import, or has not been run since they changed before.
            reach = Reach(changes, together([self.known.files[path].needs, kept.needs]), path, self.present)
        if reach.by_import or reach.names_test(name) or reach.used_by(kept.needs):
            return frozenset(changes)
        return NOTHING

    def now(self, needs: Needs) -> Needs:
        """The same needs of the modules as they are in the Snapshot."""
        found: dict[str, frozenset[str]] = {}
        for path, wanted in needs.items():
            module = self.present.module(path)
            gone = wanted.difference(self.present.having(path))
            found[path] = (wanted - gone) | {module.digest} if gone and module is not None else wanted
        return found

    def _of_file(self, path: str) -> OfFile:
        needs = self.known.files[path].needs
        unmet, changes = self._changes.of_needs(needs, path)
        if unmet or not changes:
            return OfFile(unmet)
        reach = Reach(changes, needs, path, self.present)
        later = changes.keys() - self._at_collection.imported(path, sure=True)
        if later and (
            not later.isdisjoint(self._at_collection.imported(path, sure=False)) or reach.may_import(needs)
        ):
            # Whether what they bind can be made at all would not be seen by collecting the file.
            return OfFile(frozenset(later))
        if reach.by_import:
            return OfFile(frozenset(changes))
        own = changes.get(path, UNCHANGED)
        return OfFile(NOTHING, _ids(path, own.tests), _ids(path, own.gone), changes, frozenset(later), reach)


def is_listed(name: str, functions: Collection[str]) -> bool:
    """Whether a test is one of some functions, which are named without parameters."""
    return name.partition("[")[0] in functions


def _ids(path: str, names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(f"{path}::{name.replace('.', '::')}" for name in names))
