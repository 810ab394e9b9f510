import os

import pytest

from bench.machines import creation, report
from bench.machines.creation import Series
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.probe import probe_tier


def test_both_kinds_are_measured_on_the_same_repository(tmp_path) -> None:
    tier = probe_tier(Tier.NAMESPACE)
    assert tier is not None
    if not tier.available:
        (pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip)(tier.reason)
    folder = tmp_path.resolve() / "repository"
    bare, ours = creation.measure(folder, 2)
    assert len(list(folder.rglob("*.py"))) == creation.FOLDERS * creation.FILES_EACH == 5000
    assert [len(each) for each in (bare.seconds, bare.processor, ours.seconds, ours.processor)] == [2] * 4
    assert min(*bare.seconds, *ours.seconds, *bare.processor, *ours.processor) > 0


def test_the_section_says_both_and_their_ratio() -> None:
    creation_pair = (
        Series("bare", (0.01, 0.02), (0.005, 0.005)),
        Series("Machine", (0.015, 0.03), (0.01, 0.01)),
    )
    suite_pair = Series("plain", (4.0,), ()), Series("Machine", (4.2,), (4.0,))
    section = report.section(creation_pair, suite_pair, ("no network",), (0.1, 0.9))
    assert "| bare | 2 | 10.0 | 10.0 | 20.0 | 1.00× |" in section
    assert "| Machine | 2 | 15.0 | 15.0 | 30.0 | 1.50× |" in section
    assert "5.0 ms bare, 10.0 ms for a Machine" in section
    assert "| Machine | 1 | 4.2 | 4.2 | 4.2 | 1.05× |" in section
    assert "in force: no network." in section
