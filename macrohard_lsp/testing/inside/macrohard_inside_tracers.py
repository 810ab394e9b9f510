"""Which lines of the user's files are executed: the means of tracing, whatever runs the tests. PYTEST_DONT_REWRITE

Where something else uses the same means, ours gives way and the result is marked as partial.
"""

import sys
import threading

MOST_EVENTS_PER_TEST = 300_000
# Lines of the test itself, each time they are reached, after which the lines executed are told apart. What follows
# counts as the last part.
MOST_PARTS_PER_TEST = 2_000
TOOL_NUMBERS = (4, 3)


class Tracer:
    """What is the same for all means: which lines were executed, and by which line of a function that is watched."""

    def __init__(self, workspace):
        self._name = workspace.name
        self._lines = {}
        self._code = None
        self._line = 0
        self._before = []
        self.partial = False

    def watch(self, code):
        """From here on, tell apart what each line of this function executes; None is for no function."""
        self._code = code
        self._line = 0
        self._before = []

    def _begin_part(self, line):
        """Whether what follows was told apart from what came before."""
        if len(self._before) >= MOST_PARTS_PER_TEST:
            return False
        self._before.append((self._line, self._lines))
        self._line, self._lines = line, {}
        return True

    def lines(self):
        """Executed lines by file."""
        if not self._before:
            return self._lines
        together = {}
        for _, lines in self._parts():
            for path, numbers in list(lines.items()):
                together.setdefault(path, set()).update(numbers)
        return together

    def parts(self):
        """The same by the line of the watched function, each line once, and the last part once more by itself."""
        if not self._before:
            return []
        by_line = {}
        for line, lines in self._before:
            files = by_line.setdefault(line, {})
            for path, numbers in list(lines.items()):
                files.setdefault(path, set()).update(numbers)
        return [[line, ranges_of(lines)] for line, lines in (*by_line.items(), (self._line, self._lines))]

    def _parts(self):
        return [*self._before, (self._line, self._lines)]

    def _take_lines(self):
        """The lines so far, and begin anew."""
        lines = self.lines()
        self._lines = {}
        self.watch(None)
        return lines


class MonitoringTracer(Tracer):
    """Python 3.12 and later: each line costs once per test, however often it runs."""

    def __init__(self, workspace):
        super().__init__(workspace)
        self._monitoring = sys.monitoring
        self._tool = None

    def start(self):
        monitoring = self._monitoring
        free = [number for number in TOOL_NUMBERS if monitoring.get_tool(number) is None]
        if not free:
            self.partial = True
            return
        self._tool = free[0]
        events = monitoring.events
        monitoring.use_tool_id(self._tool, "macrohard")
        monitoring.register_callback(self._tool, events.PY_START, self._on_start)
        monitoring.register_callback(self._tool, events.LINE, self._on_line)
        monitoring.set_events(self._tool, events.PY_START)

    def _on_start(self, code, _offset):
        if self._name(code.co_filename) is not None:
            self._monitoring.set_local_events(self._tool, code, self._monitoring.events.LINE)
        return self._monitoring.DISABLE

    def _on_line(self, code, line):
        path = self._name(code.co_filename)
        if path is None:
            return self._monitoring.DISABLE
        if code is self._code and self._begin_part(line):
            self._monitoring.restart_events()
            self._lines.setdefault(path, set()).add(line)
            return None
        self._lines.setdefault(path, set()).add(line)
        return self._monitoring.DISABLE

    def switch(self):
        """Begin anew and return the lines so far."""
        lines = self._take_lines()
        if self._tool is not None:
            self._monitoring.restart_events()
        return lines


class FunctionTracer(Tracer):
    """Before Python 3.12: `sys.settrace`, with a cap on events so that an endless loop stays cheap."""

    def __init__(self, workspace):
        super().__init__(workspace)
        self._hook = self._on_call
        self._gave_up = False
        self._local = {}
        self._events = 0

    def start(self):
        self._take()
        if not self._gave_up:
            threading.settrace(self._hook)

    def _take(self):
        if sys.gettrace() not in (None, self._hook):
            self._gave_up = self.partial = True
        if not self._gave_up:
            sys.settrace(self._hook)

    def _on_call(self, frame, _event, _argument):
        path = self._name(frame.f_code.co_filename)
        if path is None or self._events > MOST_EVENTS_PER_TEST:
            return None
        if frame.f_code is self._code:
            return self._tracer_of_watched(path)
        return self._tracer_of(path)

    def _tracer_of_watched(self, path):
        def on_line(frame, event, argument):
            if frame.f_code is self._code and event == "line" and self._begin_part(frame.f_lineno):
                self._local = {}
            self._tracer_of(path)(frame, event, argument)
            return None if self._events > MOST_EVENTS_PER_TEST else on_line

        return on_line

    def _tracer_of(self, path):
        local = self._local.get(path)
        if local is None:
            local = self._local[path] = self._new_tracer_of(path)
        return local

    def _new_tracer_of(self, path):
        current = self._lines
        add = current.setdefault(path, set()).add

        def on_line(frame, event, argument):
            if self._lines is not current:
                # A thread, a fixture or a generator goes on that was begun before this test.
                return self._tracer_of(path)(frame, event, argument)
            if event == "line":
                add(frame.f_lineno)
                self._events += 1
                if self._events > MOST_EVENTS_PER_TEST:
                    self.partial = True
                    sys.settrace(None)
                    return None
            return on_line

        return on_line

    def switch(self):
        if sys.gettrace() is not self._hook:
            self.partial = True
        lines, self._local, self._events = self._take_lines(), {}, 0
        self._take()
        return lines


def tracer_for(workspace):
    kind = MonitoringTracer if hasattr(sys, "monitoring") else FunctionTracer
    return kind(workspace)


def ranges_of(lines):
    """Line numbers as inclusive ranges: {path: [[first, last], ...]}."""
    return {path: _ranges(sorted(numbers)) for path, numbers in list(lines.items())}


def _ranges(numbers):
    ranges = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges
