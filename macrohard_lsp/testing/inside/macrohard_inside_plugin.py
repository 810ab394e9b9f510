"""What pytest loads by `-p`, in its own process and in the workers of pytest-xdist. PYTEST_DONT_REWRITE"""

import macrohard_inside_channel as channels
import macrohard_inside_coverage as coverage
import macrohard_inside_footprint as footprints
import macrohard_inside_reporter as reporting
import macrohard_inside_selection as selection
import macrohard_inside_standby as standby
import pytest
from macrohard_inside_paths import Workspace
from macrohard_inside_tracers import tracer_for

# Options of pytest that end or shape a run for a person who watches it; the outside needs every outcome.
UNWANTED = {
    "maxfail": 0,
    "stepwise": False,
    "stepwise_skip": False,
    "lf": False,
    "failedfirst": False,
    "usepdb": False,
    "trace": False,
}

_tracer = None
_watched = None


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests():
    """The first moment at which code of the user's is imported; a broken conftest shows nowhere else."""
    global _tracer, _watched
    channel = channels.current()
    if channel is not None and channel.options["waits"]:
        standby.wait_for_orders(channel)
    if channel is not None and channel.options["coverage"]:
        _tracer = tracer_for(Workspace(channel.options["workspace"]))
        _tracer.start()
    elif channel is not None and channel.options["footprints"]:
        _watched = footprints.start_footprints(Workspace(channel.options["workspace"]))
    outcome = yield
    failed = outcome.excinfo is not None and outcome.excinfo[0].__name__ == "ConftestImportFailure"
    if channel is not None and failed:
        reporting.tell_of_broken_conftest(channel, outcome.excinfo)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    channel = channels.current()
    options = reporting.options_of_worker(config) if channel is None else channel.options
    if options is None:
        return
    for name, value in UNWANTED.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)
    config.option.continue_on_collection_errors = True
    workspace = Workspace(options["workspace"])
    rootdir = str(config.rootpath)
    manager = config.pluginmanager
    manager.register(reporting.Annotator(workspace), "macrohard_annotator")
    manager.register(selection.selection_for(workspace, rootdir, options), "macrohard_selection")
    if channel is None:
        return
    reporter = reporting.Reporter(channel, workspace, config)
    manager.register(reporter, "macrohard_reporter")
    if _tracer is not None:
        per_test = coverage.CoveragePerTest(channel, _tracer, reporter.canonical_id, options["parts"])
        manager.register(per_test, "macrohard_coverage")
    if _watched is not None:
        traces = footprints.FootprintPerTest(channel, _watched, reporter.canonical_id)
        manager.register(traces, "macrohard_footprint")
