"""Imported modules that the workspace holds too, but that came from elsewhere. PYTEST_DONT_REWRITE"""

import os
import sys
import sysconfig

from macrohard_inside_paths import INSTALLED

SOURCE_ROOTS = ("", "src", "lib")
# `__main__` is the program that was started, pytest, whatever stands at the root of the workspace.
NOT_OF_THE_USER = ("macrohard_inside", "__main__")


def foreign_modules(workspace, directory, known):
    """Triples of module name, the file it came from, and the workspace's own file it hides.

    `directory` is where the tests were started, relative to the workspace folder. `known` are names
    looked at before; those looked at now are added. The standard library never counts: a module of the
    user's with the name of a standard one is no copy of it.
    """
    standard = tuple(os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib"))
    roots = _source_roots(workspace, directory)
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in known or not isinstance(file, str) or name.startswith(NOT_OF_THE_USER):
            continue
        known.add(name)
        installed = any(part in file.split(os.sep) for part in INSTALLED)
        if not installed and (workspace.name(file) or os.path.realpath(file).startswith(standard)):
            continue
        hidden = _in_roots(name, roots, workspace) or (
            None if installed else _same_layout(file, name, workspace)
        )
        if hidden is not None:
            found.append([name, file, hidden])
    return found


def _source_roots(workspace, directory):
    """Where packages may lie, with what is there: most imported names are ruled out without a look at the disk."""
    roots = []
    for root in dict.fromkeys(os.path.join(base, root) for base in ("", directory) for root in SOURCE_ROOTS):
        path = os.path.join(workspace.folder, root)
        if os.path.isdir(path):
            roots.append((root, {entry.partition(".")[0] for entry in os.listdir(path)}))
    return roots


def _in_roots(name, roots, workspace):
    parts = name.split(".")
    for root, names in roots:
        if parts[0] not in names:
            continue
        stem = os.path.join(root, *parts)
        for candidate in (stem + ".py", os.path.join(stem, "__init__.py")):
            if _is_own(candidate, workspace):
                return candidate
    return None


def _same_layout(file, name, workspace):
    """A checkout elsewhere (an editable install names it) has the same folders above the package too."""
    pieces = os.path.normpath(file).split(os.sep)
    for length in range(name.count(".") + 2, len(pieces)):
        candidate = os.path.join(*pieces[-length:])
        if _is_own(candidate, workspace):
            return candidate
    return None


def _is_own(relative, workspace):
    absolute = os.path.join(workspace.folder, relative)
    return os.path.isfile(absolute) and workspace.name(absolute) is not None
