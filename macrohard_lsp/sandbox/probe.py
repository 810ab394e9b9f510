"""Which kinds of Machine this computer can have: found out by opening one of each."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineLost, MachineSpec, MachineUnavailable

PROBED_TIERS = (Tier.NAMESPACE, Tier.PROCESS)
PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TierReport:
    """`reason` is a sentence: that the tier works, or why it doesn't and what to do."""

    tier: Tier
    available: bool
    protections: tuple[str, ...]
    reason: str


_working: dict[Tier, TierReport] = {}


def probe_tier(tier: Tier) -> TierReport | None:
    """As `probe_tiers` says it of one tier (None: of no such tier); what has worked once is not tried again."""
    if tier not in PROBED_TIERS:
        return None
    report = _working.get(tier) or _probe(tier)
    if report.available:
        _working[tier] = report
    return report


def probe_tiers() -> tuple[TierReport, ...]:
    """Open a Machine of each tier on an empty folder and run `true` in it. Strongest tier first."""
    return tuple(_probe(tier) for tier in PROBED_TIERS)


def _probe(tier: Tier) -> TierReport:
    with tempfile.TemporaryDirectory(prefix="macrohard-probe-") as folder:
        spec = MachineSpec(Path(folder).resolve(), {}, (), {})
        try:
            with open_machine(spec, tier) as machine:
                result = machine.run(["true"], seconds=PROBE_SECONDS)
        except (MachineUnavailable, MachineLost, OSError) as error:
            return TierReport(tier, False, (), str(error))
        if result.exit_code == 0:
            return TierReport(tier, True, machine.protections, f"the tier {tier} works here")
        said = result.stderr.decode(errors="replace").strip() or f"`true` ended with {result.exit_code}"
        return TierReport(tier, False, (), f"the tier {tier} does not work here: {said}")
