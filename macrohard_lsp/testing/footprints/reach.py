"""Who can tell that names of modules are bound to something else: by the names that are used, in doubt everybody."""

from collections.abc import Mapping, Set

from macrohard_lsp.core.testrun import named_by
from macrohard_lsp.testing.affected import CONFTEST
from macrohard_lsp.testing.footprints.blocks import Blocks, Inside
from macrohard_lsp.testing.footprints.changes import Change
from macrohard_lsp.testing.footprints.model import Needs, Present
from macrohard_lsp.testing.footprints.names import CODE, COMPUTED, EVERY_NAME, MODULES, NAMESPACE
from macrohard_lsp.testing.footprints.statements import IMPORT

OWN = frozenset({"globals", "locals", "vars", "dir", CODE})
"""What reads names of the module it is called in that are written nowhere."""
LISTING = frozenset(
    {"dir", "vars", "getmembers", "getmembers_static", "walk_packages", "iter_modules", "__dict__", COMPUTED}
)
"""What reads such names of a module that it is given."""
FINDING = frozenset(
    {"import_module", "__import__", "getmodule", "module_from_spec", "run_module", "run_path", MODULES}
)
"""What gives a module as a value."""
DOCUMENTING = frozenset({"getdoc", "doctest", "pydoc", "help"})


class Reach:
    """How far changes of names can be told by who has some needs."""

    def __init__(self, changes: Mapping[str, Change], needs: Needs, test_file: str, present: Present) -> None:
        self._present = present
        self._changed = frozenset(changes)
        self._near = {path: found for path in needs if (found := present.blocks(path)) is not None}
        # The files in which a name may stand for something else without being imported or asked for.
        self._homes: dict[str, set[str]] = {}
        for path, change in changes.items():
            for name in change.names:
                self._homes.setdefault(name, set()).add(path)
        if "__doc__" in self._homes:
            self._homes.update((name, set()) for name in DOCUMENTING)
        self._called = frozenset(map(_called, changes))
        self._finding = FINDING
        self._alone = False
        if test_file in changes:
            # A test can ask pytest for the module it stands in, and so can a hook as it is collected.
            self._finding |= {"module"}
            name = _called(test_file)
            self._alone = len(changes) == 1 and not any(
                name in blocks.uses.imported for path, blocks in self._near.items() if path != test_file
            )
        self._given = any(
            not (blocks.uses.handed.isdisjoint(self._called) and blocks.around.isdisjoint(FINDING))
            for blocks in self._near.values()
        )
        self._has_functions = any(
            self._near[path].functions or "lambda" in self._near[path].around
            for path in changes
            if path in self._near
        )
        self._bound: dict[str, frozenset[str]] = {}
        self._visible: dict[str, frozenset[str]] = {}
        self.by_import = self._spread() or self._is_told_by_import(needs)
        """Whether what is executed by an import can tell."""

    def names_test(self, test: str) -> bool:
        """Whether the test is declared with one of the names, or its class is one."""
        inside = {name.partition("::")[2].replace("::", ".") for name in named_by(test)}
        return not self._homes.keys().isdisjoint(inside)

    def used_by(self, needs: Needs) -> bool:
        """Whether any of the functions that a test calls by its needs uses one of the names."""
        return self._is_used(needs, self._finding)

    def may_import(self, needs: Needs) -> bool:
        """Whether any function that is called by some needs imports something as it runs."""
        importing = FINDING | {"import"}
        return any(not inside.words.isdisjoint(importing) for _, _, inside in self._functions(needs))

    def _functions(self, needs: Needs) -> list[tuple[str, Blocks, Inside]]:
        return [
            (path, blocks, blocks.inside[digest])
            for path, digests in needs.items()
            if (blocks := self._near.get(path)) is not None
            for digest in digests
            if digest in blocks.inside
        ]

    def _is_used(self, needs: Needs, finding: frozenset[str]) -> bool:
        functions = self._functions(needs)
        found = any(
            not inside.words.isdisjoint(self._finding if path.endswith(CONFTEST) else finding)
            for path, _, inside in functions
        )
        return any(self._used_in(path, blocks, inside, found) for path, blocks, inside in functions)

    def _used_in(self, path: str, blocks: Blocks, function: Inside, found: bool) -> bool:
        names = self._names_in(path) if not found else self._homes.keys()
        # Who has an object of a class runs its methods, though it never names the class.
        *classes, bare = function.name.split(".")
        return not names.isdisjoint(classes or (bare,)) or self._is_read(path, blocks, function.words, found)

    def _is_told_by_import(self, needs: Needs) -> bool:
        if any(self._is_read(path, blocks, blocks.loose, False) for path, blocks in self._near.items()):
            return True
        return self._is_used(needs, FINDING)

    def _is_read(self, path: str, blocks: Blocks, words: frozenset[str], found: bool) -> bool:
        """Whether code of a file with these words in it may use one of the names.

        `found` says that it may have modules which nobody has handed to it.
        """
        names = self._names_in(path) if not found else self._homes.keys()
        if not names.isdisjoint(words):
            return True
        is_own = path in self._changed or EVERY_NAME in blocks.loose
        if is_own and not words.isdisjoint(OWN):
            return True
        if (self._given or found) and not words.isdisjoint(LISTING):
            return True
        if self._has_functions and NAMESPACE in words:
            return True
        # What becomes of a module that is handed on isn't known.
        return not self._bound_in(path, blocks).isdisjoint(blocks.uses.handed & words)

    def _bound_in(self, path: str, blocks: Blocks) -> frozenset[str]:
        """What the modules that changed may be called in a file."""
        if path not in self._bound:
            imports = ((name, text) for name, text in blocks.bindings.items() if text.startswith(IMPORT))
            aliases = {name for name, text in imports if _last(text) in self._called}
            self._bound[path] = self._called | aliases
        return self._bound[path]

    def _names_in(self, path: str) -> Set[str]:
        if path not in self._visible:
            self._visible[path] = frozenset(name for name in self._homes if self._is_visible(name, path))
        return self._visible[path]

    def _is_visible(self, name: str, path: str) -> bool:
        if path in self._homes[name]:
            return True
        return not self._alone and self._near[path].uses.can_mean_others(name)

    def _spread(self) -> bool:
        """Take in all names that are bound by statements which mention one; True where any other statement does."""
        fresh = set(self._homes)
        while fresh:
            found: set[str] = set()
            for path, blocks in self._near.items():
                if blocks.around.isdisjoint(fresh):
                    continue
                seen = {name for name in fresh if self._is_visible(name, path)}
                if not blocks.loose.isdisjoint(seen):
                    return True
                for name, words in blocks.mentions.items():
                    if not words.isdisjoint(seen) and path not in self._homes.setdefault(name, set()):
                        self._homes[name].add(path)
                        found.add(name)
            fresh = found
        return False


def _last(binding: str) -> str:
    """The last name of what a binding imports."""
    return binding.removeprefix(IMPORT).rpartition(" ")[2].rpartition(".")[2]


def _called(path: str) -> str:
    """The last of a module's names."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] if name == "__init__.py" else name.removesuffix(".py")
