"""The warm mode `reload`: a fork before anything of the user's was imported runs the whole of pytest anew."""

import gc
import importlib
import os
import sys
import threading

import macrohard_inside_edited as editing
import macrohard_inside_fork as forking
import pytest
from macrohard_inside_outcomes import Outcomes, canonical_id


class ReloadServer:
    """Forks for each request and lets the child run the whole of pytest on the edited files."""

    def __init__(self, channel, workspace, arguments):
        self.channel = channel
        self.workspace = workspace
        self.arguments = arguments

    def loop(self, preload):
        forking.become_subreaper()
        loaded = []
        if preload:
            for name in preload:
                try:
                    importlib.import_module(name)
                    loaded.append(name)
                except Exception:
                    continue
        gc.collect()
        gc.freeze()
        self.channel.send({"ready": True, "threads": threading.active_count(), "preloaded": len(loaded)})
        self.channel.serve(self.check)

    def check(self, request):
        paths = list(dict.fromkeys(name.partition("::")[0] for name in request["tests"]))
        files = [os.path.join(self.workspace.folder, path) for path in paths]

        def work(report):
            edited = {
                os.path.realpath(os.path.join(self.workspace.folder, path)): edits
                for path, edits in request["files"].items()
            }
            sys.meta_path.insert(0, editing.EditedFiles(edited))
            selection = Selection(self.workspace, request["tests"], report, request["stop"])
            pytest.main([*self.arguments, *files], plugins=[selection])
            if request.get("modules"):
                report({"modules": foreign_modules(self.workspace)})

        return forking.answer_from_child(work, request)


class Selection:
    """Keeps only the wanted tests, in the wanted order, and runs them."""

    def __init__(self, workspace, order, report, stop):
        self.workspace = workspace
        self.order = order
        self.outcomes = Outcomes(workspace, report, stop)

    def pytest_configure(self, config):
        config.pluginmanager.register(self.outcomes)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        places = {name: place for place, name in enumerate(self.order)}
        kept = [item for item in items if canonical_id(item, self.workspace) in places]
        items[:] = sorted(kept, key=lambda item: places[canonical_id(item, self.workspace)])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.outcomes.run(session, list(session.items))
        return True


def foreign_modules(workspace):
    """Names of imported modules that are not the user's own, in the order they were imported."""
    names = []
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if origin is None or workspace.name(str(origin)) is None:
            names.append(name)
    return names
