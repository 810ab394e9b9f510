"""A workspace with a few files, and a Machine on it for each tier that this computer can have."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.probe import TierReport, probe_tiers
from macrohard_lsp.sandbox.spec import Limits, MachineSpec

OpenMachine = Callable[..., Machine]


@pytest.fixture(scope="session")
def tier_reports() -> dict[Tier, TierReport]:
    return {report.tier: report for report in probe_tiers()}


@pytest.fixture
def need_tier(tier_reports: dict[Tier, TierReport]) -> Callable[[Tier], Tier]:
    """Skips (or, where everything is required, fails) when this computer can't have the tier."""

    def need(tier: Tier) -> Tier:
        report = tier_reports[tier]
        if not report.available:
            stop = pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip
            stop(report.reason)
        return tier

    return need


@pytest.fixture
def namespace(need_tier: Callable[[Tier], Tier]) -> Tier:
    return need_tier(Tier.NAMESPACE)


@pytest.fixture
def process(need_tier: Callable[[Tier], Tier]) -> Tier:
    return need_tier(Tier.PROCESS)


@pytest.fixture(params=[Tier.NAMESPACE, Tier.PROCESS], ids=str)
def tier(request: pytest.FixtureRequest, need_tier: Callable[[Tier], Tier]) -> Tier:
    return need_tier(request.param)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "project"
    (folder / "package" / "deep").mkdir(parents=True)
    (folder / "one.txt").write_text("one\n")
    (folder / "package" / "two.txt").write_text("two\n")
    (folder / "package" / "deep" / "three.txt").write_text("three\n")
    return folder


@pytest.fixture
def spec(workspace: Path) -> MachineSpec:
    return MachineSpec(workspace, {}, (), {})


@pytest.fixture
def open_on(spec: MachineSpec) -> Iterator[OpenMachine]:
    """Opens Machines on the workspace (`open_on(tier, files=…)`), and closes them at the end."""
    opened: list[Machine] = []

    def open_it(tier: Tier, **changes: object) -> Machine:
        opened.append(open_machine(replace(spec, **changes), tier))
        return opened[-1]

    yield open_it
    for machine in opened:
        machine.close()


@pytest.fixture
def marker() -> str:
    """A number of seconds to sleep that no other process sleeps."""
    return f"{100_000 + os.getpid()}.{time.monotonic_ns() % 10**9}"


@pytest.fixture
def machine(tier: Tier, open_on: OpenMachine) -> Machine:
    return open_on(tier, limits=Limits(memory_bytes=2**30))


@pytest.fixture
def sealed(namespace: Tier, open_on: OpenMachine) -> Machine:
    """A Machine of the namespace tier."""
    return open_on(namespace)
