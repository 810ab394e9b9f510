"""What of the workspace each test uses: the functions it calls, the files it opens. PYTEST_DONT_REWRITE

A function is named by its file and the line its code begins at. What runs while no test does (imports,
collection) is kept apart. A fixture that several tests share leaves its traces with each of them.
"""

import os
import sys
import threading

import pytest
from macrohard_inside_tracers import TOOL_NUMBERS

MOST_CALLS_PER_TEST = 300_000
"""More than that in one test, and watching it would slow it down too much: its calls are then not known."""

NO_LIMIT = float("inf")

STARTING = frozenset(
    {"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork", "os.forkpty", "pty.spawn"}
)
OPENING = frozenset({"open", "sqlite3.connect"})
LISTING = frozenset({"os.listdir", "os.scandir"})
IMPORTERS = ("<frozen importlib", "/importlib/", "/_pytest/", "macrohard_inside")
CARRIERS = ("<frozen os>", *("/" + name for name in ("pathlib", "glob.py", "os.py", "shutil.py", "py/_")))
"""Modules that open and list on somebody's behalf."""


class Traces:
    """`calls` are pairs of a code object's file name and first line; paths are as they were given."""

    def __init__(self):
        self.calls = set()
        self.opened = set()
        self.listed = set()
        self.starts = False
        self.partial = False

    def add(self, other):
        self.calls |= other.calls
        self.opened |= other.opened
        self.listed |= other.listed
        self.starts = self.starts or other.starts
        self.partial = self.partial or other.partial


class MonitoredCalls:
    """Python 3.12 and later: each function costs once per test, however often it is called."""

    def __init__(self):
        self._monitoring = sys.monitoring
        self._tool = None
        self._calls = set()

    def start(self):
        monitoring = self._monitoring
        self._tool = next((number for number in TOOL_NUMBERS if monitoring.get_tool(number) is None), None)
        if self._tool is not None:
            monitoring.use_tool_id(self._tool, "macrohard")
            monitoring.register_callback(self._tool, monitoring.events.PY_START, self._on_start)
            monitoring.set_events(self._tool, monitoring.events.PY_START)

    def _on_start(self, code, _offset):
        self._calls.add((code.co_filename, code.co_firstlineno))
        return self._monitoring.DISABLE

    def switch(self, _most):
        """Begin anew; the calls so far, and whether they are not all."""
        calls, self._calls = self._calls, set()
        if self._tool is not None:
            self._monitoring.restart_events()
        return calls, self._tool is None

    def stop(self):
        if self._tool is not None:
            self._monitoring.set_events(self._tool, 0)
            self._monitoring.free_tool_id(self._tool)
            self._tool = None


class TracedCalls:
    """Before Python 3.12: the calls that `sys.settrace` tells of. Gives way to whoever else traces."""

    def __init__(self):
        self._hook = self._on_call
        self._calls = set()
        self._left = NO_LIMIT

    def start(self):
        if sys.gettrace() is None:
            sys.settrace(self._hook)
            threading.settrace(self._hook)

    def _on_call(self, frame, _event, _argument):
        code = frame.f_code
        self._calls.add((code.co_filename, code.co_firstlineno))
        self._left -= 1
        if self._left < 0:
            sys.settrace(None)

    def switch(self, most):
        """The same; after `most` calls from now on no more are looked at."""
        tracing = sys.gettrace()
        calls, self._calls = self._calls, set()
        spent, self._left = self._left < 0, most
        if tracing is None and spent:
            sys.settrace(self._hook)
        return calls, tracing is not self._hook

    def stop(self):
        if sys.gettrace() is self._hook:
            sys.settrace(None)
            threading.settrace(None)


def start_footprints(workspace):
    """To be called before anything of the user's is imported."""
    calls = MonitoredCalls() if hasattr(sys, "monitoring") else TracedCalls()
    watched = Watched(workspace, calls)
    sys.addaudithook(_hook_of(watched))
    calls.start()
    return watched


def _hook_of(watched):
    """Called for every audit event, of which tracing makes one for each call: nothing may be done in vain."""
    wanted = OPENING | LISTING | STARTING

    def hook(event, arguments):
        if event in wanted:
            watched.on_event(event, arguments)

    # Looked up at each event, which costs most where it isn't there.
    hook.__cantrace__ = False
    return hook


