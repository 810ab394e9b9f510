"""Climbs the ladder rung by rung and stops at the first that does not hold."""

import time
from collections.abc import Callable

from macrohard_lsp.core.apply import ChangeConflict, apply_changes
from macrohard_lsp.core.change_paths import PathRefused, check_paths
from macrohard_lsp.core.proof import Proof, Rung, RungProof, RungResult
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.proving.case import Claim, Evidence, ProvingTools
from macrohard_lsp.proving.diagnostics import no_new_diagnostics
from macrohard_lsp.proving.parses import parses
from macrohard_lsp.proving.tests_pass import failing_tests_pass, tests_pass

NO_USERS = "simulated users are not part of this version"


def prove(claim: Claim, tools: ProvingTools) -> Proof:
    """Everything that could be verified of a claim. Raises Cancelled, MachineUnavailable and MachineLost."""
    started = time.monotonic()
    try:
        check_paths(claim.change_set)
        after = apply_changes(claim.snapshot, claim.change_set)
    except (ChangeConflict, PathRefused) as reason:
        return _proof([_rung(Rung.APPLIES, Evidence(False, str(reason)), started, tools, ran=False)])
    rungs = [_rung(Rung.APPLIES, Evidence(True), started, tools, ran=False)]
    steps: tuple[tuple[Rung, Callable[[Claim, Snapshot, ProvingTools], Evidence]], ...] = (
        (Rung.PARSES, parses),
        (Rung.NO_NEW_DIAGNOSTICS, no_new_diagnostics),
        (Rung.TESTS_PASS, tests_pass),
        (Rung.FAILING_TEST_PASSES, failing_tests_pass),
    )
    for rung, step in steps:
        tools.cancel.check()
        started = time.monotonic()
        evidence = step(claim, after, tools)
        rungs.append(_rung(rung, evidence, started, tools, ran=True))
        if not evidence.passed:
            break
    return _proof(rungs)


def _rung(rung: Rung, evidence: Evidence, started: float, tools: ProvingTools, *, ran: bool) -> RungProof:
    return RungProof(
        rung,
        RungResult.PASSED if evidence.passed else RungResult.FAILED,
        evidence.reason,
        evidence.command,
        time.monotonic() - started,
        tools.tier if ran else None,
        evidence.evidence,
    )


def _proof(rungs: list[RungProof]) -> Proof:
    """Fill the ladder up: each rung that was not climbed says why."""
    last = rungs[-1]
    reason = f"`{last.rung.value}` failed" if last.result is RungResult.FAILED else NO_USERS
    above = tuple(Rung)[len(rungs) :]
    return Proof((*rungs, *(RungProof(rung, RungResult.NOT_RUN, reason) for rung in above)))
