"""Waits, with all plugins loaded and nothing of the user's, for the word which tests to run. PYTEST_DONT_REWRITE"""

import importlib
import os
import sys

from macrohard_inside_paths import Workspace


def wait_for_orders(channel):
    """Returns once they are there. By then the workspace has been laid in anew, under the path it had."""
    workspace = Workspace(channel.options["workspace"])
    channel.send("waiting", loaded=_own_files(workspace))
    channel.receive_more_options()
    os.chdir(os.getcwd())
    for entry in list(sys.path_importer_cache):
        if workspace.relative(entry) is not None:
            del sys.path_importer_cache[entry]
    importlib.invalidate_caches()


def _own_files(workspace):
    """Modules of the workspace that are in memory already, in the version there was."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    names = (workspace.name(file) for file in files if isinstance(file, str))
    return sorted({name for name in names if name is not None})
