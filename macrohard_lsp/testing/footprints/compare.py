"""Whether what tests used is still there, in a Snapshot that may be another one."""

from collections.abc import Mapping, Set

from macrohard_lsp.testing.footprints.model import Footprints, Module, Needs, Present

LISTING = frozenset({"dir", "vars", "globals", "getmembers", "walk_packages", "iter_modules"})
"""A test file that mentions one of these may go through all names of a module, new ones included."""


class Comparison:
    """What is known, beside a Snapshot."""

    def __init__(self, known: Footprints, present: Present) -> None:
        self.known = known
        self.present = present
        self._more: dict[tuple[str, str], frozenset[str] | None] = {}

    def unmet(self, needs: Needs, test_file: str) -> frozenset[str]:
        """The paths at which something is no longer what it was to the tests of a file.

        A function that was added to a module changes nothing for those who never had a name for it, and neither
        does a constant for those who don't mention it.
        """
        file = self.known.files.get(test_file)
        near = needs.keys() | (file.needs.keys() if file is not None else set[str]())
        return frozenset(
            path
            for path, wanted in needs.items()
            if any(not self._met(path, digest, test_file, near) for digest in wanted)
        )

    def added_tests(self, path: str) -> tuple[str, ...]:
        """Ids of the tests that were added to a file of tests, where nothing else about it is new."""
        file = self.known.files[path]
        added = {
            name
            for digest in file.needs.get(path, ())
            for name in self._added(path, digest) or ()
            if _is_test(name)
        }
        return tuple(sorted(f"{path}::{name.replace('.', '::')}" for name in added))

    def _met(self, path: str, digest: str, test_file: str, near: Set[str]) -> bool:
        if digest in self.present.having(path):
            return True
        added = self._added(path, digest)
        if added is None or self._lists_names(test_file):
            return False
        if any(self._mentioned(name, path, near) for name in self._other_constants(path, digest)):
            return False
        return all(
            (path == test_file and "." not in name) if _is_test(name) else name not in self.known.words
            for name in added
        )

    def _added(self, path: str, digest: str) -> frozenset[str] | None:
        """The heads that a module has beside all that it had; None where anything else is not the same."""
        key = (path, digest)
        if key not in self._more:
            old, new = self.known.modules.get(digest), self.present.module(path)
            self._more[key] = None if old is None or new is None else _beside(old, new)
        return self._more[key]

    def _other_constants(self, path: str, digest: str) -> frozenset[str]:
        """The constants of a module that are new, gone, or no longer what they were."""
        old, new = self.known.modules[digest].constants, self.present.module(path)
        now: Mapping[str, str] = new.constants if new is not None else {}
        return frozenset(name for name in {*old, *now} if old.get(name) != now.get(name))

    def _mentioned(self, name: str, path: str, near: Set[str]) -> bool:
        """Whether one of the files that matter to a test has the name, beside where it is given its value."""
        return self.present.mentions(path, name) > 1 or any(
            self.present.mentions(other, name) for other in near if other != path
        )

    def _lists_names(self, test_file: str) -> bool:
        blocks = self.present.blocks(test_file)
        return blocks is None or not LISTING.isdisjoint(blocks.words)


def _beside(old: Module, new: Module) -> frozenset[str] | None:
    had: Mapping[str, str] = old.heads
    if old.body != new.body or not had.items() <= new.heads.items():
        return None
    return frozenset(new.heads.keys() - had.keys())


def _is_test(name: str) -> bool:
    return name.rpartition(".")[2].startswith("test")
