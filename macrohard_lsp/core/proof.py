"""What was verified of a Proposal, rung by rung."""

from dataclasses import dataclass
from enum import StrEnum

from macrohard_lsp.core.tier import Tier


class Rung(StrEnum):
    """The proof ladder, lowest first; the order of the members is the order of the rungs."""

    APPLIES = "applies"
    PARSES = "parses"
    NO_NEW_DIAGNOSTICS = "no-new-diagnostics"
    TESTS_PASS = "tests-pass"
    FAILING_TEST_PASSES = "failing-test-passes"
    USER_SUCCEEDS = "user-succeeds"


class RungResult(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not-run"


@dataclass(frozen=True, slots=True)
class RungProof:
    """One rung. `reason` is never empty unless the rung passed; `evidence` is what to show a person who asks."""

    rung: Rung
    result: RungResult
    reason: str = ""
    command: tuple[str, ...] = ()
    seconds: float = 0.0
    tier: Tier | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Every rung exactly once, lowest first.

    Raises ValueError when a rung is missing or out of order: a Proof that leaves something out
    would claim more than was run.
    """

    rungs: tuple[RungProof, ...]

    def __post_init__(self) -> None:
        if tuple(proof.rung for proof in self.rungs) != tuple(Rung):
            raise ValueError("a Proof lists every rung exactly once, lowest first")

    @property
    def headline(self) -> Rung | None:
        """The last rung of the unbroken row of passes from the bottom; None when not even `applies` passed."""
        reached: Rung | None = None
        for proof in self.rungs:
            if proof.result is not RungResult.PASSED:
                break
            reached = proof.rung
        return reached

    def reaches(self, rung: Rung) -> bool:
        headline = self.headline
        order = tuple(Rung)
        return headline is not None and order.index(headline) >= order.index(rung)

    def of(self, rung: Rung) -> RungProof:
        return self.rungs[tuple(Rung).index(rung)]