def is_for_itself(frame):
    """Whether a file is read for an import (what that executes is seen anyway), by pytest, or by ourselves."""
    while frame.f_back is not None and any(part in frame.f_code.co_filename for part in CARRIERS):
        frame = frame.f_back
    return any(part in frame.f_code.co_filename for part in IMPORTERS)


def is_about_the_computer(frame):
    """Whether the standard library starts a program to ask what kind of computer this is."""
    while frame.f_back is not None and frame.f_code.co_filename.endswith(("/subprocess.py", "/os.py")):
        frame = frame.f_back
    return frame.f_code.co_filename.endswith(("/platform.py", "/uuid.py", "/ctypes/util.py"))


class Watched:
    """What has happened since the last `switch_to`; what audit events tell is written down at once."""

    def __init__(self, workspace, calls):
        self.workspace = workspace
        self._calls = calls
        self.traces = Traces()
        self._stopped = False

    def stop(self):
        """Nothing is looked at any more: what plugins do once the tests are over costs no more than it has to."""
        self._stopped = True
        self._calls.stop()

    def on_event(self, event, arguments):
        if self._stopped:
            return
        if event in OPENING:
            self._note(self.traces.opened, arguments)
        elif event in LISTING:
            self._note(self.traces.listed, arguments)
        elif event in STARTING and not self.traces.starts:
            self.traces.starts = not is_about_the_computer(sys._getframe(2))

    def _note(self, noted, arguments):
        path = arguments[0] if arguments else None
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if path is None:
            path = os.curdir
        if not isinstance(path, str) or path.startswith(("/proc/", "/dev/", "<")):
            return
        if not is_for_itself(sys._getframe(3)):
            noted.add(path if os.path.isabs(path) else os.path.join(os.getcwd(), path))

    def switch_to(self, traces, most=NO_LIMIT):
        """Write down from now on in `traces`; returns what was written in until now."""
        before = self.traces
        calls, partial = self._calls.switch(most)
        before.calls |= calls
        before.partial = before.partial or partial
        self.traces = traces
        return before


class FootprintPerTest:
    """The pytest plugin that tells each test's traces as it ends."""

    def __init__(self, channel, watched, canonical_id):
        self._channel = channel
        self._watched = watched
        self._workspace = watched.workspace
        self._canonical_id = canonical_id
        self._outside = watched.traces
        self._running = False
        self._shared = {}

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self._watched.switch_to(Traces(), MOST_CALLS_PER_TEST)
        self._running = True
        yield
        self._running = False
        traces = self._watched.switch_to(self._outside)
        for definition in fixtures_of(item):
            if id(definition) in self._shared:
                traces.add(self._shared[id(definition)][1])
        self._tell(self._canonical_id(item.nodeid), traces)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef):
        if not self._running or fixturedef.scope == "function":
            yield
            return
        around = self._watched.switch_to(Traces(), MOST_CALLS_PER_TEST)
        yield
        own = self._watched.switch_to(around, MOST_CALLS_PER_TEST)
        around.add(own)
        # The definition is kept beside its traces, so that no other can come to have its identity.
        _, before = self._shared.setdefault(id(fixturedef), (fixturedef, Traces()))
        before.add(own)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self):
        traces = self._watched.switch_to(self._outside)
        self._watched.stop()
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        names = {self._workspace.name(file) for file in files if isinstance(file, str)}
        self._tell(None, traces, sorted(name for name in names if name))
        yield

    def _tell(self, name, traces, loaded=()):
        calls = {}
        for filename, line in traces.calls:
            path = self._workspace.name(filename)
            if path is not None:
                calls.setdefault(path, []).append(line)
        self._channel.tell(
            "footprint",
            id=name,
            calls=calls,
            opened=self._below(traces.opened),
            listed=self._below(traces.listed),
            starts=traces.starts,
            partial=traces.partial,
            loaded=loaded,
        )

    def _below(self, paths):
        relative = (self._workspace.relative(path) for path in paths)
        return sorted(path for path in relative if path is not None and "__pycache__" not in path)


def fixtures_of(item):
    """The definitions of all fixtures that a test may have used, those asked for while it ran included."""
    named = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    used = getattr(getattr(item, "_request", None), "_fixture_defs", {})
    return [*(definition for several in named.values() for definition in several), *used.values()]
