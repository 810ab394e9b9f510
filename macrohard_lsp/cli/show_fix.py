"""A repair report in words for a person: each Proposal with its proof, then what to do with it."""

from collections.abc import Iterator, Sequence

from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.plain_text import one_line, seconds_text, visible
from macrohard_lsp.cli.show_tests import finding_lines, place_text
from macrohard_lsp.core.finding import Finding, FindingKind
from macrohard_lsp.core.proof import RungProof, RungResult
from macrohard_lsp.core.proposal import Proposal, ProposalKind, Question
from macrohard_lsp.engine.requests import FixReport, FixStatus

MAX_REASON = 100
MAX_LEFT = 20
MAX_SUSPECTS = 5

_TOLD_BELOW = (FindingKind.FAILING_TEST, FindingKind.SUSPECT)

_COLORS = {RungResult.PASSED: "green", RungResult.FAILED: "red", RungResult.NOT_RUN: "dim"}


def text_of_fix(report: FixReport, console: Console) -> str:
    """The report without the patch, which goes its own way."""
    return "\n".join(_lines(report, console))


def _lines(report: FixReport, console: Console) -> Iterator[str]:
    fixes = (proposal for proposal in report.proposals if proposal.kind is ProposalKind.FIX)
    fixed = {test for proposal in fixes for test in proposal.fixes}
    beside = [f for f in report.findings if f.kind not in _TOLD_BELOW and not _is_fixed(f, fixed)]
    yield from finding_lines(beside, set(), console)
    for number, proposal in enumerate(report.proposals, start=1):
        yield from _proposal(number, proposal, console)
        yield ""
    yield from _not_fixed(report.findings, fixed, console)
    for note in report.notes:
        yield console.styled(f"Note: {one_line(note, 500)}", "yellow")
    good = report.status in (FixStatus.FIXED, FixStatus.NOTHING_FAILING)
    yield console.styled(visible(report.message), "bold", "green" if good else "red")
    took = f"{seconds_text(report.seconds)} in all, {seconds_text(report.cpu_seconds)} of processor time"
    yield console.styled(f"Took {took}; tier: {report.tier.value}.", "dim")


def _is_fixed(finding: Finding, fixed: set[str]) -> bool:
    """A file that could not be collected is told of by its Fix."""
    return finding.kind is FindingKind.COLLECTION and fixed.issuperset(finding.tests)


def _not_fixed(findings: Sequence[Finding], fixed: set[str], console: Console) -> Iterator[str]:
    """The failures that stay, and where the search would look for their causes."""
    left = [
        finding
        for finding in findings
        if finding.kind is FindingKind.FAILING_TEST and not fixed.issuperset(finding.tests)
    ]
    for finding in left[:MAX_LEFT]:
        names = one_line(", ".join(finding.tests), 300)
        yield f"{console.styled('Not fixed:', 'bold', 'red')} {names}  {place_text(finding.location)}".rstrip()
        yield f"    {one_line(finding.message, 300)}"
    if len(left) > MAX_LEFT:
        yield f"… and {len(left) - MAX_LEFT} more are not fixed."
    suspects = [finding for finding in findings if finding.kind is FindingKind.SUSPECT and finding.location]
    if left and suspects:
        places = ", ".join(place_text(finding.location) for finding in suspects[:MAX_SUSPECTS])
        yield f"The failing tests point at: {places}"
    if left:
        yield ""


def _proposal(number: int, proposal: Proposal, console: Console) -> Iterator[str]:
    yield console.styled(f"{number}. {one_line(proposal.title, 300)}", "bold")
    if proposal.rationale:
        yield f"   {one_line(proposal.rationale, 500)}"
    yield from (f"     {row}" for row in proof_table(proposal.proof.rungs, console))
    if proposal.ambiguous:
        yield "   Ambiguous: another edit passes the same tests and behaves differently."
    if proposal.ambiguous and proposal.distinguishing_input:
        yield f"   They differ for: {one_line(proposal.distinguishing_input, 300)}"
    if proposal.ambiguous and proposal.question is not None:
        yield from _question(proposal.question)


def _question(question: Question) -> Iterator[str]:
    """What each edit gives, and the test that would decide."""
    for answer in question.answers:
        yield f"     {one_line(answer.result, 100)}  with “{one_line(answer.edit, 120)}”"
    if question.test and question.change_set is not None:
        where = ", ".join(question.change_set.paths)
        yield f"   A test that decides, once you replace `...` by what is right; it would go into {where}:"
        yield from (f"     {visible(line)}".rstrip() for line in question.test.splitlines())


def proof_table(rungs: Sequence[RungProof], console: Console) -> list[str]:
    """One aligned row per rung: its name, how it ended, how long that took and where, and why it failed."""
    width = max(len(proof.rung.value) for proof in rungs)
    rows: list[str] = []
    for proof in rungs:
        ran = proof.result is not RungResult.NOT_RUN
        result = console.styled(f"{proof.result.value:7}", _COLORS[proof.result])
        took = seconds_text(proof.seconds) if ran else ""
        tier = proof.tier.value if proof.tier and ran else ""
        row = (
            f"{proof.rung.value:{width}}  {result}  {took:>8}  {tier:9}  {one_line(proof.reason, MAX_REASON)}"
        )
        rows.append(row.rstrip())
    return rows
