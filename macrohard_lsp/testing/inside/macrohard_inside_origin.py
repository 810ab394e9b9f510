"""Imported modules that the workspace holds too, but that came from elsewhere. PYTEST_DONT_REWRITE"""

import os
import sys
import sysconfig

SOURCE_ROOTS = ("", "src", "lib")


def foreign_modules(workspace, directory):
    """Triples of module name, the file it came from, and the workspace's own file it hides.

    `directory` is where the tests were started, relative to the workspace folder. The standard library
    never counts: a module of the user's with the name of a standard one is no copy of it.
    """
    standard = tuple(os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib"))
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or name.startswith("macrohard_inside"):
            continue
        if workspace.name(file) is not None or _is_standard(file, standard):
            continue
        hidden = _hidden_file(name, file, workspace, directory)
        if hidden is not None:
            found.append([name, file, hidden])
    return found


def _is_standard(file, standard):
    real = os.path.realpath(file)
    return real.startswith(standard) and not any(
        part in ("site-packages", "dist-packages") for part in real.split(os.sep)
    )


def _hidden_file(name, file, workspace, directory):
    parts = name.split(".")
    for base in dict.fromkeys((*SOURCE_ROOTS, *(os.path.join(directory, root) for root in SOURCE_ROOTS))):
        stem = os.path.join(base, *parts)
        for candidate in (stem + ".py", os.path.join(stem, "__init__.py")):
            if _is_own(candidate, workspace):
                return candidate
    # A checkout elsewhere (an editable install names it) has the same layout above the package too.
    pieces = os.path.normpath(file).split(os.sep)
    for length in range(len(parts) + 1, len(pieces)):
        candidate = os.path.join(*pieces[-length:])
        if _is_own(candidate, workspace):
            return candidate
    return None


def _is_own(relative, workspace):
    absolute = os.path.join(workspace.folder, relative)
    return os.path.isfile(absolute) and workspace.name(absolute) is not None
