"""Which tests are run, without changing how pytest is configured. PYTEST_DONT_REWRITE

Files that hold none of the wanted tests are ignored rather than the others named as arguments:
arguments decide pytest's rootdir, its configuration file and which conftests are loaded first.
"""

import os

import pytest

ALWAYS_COLLECTED = ("__init__.py", "conftest.py")


class Selection:
    def __init__(self, workspace, rootdir, options):
        self._workspace = workspace
        self._rootdir = rootdir
        self._wanted = None if options["select"] is None else set(options["select"])
        self._unwanted = set(options["deselect"])
        self._ignored = set(options["ignore"])
        self._trapped = set(options["trap"])
        self._places = _with_parents(self._wanted)
        self._order = _order_of_files(options["select"] or ()) if options["ordered"] else {}

    def ignores(self, filename):
        """True for what need not be collected, None to leave the decision to others."""
        if os.path.basename(filename) in ALWAYS_COLLECTED:
            return None
        relative = self._workspace.relative(filename)
        if relative is None:
            return None
        if relative in self._ignored or (self._places is not None and relative not in self._places):
            return True
        return None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        kept, dropped = [], []
        for item in items:
            name = self._workspace.canonical_id(item.nodeid, self._rootdir)
            wanted = (self._wanted is None or _is_named(name, self._wanted)) and name not in self._unwanted
            (kept if wanted else dropped).append(item)
            if name in self._trapped:
                set_trap(item)
        if dropped:
            config.hook.pytest_deselected(items=dropped)
            items[:] = kept
        if self._order:
            # Within a file the order stays: its tests may share what is dear to set up.
            items.sort(key=self._place_of)

    def _place_of(self, item):
        path = self._workspace.canonical_id(item.nodeid, self._rootdir).partition("::")[0]
        return self._order.get(path, len(self._order))


class SelectionByPath(Selection):
    """For pytest 7 and later."""

    def pytest_ignore_collect(self, collection_path):
        return self.ignores(str(collection_path))


class SelectionByLegacyPath(Selection):
    """For pytest 6.2, which knows the argument under another name and gives another type."""

    def pytest_ignore_collect(self, path):
        return self.ignores(str(path))


def selection_for(workspace, rootdir, options):
    modern = int(pytest.__version__.split(".")[0]) >= 7
    kind = SelectionByPath if modern else SelectionByLegacyPath
    return kind(workspace, rootdir, options)


def _is_named(name, names):
    """Whether a test is named: by its id, or by the file, the class or the function that it belongs to."""
    path, _, rest = name.partition("::")
    if name in names or path in names or name.partition("[")[0] in names:
        return True
    classes = rest.partition("[")[0].split("::")[:-1]
    return any("::".join([path, *classes[:depth]]) in names for depth in range(1, len(classes) + 1))


def _with_parents(names):
    """The files of the wanted tests and every directory above them; None where everything is wanted."""
    if names is None:
        return None
    places = {""}
    for name in names:
        path = name.partition("::")[0]
        while path and path not in places:
            places.add(path)
            path = os.path.dirname(path)
    return places


def _order_of_files(names):
    files = dict.fromkeys(name.partition("::")[0] for name in names)
    return {path: place for place, path in enumerate(files)}


class MacrohardTrap(AssertionError):
    """Raised in a test that passed, to see whether the program under test lets a failure be seen."""


def set_trap(item):
    run = item.runtest

    def runtest():
        run()
        raise MacrohardTrap("this test was made to fail on purpose")

    item.runtest = runtest
