"""From a survivor of the search to a Proposal: a ChangeSet, a Proof, and the words a person reads at a glance."""

from macrohard_lsp.core.change_paths import touches_tests
from macrohard_lsp.core.changeset import ChangeSet, ModifyFile
from macrohard_lsp.core.proof import Proof, Rung
from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.engine.together import Selection
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.causes.sources import Aimed
from macrohard_lsp.repair.task import Survivor

AUTHOR = "repair"


def change_set_of(survivor: Survivor, snapshot: Snapshot) -> ChangeSet:
    candidate = survivor.candidate
    digest = snapshot.files[candidate.path].digest
    return ChangeSet((ModifyFile(candidate.path, digest, candidate.edits),))


def proposal_of(survivor: Survivor, change_set: ChangeSet, proof: Proof, still_passing: int) -> Proposal:
    """A Proposal whose kind follows from what was proven and from what it touches."""
    candidate = survivor.candidate
    if touches_tests(change_set):
        kind = ProposalKind.TEST_CHANGE
    elif proof.reaches(Rung.FAILING_TEST_PASSES):
        kind = ProposalKind.FIX
    else:
        kind = ProposalKind.CHANGE
    where = candidate.function.rpartition(".")[2] or candidate.path
    rationale = (
        f"{candidate.path}, {_lines(candidate)}: {candidate.summary}. "
        f"Found by search; with this edit {_tests(survivor.fixes)}, and nothing that passed before fails."
    )
    return Proposal(
        change_set=change_set,
        kind=kind,
        title=f"{kind.value.capitalize()}: {candidate.summary} in {where} ({_outcome(survivor.fixes, still_passing)})",
        author=AUTHOR,
        rationale=rationale,
        proof=proof,
        fixes=survivor.fixes,
        families=candidate.families,
    )


def _lines(candidate: Candidate) -> str:
    numbers = [str(number) for number in sorted(candidate.lines)]
    return f"line {numbers[0]}" if len(numbers) == 1 else f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"


def proposal_of_aimed(aimed: Aimed, fixes: tuple[str, ...], proof: Proof, still_passing: int) -> Proposal:
    """The same of an edit that an error's own words led to, and that may touch several files."""
    of_tests = touches_tests(aimed.change_set)
    kind = ProposalKind.TEST_CHANGE if of_tests else ProposalKind.FIX
    caution = " It changes what the tests say; only you know whether that is right." if of_tests else ""
    return Proposal(
        change_set=aimed.change_set,
        kind=kind,
        title=f"{kind.value.capitalize()}: {aimed.summary} ({_outcome(fixes, still_passing)})",
        author=AUTHOR,
        rationale=(
            f"{aimed.path}, line {aimed.line}: {aimed.summary}. The error itself led to it; with this edit "
            f"{_tests(fixes)}, and nothing that passed before fails.{caution}"
        ),
        proof=proof,
        fixes=fixes,
    )


def together_of(selection: Selection, still_passing: int) -> Proposal | None:
    """Several Fixes as one Proposal; None where there are not several, or where they were not proven as one."""
    if selection.proof is None:
        return None
    fixes = tuple(dict.fromkeys(name for proposal in selection.taken for name in proposal.fixes))
    summaries = "; ".join(
        proposal.title.partition(": ")[2].rpartition(" (")[0] for proposal in selection.taken
    )
    return Proposal(
        change_set=selection.change_set,
        kind=ProposalKind.FIX,
        title=f"Fix: all {len(selection.taken)} fixes together ({_outcome(fixes, still_passing)})",
        author=AUTHOR,
        rationale=f"{summaries}. Each was proven alone, and all of them together.",
        proof=selection.proof,
        fixes=fixes,
        families=tuple(dict.fromkeys(name for proposal in selection.taken for name in proposal.families)),
    )


def _outcome(fixes: tuple[str, ...], still_passing: int) -> str:
    others = "1 other still passes" if still_passing == 1 else f"{still_passing} others still pass"
    return f"{_tests(fixes)}; {others}"


def _tests(fixes: tuple[str, ...]) -> str:
    """What passes, in words; a file that could not be collected stands for its tests."""
    files = [name for name in fixes if "::" not in name]
    if len(fixes) == 1 and not files:
        return f"{fixes[0].partition('::')[2].split('::')[-1]} passes"
    if len(fixes) == 1:
        return f"{fixes[0]} can be collected and passes"
    tests = len(fixes) - len(files)
    words = ["1 failing test passes" if tests == 1 else f"{tests} failing tests pass"] if tests else []
    if files:
        words.append("1 file can be collected" if len(files) == 1 else f"{len(files)} files can be collected")
    return " and ".join(words)
