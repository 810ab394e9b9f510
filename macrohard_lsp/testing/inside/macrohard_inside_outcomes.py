"""How tests end in a warm runner: one word a test, told as soon as it is known."""


class Outcomes:
    """A pytest plugin that folds the reports of each test into one outcome, as pytest itself does."""

    def __init__(self, workspace, report=None, stop=False):
        self.workspace = workspace
        self.report = report
        self.stop = stop
        self.phases = {}

    def pytest_runtest_logreport(self, report):
        self.phases.setdefault(report.nodeid, []).append((report.when, report.outcome))

    def outcome(self, nodeid):
        phases = self.phases.pop(nodeid, [])
        # A test with subtests reports its call several times, and the last time as passed.
        if any(outcome == "failed" for _, outcome in phases):
            return "failed"
        outcomes = dict(phases)
        if "skipped" in outcomes.values():
            return "skipped"
        return "passed" if outcomes.get("call") == "passed" and "teardown" in outcomes else "failed"

    def run(self, items):
        """Run `items` in order; tells the outcome of each as it ends."""
        for position, item in enumerate(items):
            following = items[position + 1] if position + 1 < len(items) else None
            outcome = self.outcome_of(item, following)
            self.report([canonical_id(item, self.workspace), outcome])
            if self.stop and outcome != "passed":
                return

    def outcome_of(self, item, following=None):
        """Run one test, with what pytest does before and after it."""
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        return self.outcome(item.nodeid)


class Unspoken:
    """Stands where a plugin stood that writes for people: answers as that one does, and hears of nothing."""

    def __init__(self, plugin):
        self._plugin = plugin

    def __getattr__(self, name):
        return getattr(self._plugin, name)


def leave_unspoken(session):
    """Spare what costs more than most tests and what nobody reads: lines on the terminal, and tracebacks.

    Other plugins still find the terminal's reporter under its name.
    """
    manager = session.config.pluginmanager
    reporter = manager.getplugin("terminalreporter")
    if reporter is not None:
        manager.unregister(reporter)
        manager.register(Unspoken(reporter), "terminalreporter")
    for item in session.items:
        item.repr_failure = item._repr_failure_py = _no_words


def _no_words(excinfo, style=None):
    return ""


def canonical_id(item, workspace):
    """`PATH::NAME` with the path relative to the workspace folder, as everywhere outside."""
    return workspace.canonical_id(item.nodeid, str(item.config.rootpath))
