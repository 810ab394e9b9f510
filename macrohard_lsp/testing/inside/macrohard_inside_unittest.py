"""Runs tests with unittest and tells the outside what they do, in the words that pytest's reporter uses."""

import functools
import inspect
import os
import sys
import time
import traceback
import unittest

from macrohard_inside_discovery import Loader, discover
from macrohard_inside_named import MacrohardTrap, is_named, order_of_files
from macrohard_inside_origin import foreign_modules
from macrohard_inside_paths import Workspace
from macrohard_inside_stack import frames_of, shorten, type_name
from macrohard_inside_tracers import ranges_of, tracer_for
from macrohard_inside_wanted import wanted_by

OK, FAILED, INTERRUPTED, NO_TESTS = 0, 1, 2, 5
_MACHINERY = (
    os.path.dirname(os.path.abspath(unittest.__file__)) + os.sep,
    os.path.dirname(os.path.abspath(__file__)) + os.sep,
)


def run(channel, options):
    """One run from finding the tests to the last of them; the exit status of the process."""
    workspace = Workspace(options["workspace"])
    tracer = tracer_for(workspace) if options["coverage"] else None
    if tracer is not None:
        tracer.start()
    session = Session(channel, options, workspace, tracer)
    tests = session.collect()
    if "--collect-only" in options["arguments"]:
        tests = []
    status = session.run(tests)
    session.tell_origins()
    channel.send("finish", status=status, failed=session.failed, stopped="")
    return status


class Session:
    def __init__(self, channel, options, workspace, tracer):
        self._channel = channel
        self._options = options
        self._workspace = workspace
        self._tracer = tracer
        self._directory = workspace.relative(os.getcwd()) or ""
        self._known_modules = set()
        self._running = None
        self.failed = 0

    # --- finding tests

    def collect(self):
        self._channel.tell("session", rootdir=os.getcwd(), inifile=None, pytest="", plugins=[])
        loader = Loader(self._is_wanted, self._tell_of_file)
        arguments = [each for each in self._options["arguments"] if each != "--collect-only"]
        found = discover(loader, arguments)
        tests = [test for test in found if not self._stands_for_file(test, loader.broken)]
        named = [(self.name_of(test), test) for test in tests]
        wanted = None if self._options["select"] is None else set(self._options["select"])
        unwanted = set(self._options["deselect"])
        named = [
            (name, test)
            for name, test in named
            if (wanted is None or is_named(name, wanted)) and name not in unwanted
        ]
        if self._options["ordered"]:
            order = order_of_files(self._options["select"] or ())
            named.sort(key=lambda pair: order.get(pair[0].partition("::")[0], len(order)))
        trapped = set(self._options["trap"])
        for name, test in named:
            if name in trapped:
                _set_trap(test)
        self._channel.tell("collected", tests=[[name, self.definition_of(test)] for name, test in named])
        self.tell_origins()
        self._tell_lines(None)
        return [test for _, test in named]

    def _is_wanted(self, full_path):
        path = self._workspace.relative(full_path)
        if path in self._options["ignore"]:
            return False
        select = self._options["select"]
        return select is None or any(name.partition("::")[0] == path for name in select)

    def _tell_of_file(self, file):
        path = self._workspace.relative(file)
        if path is not None:
            self._channel.send("collecting", id=path)

    def _stands_for_file(self, test, broken):
        """Tells of a file that could not be imported, or skipped itself, where `test` is unittest's word for it."""
        kind = type(test).__name__
        if type(test).__module__ != "unittest.loader" or kind not in ("_FailedTest", "ModuleSkipped"):
            return False
        name = getattr(test, "_testMethodName", "")
        file, error = broken.get(name, ("", None))
        if kind == "ModuleSkipped":
            why = getattr(getattr(test, name, None), "__unittest_skip_why__", "")
            failure = _in_words(str(why))
        elif error is not None:
            failure = self.describe(error)
        else:
            failure = _in_words(str(getattr(test, "_exception", "")))
        outcome = "skipped" if kind == "ModuleSkipped" else "failed"
        path = self._workspace.relative(file) or name
        self._channel.tell("collect-report", id=path, outcome=outcome, failure=failure)
        return True

    def name_of(self, test):
        """`PATH::CLASS::METHOD`, as pytest names the same test."""
        kind = type(test)
        module = sys.modules.get(kind.__module__)
        path = self._workspace.relative(getattr(module, "__file__", None) or "<none>")
        method = getattr(test, "_testMethodName", None)
        if path is None or method is None or kind.__module__.startswith(("unittest", "doctest")):
            return "%s::%s" % (self._directory or ".", test.id())
        return "::".join([path, *kind.__qualname__.split("."), method])

    def definition_of(self, test):
        code = _code_of(test)
        path = None if code is None else self._workspace.name(code.co_filename)
        return None if path is None else [path, code.co_firstlineno, code.co_name, True]

    # --- running them

    def run(self, tests):
        result = Result(self)
        try:
            Suite(tests, self).run(result)
        except KeyboardInterrupt as error:
            self._channel.send("interrupt", exception=type(error).__name__, message=shorten(str(error)))
            return INTERRUPTED
        self._tell_lines(None)
        if not tests:
            return NO_TESTS
        return FAILED if self.failed else OK

    def start(self, test):
        self._tell_lines(None)
        self._running = self.name_of(test)
        if self._tracer is not None:
            self._channel.call_on_stack_request(self._tell_of_running)
            if self._options["parts"]:
                self._tracer.watch(_code_of(test))
        self._channel.send("start", id=self._running)

    def report(self, test, outcome, failure=None, phase="call", expected=None, seconds=0.0, subtest=False):
        self.failed += outcome == "failed"
        self._channel.tell(
            "report",
            id=self.name_of(test),
            phase=phase,
            outcome=outcome,
            expected=expected,
            seconds=seconds,
            subtest=subtest,
            failure=failure,
            defined=self.definition_of(test),
        )

    def phase(self, test):
        self._channel.send("phase", id=self.name_of(test), phase="call")

    def end(self, test):
        self._tell_lines(self._running)
        self._running = None
        self._channel.send("end", id=self.name_of(test))

    def describe(self, error):
        text = "".join(_exception_only(error))
        return {
            "exception": type_name(error),
            "message": shorten(text),
            "frames": frames_of(error, error.__traceback__, self._workspace, _MACHINERY),
            "wanted": wanted_by(error),
        }

    def tell_origins(self):
        foreign = foreign_modules(self._workspace, self._directory, self._known_modules)
        if foreign:
            self._channel.send("origins", modules=foreign)

    def _tell_lines(self, name):
        if self._tracer is not None:
            parts, lines = self._tracer.parts(), self._tracer.switch()
            partial, self._tracer.partial = self._tracer.partial, False
            if lines:
                self._channel.tell("lines", id=name, files=ranges_of(lines), partial=partial, parts=parts)

    def _tell_of_running(self):
        if self._running is not None:
            files = ranges_of(self._tracer.lines())
            parts = self._tracer.parts()
            self._channel.send_from_signal("lines", id=self._running, files=files, partial=True, parts=parts)


