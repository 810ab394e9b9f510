"""A pytest plugin that writes how each test ended to the file that BENCH_OUTCOMES names."""

import json
import os
from pathlib import Path

_outcomes = {}


def pytest_runtest_logreport(report):
    if report.outcome == "failed":
        _outcomes[report.nodeid] = "failed"
    elif report.when == "call" or report.outcome == "skipped":
        _outcomes.setdefault(report.nodeid, report.outcome)


def pytest_sessionfinish():
    Path(os.environ["BENCH_OUTCOMES"]).write_text(json.dumps(_outcomes), "utf-8")
