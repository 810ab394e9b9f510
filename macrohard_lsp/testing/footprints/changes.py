"""What became of the names that a module binds; where more than that is no longer the same, it can't be said."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from macrohard_lsp.testing.footprints.model import Footprints, Module, Needs, Present
from macrohard_lsp.testing.footprints.statements import CLASS, FUNCTION, IMPORT
from macrohard_lsp.workspace.index import WorkspaceIndex

LISTS = ("__all__", "__doc__")
ABOUT = frozenset(
    {
        "__version__",
        "__version_info__",
        "__author__",
        "__authors__",
        "__email__",
        "__license__",
        "__copyright__",
    }
    | {"__date__", "__credits__", "__maintainer__", "__status__", "__title__", "__description__", "__url__"}
)
"""Names that say something about a module; all others with two underscores mean something to Python."""
ASKED_FOR = frozenset(
    {"setup", "teardown", "setup_module", "teardown_module", "setup_function", "teardown_function"}
    | {"setUpModule", "tearDownModule", "load_tests", "collect_ignore", "collect_ignore_glob"}
)
"""Names by which pytest and unittest find something that nobody else mentions; so are those with `pytest` in front."""


@dataclass(frozen=True, slots=True)
class Change:
    """The names of a module that are bound to something else, no more, or only now.

    `tests` are those of its functions, by qualified name, that are tests and new or declared otherwise, `gone` those
    that were tests.
    """

    names: frozenset[str]
    tests: frozenset[str]
    gone: frozenset[str]

    def beside(self, other: "Change") -> "Change":
        return Change(self.names | other.names, self.tests | other.tests, self.gone | other.gone)


class Changes:
    def __init__(self, known: Footprints, present: Present, index: WorkspaceIndex) -> None:
        self._known = known
        self._present = present
        self._index = index
        self._found: dict[tuple[str, str, bool], Change | None] = {}

    def of_needs(self, needs: Needs, test_file: str) -> tuple[frozenset[str], dict[str, Change]]:
        """The paths at which anything could be otherwise, and what is for sure no more than a change of names."""
        unmet: set[str] = set()
        changes: dict[str, Change] = {}
        for path, wanted in needs.items():
            for digest in wanted.difference(self._present.having(path)):
                change = self._change(path, digest, path == test_file)
                if change is None or not self._imports_met(path, digest, needs):
                    unmet.add(path)
                    break
                changes[path] = change.beside(changes.get(path, change))
        return frozenset(unmet), changes

    def _change(self, path: str, digest: str, is_own: bool) -> Change | None:
        key = (path, digest, is_own)
        if key not in self._found:
            old, new = self._known.modules.get(digest), self._present.module(path)
            self._found[key] = None if old is None or new is None else self._between(path, old, new, is_own)
        return self._found[key]

    def _between(self, path: str, old: Module, new: Module, is_own: bool) -> Change | None:
        if old.body != new.body:
            return None
        names = _other(old.bindings, new.bindings)
        tests = {name for name in names if name.startswith("test") and _is_function(name, old, new)}
        tests |= _other(old.heads, new.heads)
        if any(map(_is_asked_for, names)) or (tests and not is_own):
            return None
        if is_own and not all(self._is_collected_as_seen(path, name, new) for name in names - tests):
            return None
        # The tests of a class may be those of others that are derived from it, too.
        classes = {name.rpartition(".")[0].partition(".")[0] for name in tests if "." in name}
        if any(self._present.mentions(path, name) > 1 for name in classes):
            return None
        if "__all__" in names:
            names |= set(old.bindings.get("__all__", "").split()) ^ set(
                new.bindings.get("__all__", "").split()
            )
        present = {name for name in tests if name in new.heads or name in new.bindings}
        return Change(frozenset(names), frozenset(present), frozenset(tests - present))

    def _is_collected_as_seen(self, path: str, name: str, new: Module) -> bool:
        """Whether what a file of tests binds a name to has no tests but those that are written in it."""
        if not name.startswith(("test", "Test")):
            return True
        blocks = self._present.blocks(path)
        classes = {other for other, kind in new.bindings.items() if kind.startswith(CLASS)}
        kind = new.bindings.get(name, CLASS)
        return kind.startswith(CLASS) and (
            blocks is None or classes.isdisjoint(blocks.mentions.get(name, frozenset()) - {name})
        )

    def _imports_met(self, path: str, digest: str, needs: Needs) -> bool:
        """Whether imports that are new, or no more, load nothing that was not loaded, and the other way round."""
        old, new = self._known.modules[digest].bindings, self._present.module(path)
        now: Mapping[str, str] = new.bindings if new is not None else {}
        same = _modules(old) & _modules(now)
        changed = _other(old, now)
        imports = (each for name in changed for each in (old.get(name, ""), now.get(name, "")))
        return all(self._is_loaded(each, same, needs) for each in imports if each.startswith(IMPORT))

    def _is_loaded(self, binding: str, same: set[str], needs: Needs) -> bool:
        module, (_, _, name) = _module(binding), binding.partition(" ")
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names and top not in self._index.modules:
            return True
        if module.startswith("."):
            # What a name stands for depends on where that is written: it may be a module that was not loaded.
            return module in same and not any(
                path.endswith((f"/{name}.py", f"/{name}/__init__.py")) for path in self._index.files
            )
        inner = self._index.modules.get(f"{module}.{name}", ()) if name else ()
        return module in same and all(path in needs for path in inner)


def _other(old: Mapping[str, str], new: Mapping[str, str]) -> set[str]:
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def _modules(bindings: Mapping[str, str]) -> set[str]:
    return {_module(each) for each in bindings.values() if each.startswith(IMPORT)}


def _module(binding: str) -> str:
    return binding.removeprefix(IMPORT).partition(" ")[0]


def _is_function(name: str, old: Module, new: Module) -> bool:
    return all(each.get(name, FUNCTION).startswith(FUNCTION) for each in (old.bindings, new.bindings))


def _is_asked_for(name: str) -> bool:
    if name.startswith("__") and name.endswith("__"):
        return name not in ABOUT and name not in LISTS
    return name.startswith("pytest") or name in ASKED_FOR
