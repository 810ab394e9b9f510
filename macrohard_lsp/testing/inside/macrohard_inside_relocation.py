"""Makes an import path that names the workspace name the Machine's copy of it. PYTEST_DONT_REWRITE

In the process tier the copy lies at another path than the workspace, which editable installs, `.pth` files and
PYTHONPATH name. `site` has read them before anything of ours runs; what it made of them is changed here.
"""

import importlib
import os
import sys

from macrohard_inside_paths import INSTALLED

MOST_NESTED = 4
PLAIN = (dict, list, set, tuple)


class Relocation:
    """A finder that finds nothing: asked first, it looks whether the path names the workspace again."""

    def __init__(self, original, copy):
        self.copy = copy
        self._bases = sorted({original, os.path.realpath(original)}, key=len, reverse=True)
        self._environments = [
            os.path.realpath(prefix) + os.sep for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix)
        ]
        self._handled = None
        # Where interpreters that the tests start find what was moved, in order.
        self.roots = {}

    def find_spec(self, name, path=None, target=None):
        self.move_path()

    def invalidate_caches(self):
        return None

    def move_path(self):
        """Change `sys.path` in place; looked at once as long as it stays the same."""
        if sys.path == self._handled:
            return
        moved = [self.moved(entry) for entry in sys.path]
        if moved != sys.path:
            self.roots.update(dict.fromkeys(new for new, old in zip(moved, sys.path) if new != old))
            sys.path[:] = moved
        self._handled = list(sys.path)

    def moved(self, value):
        """The same path in the copy; `value` itself when it isn't the workspace's, or belongs to the interpreter."""
        if not isinstance(value, str) or not os.path.isabs(value):
            return value
        relative = self._relative(os.path.normpath(value))
        if relative is None and os.path.lexists(value):
            relative = self._relative(os.path.realpath(value))
        if relative is None or any(part in INSTALLED for part in relative.split(os.sep)):
            return value
        if (os.path.realpath(value) + os.sep).startswith(tuple(self._environments)):
            return value
        found = os.path.normpath(os.path.join(self.copy, relative))
        return found if os.path.isdir(os.path.dirname(found)) else value

    def _relative(self, path):
        for base in self._bases:
            if path == base or path.startswith(base.rstrip(os.sep) + os.sep):
                return os.path.relpath(path, base)
        return None

    def move_table(self, value, depth=0):
        """A finder's table with the paths in it moved: lists and dicts in place, other containers anew."""
        if depth > MOST_NESTED or not isinstance(value, PLAIN):
            return self.moved(value)
        if isinstance(value, dict):
            for key, old in list(value.items()):
                new = self.move_table(old, depth + 1)
                if new is not old:
                    value[key] = new
                    self._remember_root(key, new)
        elif isinstance(value, list):
            value[:] = [self.move_table(one, depth + 1) for one in value]
        elif any(self.moved(one) is not one for one in value):
            return type(value)([self.move_table(one, depth + 1) for one in value])
        return value

    def _remember_root(self, name, path):
        """The directory to put on the import path for a module called `name` that lies at `path`."""
        if not isinstance(name, str) or not isinstance(path, str):
            return
        place = os.path.dirname(path) if os.path.basename(path) == "__init__.py" else path
        for part in reversed(name.split(".")):
            if os.path.basename(place).partition(".")[0] != part:
                return
            place = os.path.dirname(place)
        self.roots[place] = None


def relocate(original, copy):
    """Called before anything of the user's is imported; does nothing where the workspace lies at its own path."""
    if original == copy:
        return
    relocation = Relocation(original, copy)
    relocation.move_path()
    for finder in list(sys.meta_path):
        _move_finder(relocation, finder)
    for module in list(sys.modules.values()):
        # Namespace packages that a `.pth` file has made already.
        path = getattr(module, "__path__", None)
        if isinstance(path, list):
            relocation.move_table(path)
    sys.meta_path.insert(0, relocation)
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    if relocation.roots:
        given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        entries = [*relocation.roots, *(relocation.moved(entry) for entry in given if entry)]
        os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(entries))


def _move_finder(relocation, finder):
    """setuptools keeps its tables in the finder's module, others in its class or in the finder itself."""
    owner = finder if isinstance(finder, type) else type(finder)
    module = sys.modules.get(owner.__module__)
    if owner.__module__.startswith(("importlib", "_frozen_importlib", "zipimport")):
        return
    for holder in (module, owner, finder):
        for name, value in list(getattr(holder, "__dict__", {}).items()):
            if not name.startswith("__") and isinstance(value, PLAIN):
                moved = relocation.move_table(value)
                if moved is not value:
                    setattr(holder, name, moved)
