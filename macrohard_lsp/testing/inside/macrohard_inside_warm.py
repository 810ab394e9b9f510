"""A warm test runner: started once, it tries many edits of the program without starting anew.

Two modes. `swap` collects the tests once and forks for each edit; the child puts the edited function
bodies into the living functions. Fast, right for most edits inside functions, used to reject.
`reload` forks before anything of the user's is imported; the child runs all of pytest with the edited
files served from memory. Slower, right for every edit of a module, used before an edit survives.

One JSON object a line both ways. Requests: `{"op": "check", "number", "files": {path: [[start, end,
text], ...]}, "tests": [ids], "stop": bool, "wall": s, "cpu": s}` and `{"op": "stop"}`. Answers carry
the request's `number`, `ended`, `outcomes` (pairs of id and outcome, in the order run) and `cpu`.
"""

import gc
import importlib
import json
import os
import resource
import sys
import threading

import macrohard_inside_edited as editing
import macrohard_inside_fork as forking
import macrohard_inside_swap as swapping
import pytest
from macrohard_inside_paths import Workspace

MEMORY_HEADROOM_BYTES = 1024 * 1024 * 1024


class Channel:
    """Lines of JSON over the socket the Machine gave us."""

    def __init__(self, descriptor):
        # The tests may close the low descriptors; nothing of theirs is that high.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.descriptor = _move_high(descriptor, min(hard, 4096))
        self._pending = b""

    def send(self, value):
        data = (json.dumps(value) + "\n").encode()
        while data:
            data = data[os.write(self.descriptor, data) :]

    def receive(self):
        while b"\n" not in self._pending:
            chunk = os.read(self.descriptor, 1 << 16)
            if not chunk:
                return None
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return json.loads(line)


def _move_high(descriptor, limit):
    import fcntl

    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, max(limit - 20, 20))
    os.close(descriptor)
    return high


class Outcomes:
    """A pytest plugin that folds the reports of each test into one outcome, as pytest itself does."""

    def __init__(self, workspace, report, stop):
        self.workspace = workspace
        self.report = report
        self.stop = stop
        self.phases = {}

    def pytest_runtest_logreport(self, report):
        self.phases.setdefault(report.nodeid, []).append((report.when, report.outcome))

    def outcome(self, nodeid):
        phases = self.phases.pop(nodeid, [])
        outcomes = dict(phases)
        if "failed" in outcomes.values():
            return "failed"
        if "skipped" in outcomes.values():
            return "skipped"
        return "passed" if outcomes.get("call") == "passed" and "teardown" in outcomes else "failed"

    def run(self, session, items):
        """Run `items` in order; tells the outcome of each as it ends."""
        for position, item in enumerate(items):
            following = items[position + 1] if position + 1 < len(items) else None
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            outcome = self.outcome(item.nodeid)
            self.report([canonical_id(item, self.workspace), outcome])
            if self.stop and outcome != "passed":
                return


def canonical_id(item, workspace):
    """`PATH::NAME` with the path relative to the workspace folder, as everywhere outside."""
    return workspace.canonical_id(item.nodeid, str(item.config.rootpath))


class SwapServer:
    """The test loop of a collected session, answering requests instead of running the tests."""

    def __init__(self, channel, workspace):
        self.channel = channel
        self.workspace = workspace
        self.modules = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.items = {canonical_id(item, self.workspace): item for item in session.items}
        forking.become_subreaper()
        gc.collect()
        self.living = swapping.LivingFunctions()
        gc.freeze()
        self.channel.send(
            {
                "ready": True,
                "threads": threading.active_count(),
                "tests": list(self.items),
                "errors": session.testsfailed,
            }
        )
        serve(self.channel, lambda request: self.check(session, request))
        return True

    def check(self, session, request):
        try:
            bodies = []
            for path, edits in request["files"].items():
                bodies += self._module(path).bodies(edits)
        except swapping.NotSwappable as reason:
            return {"ended": "not-swappable", "reason": str(reason)}
        except swapping.Unchanged:
            return {"ended": "unchanged"}
        except (SyntaxError, ValueError) as error:
            return {"ended": "invalid", "reason": str(error)}
        items = [self.items[name] for name in request["tests"] if name in self.items]

        def work(report):
            for function, code in bodies:
                function.__code__ = code
            plugin = Outcomes(self.workspace, report, request["stop"])
            session.config.pluginmanager.register(plugin)
            plugin.run(session, items)

        return in_child(work, request)

    def _module(self, path):
        if path not in self.modules:
            filename = os.path.realpath(os.path.join(self.workspace.folder, path))
            self.modules[path] = swapping.SwappableModule(
                filename, editing.read_source(filename), self.living
            )
        return self.modules[path]


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
        serve(self.channel, self.check)

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

        return in_child(work, request)


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


def in_child(work, request):
    memory = MEMORY_HEADROOM_BYTES + 2 * _address_space()
    result = forking.run_in_child(work, request["wall"], request["cpu"], memory)
    outcomes = [value for value in result["values"] if isinstance(value, list)]
    extra = [value for value in result["values"] if isinstance(value, dict)]
    answer = {"ended": result["ended"], "outcomes": outcomes, "cpu": result["cpu"]}
    for values in extra:
        answer.update(values)
    return answer


def _address_space():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def serve(channel, check):
    """Answer requests until the other side closes the channel or says stop."""
    while True:
        request = channel.receive()
        if request is None or request["op"] == "stop":
            return
        answer = check(request)
        answer["number"] = request["number"]
        channel.send(answer)


def main(options):
    channel = Channel(int(os.environ.pop("MACROHARD_CHANNEL_FD")))
    workspace = Workspace(options["root"])
    # As `python -m pytest` does: the current directory first. Our own folder goes last, and shadows nothing.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.getcwd(), *(entry for entry in sys.path if os.path.abspath(entry or ".") != here), here]
    if options["mode"] == "reload":
        ReloadServer(channel, workspace, options["arguments"]).loop(options.get("preload") or [])
        return
    paths = list(dict.fromkeys(name.partition("::")[0] for name in options["tests"]))
    server = SwapServer(channel, workspace)
    code = pytest.main(
        [*options["arguments"], *(os.path.join(workspace.folder, path) for path in paths)], plugins=[server]
    )
    channel.send({"ready": False, "reason": "pytest ended with status %d" % int(code)})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
