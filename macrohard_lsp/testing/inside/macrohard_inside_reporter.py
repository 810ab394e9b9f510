"""Tells the outside what pytest does, as it does it. PYTEST_DONT_REWRITE"""

import json
import os

import macrohard_inside_failure as failures
import pytest
from _pytest._code import ExceptionInfo
from macrohard_inside_origin import foreign_modules
from macrohard_inside_paths import Workspace

WORKER_KEY = "macrohard_options"


def options_of_worker(config):
    """What the controller of this pytest-xdist worker was told; None where we have no business."""
    given = getattr(config, "workerinput", {}).get(WORKER_KEY)
    return None if given is None else json.loads(given)


class Annotator:
    """Attaches to failing reports what reports don't keep; it travels with them between processes."""

    def __init__(self, workspace):
        self._workspace = workspace

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, call):
        outcome = yield
        self._annotate(outcome, call)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self):
        outcome = yield
        if outcome.excinfo is None:
            self._annotate(outcome, getattr(outcome.get_result(), "call", None))

    def _annotate(self, outcome, call):
        if outcome.excinfo is not None:
            return
        report = outcome.get_result()
        if report.outcome == "failed" and call is not None and call.excinfo is not None:
            report.macrohard_failure = failures.describe(call.excinfo, report, self._workspace)


class Reporter:
    def __init__(self, channel, workspace, config):
        self._channel = channel
        self._workspace = workspace
        self._rootdir = str(config.rootpath)
        # Taken now: a test may leave the process in another directory, or in one that is gone.
        self._directory = workspace.relative(os.getcwd()) or ""
        self._known_modules = set()
        self._collected = False
        self._last = False

    def canonical_id(self, nodeid):
        return self._workspace.canonical_id(nodeid, self._rootdir)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session):
        config = session.config
        self._channel.tell(
            "session",
            rootdir=self._rootdir,
            inifile=str(config.inipath) if config.inipath else None,
            pytest=pytest.__version__,
            plugins=sorted({d.project_name for _, d in config.pluginmanager.list_plugin_distinfo()}),
        )

    def pytest_collectstart(self, collector):
        if isinstance(collector, pytest.File):
            self._channel.send("collecting", id=self.canonical_id(collector.nodeid))

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            self._channel.tell(
                "collect-report",
                id=self.canonical_id(report.nodeid),
                outcome=report.outcome,
                failure=_failure_of(report),
            )

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        tests = [[self.canonical_id(item.nodeid), self._definition(item.location)] for item in session.items]
        self._tell_collected(tests)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        self._channel.eager = True
        node.workerinput[WORKER_KEY] = json.dumps(self._channel.options)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids):
        if not self._collected:
            self._tell_collected([[self.canonical_id(name), None] for name in ids])

    def _tell_collected(self, tests):
        self._collected = True
        self._channel.tell("collected", tests=tests)
        self._tell_origins()

    def pytest_runtest_logstart(self, nodeid):
        self._channel.send("start", id=self.canonical_id(nodeid))

    # Reports may come late, all at once (a plugin that repeats tests holds them back).
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item):
        self._channel.send("phase", id=self.canonical_id(item.nodeid), phase="call")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item, nextitem):
        self._last = nextitem is None
        self._channel.send("phase", id=self.canonical_id(item.nodeid), phase="teardown")

    def pytest_runtest_logfinish(self, nodeid):
        # After the last test pytest may clean up for long, in which nothing is sent that this could go out with.
        say = self._channel.send if self._last else self._channel.tell
        say("end", id=self.canonical_id(nodeid))

    def pytest_runtest_logreport(self, report):
        reason = getattr(report, "wasxfail", None)
        self._channel.tell(
            "report",
            id=self.canonical_id(report.nodeid),
            phase=report.when if report.when in ("setup", "call", "teardown") else "lost",
            outcome=report.outcome,
            expected=None if reason is None else str(reason),
            seconds=float(getattr(report, "duration", 0.0)),
            subtest=hasattr(report, "context"),
            failure=_failure_of(report),
            defined=self._definition(report.location),
        )

    def pytest_internalerror(self, excrepr):
        lines = [line for line in str(excrepr).splitlines() if line.strip()]
        self._channel.send("internal-error", message=failures.shorten(lines[-1] if lines else ""))

    def pytest_keyboard_interrupt(self, excinfo):
        self._channel.send(
            "interrupt", exception=type(excinfo.value).__name__, message=failures.shorten(str(excinfo.value))
        )

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session):
        yield
        self._tell_origins()
        self._channel.send(
            "finish",
            status=int(session.exitstatus),
            failed=int(session.testsfailed),
            stopped=str(session.shouldstop or session.shouldfail or ""),
        )

    def _tell_origins(self):
        foreign = foreign_modules(self._workspace, self._directory, self._known_modules)
        if foreign:
            self._channel.send("origins", modules=foreign)

    def _definition(self, location):
        path, line, function = location
        absolute = os.path.normpath(os.path.join(self._rootdir, path))
        own = self._workspace.name(absolute)
        return None if own is None else [own, (line or 0) + 1, str(function), True]


def _failure_of(report):
    described = getattr(report, "macrohard_failure", None)
    if described is not None and report.outcome == "failed":
        return described
    longrepr = report.longrepr
    if report.outcome == "skipped" and isinstance(longrepr, tuple) and len(longrepr) == 3:
        return failures.describe_text(longrepr[2])
    return failures.describe_text(longrepr) if report.outcome != "passed" else None


def tell_of_broken_conftest(channel, excinfo):
    """A conftest that can't be imported ends pytest before there is a session to report on."""
    info = ExceptionInfo.from_exc_info(excinfo)
    workspace = Workspace(channel.options["workspace"])
    path = getattr(info.value, "path", None)
    channel.send(
        "conftest-error",
        path=None if path is None else workspace.relative(str(path)),
        failure=failures.describe(info, None, workspace),
    )
