"""Which files are the user's own, and how they are named outside. PYTEST_DONT_REWRITE"""

import os
import sys

_isfile = os.path.isfile
_realpath = os.path.realpath

INSTALLED = ("site-packages", "dist-packages")


class Workspace:
    """Names files relative to the workspace folder; asked for every line, so it remembers its answers."""

    def __init__(self, folder):
        self.folder = folder
        self._real = _realpath(folder)
        self._names = {}
        self._environments = {}
        self._prefixes = {}

    def name(self, filename):
        """The `/`-separated path of one of the user's own files, or None for every other file."""
        try:
            return self._names[filename]
        except KeyError:
            self._names[filename] = found = self._find(filename)
            return found

    def _find(self, filename):
        relative = self.relative(filename)
        if relative is None or any(part in INSTALLED for part in relative.split("/")):
            return None
        return None if self._in_environment(relative) else relative

    def relative(self, filename):
        """The path below the workspace folder, whoever wrote the file; None for a path outside."""
        if filename.startswith("<"):
            return None
        absolute = os.path.normpath(os.path.join(self.folder, filename))
        for base, path in ((self.folder, absolute), (self._real, _realpath(absolute))):
            if path == base or path.startswith(base.rstrip(os.sep) + os.sep):
                return os.path.relpath(path, base).replace(os.sep, "/") if path != base else ""
        return None

    def _in_environment(self, relative):
        directory = os.path.dirname(relative)
        if not directory:
            return False
        if directory not in self._environments:
            marker = os.path.join(self.folder, directory, "pyvenv.cfg")
            self._environments[directory] = _isfile(marker) or self._in_environment(directory)
        return self._environments[directory]

    def canonical_id(self, nodeid, rootdir):
        """`PATH::NAME` with the path relative to the workspace folder, wherever pytest's rootdir is."""
        path, separator, rest = nodeid.partition("::")
        prefix = self._prefixes.get(path)
        if prefix is None:
            absolute = os.path.normpath(os.path.join(rootdir, path))
            own = self.relative(absolute)
            prefix = self._prefixes[path] = absolute.replace(os.sep, "/") if own is None else own
        return prefix + separator + rest


def modules_outside(workspace):
    """Names of imported modules that are neither the user's own nor ours, in the order they were imported."""
    names = []
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if not name.startswith("macrohard_inside_") and (
            origin is None or workspace.name(str(origin)) is None
        ):
            names.append(name)
    return names
