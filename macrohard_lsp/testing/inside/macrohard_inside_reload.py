"""The warm mode `reload`: every edit is imported anew, in a fork from where nothing of it has been imported yet."""

import functools
import gc
import importlib
import os
import threading
import time

import macrohard_inside_edited as editing
import macrohard_inside_fork as forking
import pytest
from macrohard_inside_halfway import Halfway, Halt
from macrohard_inside_outcomes import Outcomes, canonical_id, leave_unspoken
from macrohard_inside_paths import modules_outside

# Processes that wait halfway through a run; one for each set of edited files and test files.
MOST_WAITING = 4


class ReloadServer:
    """Hands each request to the process that waits where a run first needs the edited files."""

    def __init__(self, channel, workspace, arguments):
        self.channel = channel
        self.workspace = workspace
        self.arguments = arguments
        self.waiting = {}
        self.early = set()

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
        for process in self.waiting.values():
            process.end()

    def check(self, request):
        paths = tuple(dict.fromkeys(name.partition("::")[0] for name in request["tests"]))
        key = (tuple(sorted(request["files"])), paths)
        deadline = time.monotonic() + request["wall"]
        try:
            process, cpu = self._process(key, deadline)
            left = max(deadline - time.monotonic(), 0.0)
            answer = process.ask({**request, "wall": left}) if process is not None else None
        except TimeoutError:
            self._drop(key)
            return {"ended": "timeout", "outcomes": [], "cpu": 0.0}
        if answer is None:
            self._drop(key)
            return {"ended": "died", "outcomes": [], "cpu": 0.0}
        answer["cpu"] += cpu
        return answer

    def _process(self, key, deadline):
        """The process that waits for such requests, and what starting it has cost now."""
        if key in self.waiting:
            self.waiting[key] = process = self.waiting.pop(key)
            return process, 0.0
        while len(self.waiting) >= MOST_WAITING:
            self._drop(next(iter(self.waiting)))
        process = self.waiting[key] = Halfway(functools.partial(self._run, key))
        said = process.halted(deadline)
        if said is not None and not said["halted"]:
            self._drop(key)
            self.early.add(key)
            return self._process(key, deadline)
        return (None, 0.0) if said is None else (process, said["cpu"])

    def _drop(self, key):
        process = self.waiting.pop(key, None)
        if process is not None:
            process.end()
            forking.sweep([other.pid for other in self.waiting.values()])

    def _run(self, key, lines):
        """One run of pytest, in a process of its own, that stops on the way; its forks go on to the end."""
        files, paths = key

        def edits_of(request):
            return {self._real(path): edits for path, edits in request["files"].items()}

        def needed():
            halt.reach()
            edited.edits = edits_of(halt.request)

        halt = Halt(lines, lambda request: edited.prepare(edits_of(request)))
        edited = editing.EditedFiles([self._real(path) for path in files], needed)
        edited.install()
        # Without an edit the run is a check of the runner itself: it takes the way that all requests can take.
        if not files or key in self.early:
            halt.reach()
        selection = Selection(self.workspace, halt, edited)
        try:
            tests = [os.path.join(self.workspace.folder, path) for path in paths]
            pytest.main([*self.arguments, *tests], plugins=[selection])
            halt.reach()
        except BaseException:
            os._exit(1)
        halt.child.finish()

    def _real(self, path):
        return os.path.realpath(os.path.join(self.workspace.folder, path))


class Selection:
    """Keeps only the wanted tests, in the wanted order, and runs them."""

    def __init__(self, workspace, halt, edited):
        self.workspace = workspace
        self.halt = halt
        self.edited = edited
        self.outcomes = Outcomes(workspace)
        self._wanted = None

    def pytest_configure(self, config):
        config.pluginmanager.register(self.outcomes)

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self):
        self.edited.come_first()

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector, name, obj):
        """Nothing is made of what is not wanted: a large test module takes longer to collect than to run."""
        if self.halt.request is None:
            return None
        if self._wanted is None:
            self._wanted = _places(self.halt.request["tests"])
        return None if canonical_id(collector, self.workspace) + "::" + name in self._wanted else []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.halt.reach()
        request = self.halt.request
        leave_unspoken(session)
        places = {name: place for place, name in enumerate(request["tests"])}
        known = [(places.get(canonical_id(item, self.workspace)), item) for item in session.items]
        kept = sorted((pair for pair in known if pair[0] is not None), key=lambda pair: pair[0])
        self.outcomes.report, self.outcomes.stop = self.halt.child.report, request["stop"]
        self.outcomes.run([item for _, item in kept])
        if request.get("modules"):
            self.halt.child.report({"modules": modules_outside(self.workspace)})
        # What pytest does when a session is over (writing its cache, say) tells nobody anything here.
        self.halt.child.finish()


def _places(tests):
    """The ids of the tests without their parameters, and of everything around them."""
    found = set()
    for test in tests:
        path, _, rest = test.partition("::")
        place = path
        for name in rest.partition("[")[0].split("::"):
            place += "::" + name
            found.add(place)
    return found
