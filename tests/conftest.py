"""What every test may rely on, however the suite was started."""

import os
import signal

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.probe import probe_tiers


def pytest_configure() -> None:
    """A suite started in the background ignores Ctrl-C, and so would every program that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def sandbox() -> None:
    """For tests that run code: the tier `namespace` has to work here."""
    report = next(report for report in probe_tiers() if report.tier is Tier.NAMESPACE)
    if not report.available and os.environ.get("REQUIRE_ALL"):
        pytest.fail(report.reason)
    if not report.available:
        pytest.skip(report.reason)