class Suite(unittest.TestSuite):
    """Tells of a test before the set-up of its class and module, which may hang or fail in its place."""

    def __init__(self, tests, session):
        super().__init__(tests)
        self._session = session

    def _tearDownPreviousClass(self, test, result):
        result.close()
        super()._tearDownPreviousClass(test, result)
        if test is not None:
            result.open(test)


class Result(unittest.TestResult):
    """What unittest says of the tests, passed on."""

    def __init__(self, session):
        super().__init__()
        self._session = session
        self._test = None
        self._last = None
        self._begun = False
        self._since = 0.0
        # Why the tests of a class, or of a module, can't begin: the outcome and the failure.
        self._kept_from = {}

    def open(self, test):
        self._test, self._begun, self._since = test, False, time.perf_counter()
        self._session.start(test)

    def close(self):
        """End the test that was told of last; one that never began was kept from it."""
        test = self._test
        if test is None:
            return
        if not self._begun:
            outcome, failure = self._why_not(test)
            self._session.report(test, outcome, failure, phase="setup")
        self._session.end(test)
        self._test, self._last = None, test

    def _why_not(self, test):
        kind = type(test)
        for name in (_in_full(kind), kind.__module__):
            if name in self._kept_from:
                return self._kept_from[name]
        return "failed", _in_words("the test did not begin")

    def startTest(self, test):
        super().startTest(test)
        self._begun = True
        self._session.phase(test)

    def addSuccess(self, test):
        self._report(test, "passed")

    def addFailure(self, test, err):
        self._report(test, "failed", self._session.describe(err[1]))

    def addError(self, test, err):
        failure = self._session.describe(err[1])
        if hasattr(test, "_testMethodName"):
            self._report(test, "failed", failure)
        else:
            self._fixture(str(getattr(test, "description", test)), "failed", failure)

    def addSkip(self, test, reason):
        if hasattr(test, "_testMethodName"):
            self._report(test, "skipped", _in_words(str(reason)))
        else:
            self._fixture(str(getattr(test, "description", test)), "skipped", _in_words(str(reason)))

    def addExpectedFailure(self, test, err):
        self._report(test, "skipped", self._session.describe(err[1]), expected="")

    def addUnexpectedSuccess(self, test):
        self._report(test, "failed", _in_words("the test was expected to fail and passed"))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            failure = self._session.describe(err[1])
            which = subtest._subDescription()
            failure["message"] = shorten("%s %s" % (which, failure["message"]))
            self._session.report(test, "failed", failure, subtest=True)

    def _report(self, test, outcome, failure=None, expected=None):
        case = getattr(test, "test_case", test)
        seconds = time.perf_counter() - self._since
        self._session.report(case, outcome, failure, expected=expected, seconds=seconds)

    def _fixture(self, description, outcome, failure):
        """`setUpClass (module.Class)` and its like, for a class or a module."""
        what, _, of = description.partition(" (")
        if what.startswith("setUp"):
            self._kept_from[of.rstrip(")")] = (outcome, failure)
        elif self._last is not None:
            # As with pytest, what cleans up after several tests speaks through the last of them.
            self._session.report(self._last, outcome, failure, phase="teardown")
            self._session.end(self._last)


def _code_of(test):
    """The code of the test method itself, None where there is none."""
    method = getattr(type(test), getattr(test, "_testMethodName", "") or "runTest", None)
    return getattr(inspect.unwrap(method), "__code__", None) if callable(method) else None


def _in_full(kind):
    return "%s.%s" % (kind.__module__, kind.__qualname__)


def _in_words(text):
    return {"exception": "", "message": shorten(text), "frames": [], "wanted": []}


def _exception_only(error):
    lines = traceback.format_exception_only(type(error), error)
    if isinstance(error, SyntaxError) and len(lines) > 1:
        # Where it is goes into the frames; what it is comes first.
        return [lines[-1], *lines[1:-1]]
    return lines


def _set_trap(test):
    """Make the test fail after it passed."""
    name = test._testMethodName
    original = getattr(test, name)
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def trapped(*arguments, **named):
            await original(*arguments, **named)
            raise MacrohardTrap("this test was made to fail on purpose")

    else:

        @functools.wraps(original)
        def trapped(*arguments, **named):
            original(*arguments, **named)
            raise MacrohardTrap("this test was made to fail on purpose")

    setattr(test, name, trapped)
