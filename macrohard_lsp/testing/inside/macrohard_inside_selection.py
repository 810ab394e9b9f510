"""Which tests are run, without changing how pytest is configured. PYTEST_DONT_REWRITE

Files that hold none of the wanted tests are ignored rather than the others named as arguments:
arguments decide pytest's rootdir, its configuration file and which conftests are loaded first.
"""

import os

import pytest
from macrohard_inside_named import MacrohardTrap, is_named, order_of_files

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
        self._order = order_of_files(options["select"] or ()) if options["ordered"] else {}

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
            wanted = (self._wanted is None or is_named(name, self._wanted)) and name not in self._unwanted
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


def set_trap(item):
    run = item.runtest

    def runtest():
        run()
        raise MacrohardTrap("this test was made to fail on purpose")

    item.runtest = runtest
