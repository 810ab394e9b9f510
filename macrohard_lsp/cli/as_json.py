"""Reports as the JSON objects that programs read. `Console.result` adds the schema's number."""

from collections.abc import Sequence
from typing import Any

from macrohard_lsp.core.finding import Finding
from macrohard_lsp.core.proof import RungProof
from macrohard_lsp.core.proposal import Proposal, Question
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.core.unified_diff import to_unified_diff
from macrohard_lsp.engine.requests import FirstFix, FixReport, FixStatus, TestReport

_EMPTY: dict[str, dict[str, Any]] = {
    "test": {"passed": 0, "failed": 0, "errors": 0, "skipped": 0, "tests": [], "findings": []},
    "fix": {
        "proposals": [],
        "selection": [],
        "findings": [],
        "cpu_seconds": 0.0,
        "candidates": 0,
        "first_fix": None,
    },
}


def json_of_tests(report: TestReport) -> dict[str, Any]:
    return {
        "message": report.message,
        "tier": report.tier.value,
        "seconds": round(report.seconds, 3),
        "passed": report.passed,
        "failed": report.failed,
        "errors": report.errors,
        "skipped": report.skipped,
        "tests": [{"id": result.id, "outcome": result.outcome.value} for result in report.results],
        "findings": [json_of_finding(finding) for finding in report.findings],
    }


def json_of_fix(report: FixReport) -> dict[str, Any]:
    """`selection` are the places, from 0, of the proposals that `--apply` writes; several were proven together too."""
    return {
        "status": report.status.value,
        "message": report.message,
        "tier": report.tier.value,
        "seconds": round(report.seconds, 3),
        "proposals": [json_of_proposal(report.snapshot, proposal) for proposal in report.proposals],
        "selection": [report.proposals.index(proposal) for proposal in report.selection.taken],
        "findings": [json_of_finding(finding) for finding in report.findings],
        "cpu_seconds": round(report.cpu_seconds, 3),
        "candidates": report.candidates,
        "first_fix": _json_of_first(report.first_fix),
    }


def _json_of_first(first: FirstFix | None) -> dict[str, Any] | None:
    """What the first proven fix took, from the beginning of the search; seconds of the clock but `cpu_seconds`."""
    if first is None:
        return None
    return {
        "seconds": round(first.seconds, 3),
        "cpu_seconds": round(first.cpu_seconds, 3),
        "candidates": first.candidates,
        "proven_seconds": round(first.proven_seconds, 3),
    }


def json_of_proposal(snapshot: Snapshot, proposal: Proposal) -> dict[str, Any]:
    headline = proposal.proof.headline
    return {
        "title": proposal.title,
        "kind": proposal.kind.value,
        "rung": headline.value if headline else None,
        "fixes": list(proposal.fixes),
        "ambiguous": proposal.ambiguous,
        "distinguishing_input": proposal.distinguishing_input,
        "question": json_of_question(snapshot, proposal.question) if proposal.question else None,
        "patch": to_unified_diff(snapshot, proposal.change_set),
        "author": proposal.author,
        "proof": json_of_proof(proposal.proof.rungs),
    }


def json_of_question(snapshot: Snapshot, question: Question) -> dict[str, Any]:
    """`test` and `patch`, which adds it, are null where the call can't be written in a test."""
    return {
        "call": question.call,
        "answers": [{"edit": answer.edit, "result": answer.result} for answer in question.answers],
        "test": question.test or None,
        "patch": to_unified_diff(snapshot, question.change_set) if question.change_set else None,
    }


def json_of_proof(rungs: Sequence[RungProof]) -> list[dict[str, Any]]:
    return [
        {
            "rung": proof.rung.value,
            "result": proof.result.value,
            "command": list(proof.command),
            "reason": proof.reason,
            "seconds": round(proof.seconds, 3),
            "tier": proof.tier.value if proof.tier else None,
        }
        for proof in rungs
    ]


def json_of_finding(finding: Finding) -> dict[str, Any]:
    """`location` is null where a finding has none; its line counts from 1."""
    place = finding.location
    return {
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "source": finding.source,
        "location": {"path": place.path, "line": place.line} if place else None,
        "message": finding.message,
        "tests": list(finding.tests),
    }


def json_of_failure(command: str | None, message: str, tier: Tier | None, seconds: float) -> dict[str, Any]:
    """The shape of a report of `command` with nothing in it. `tier` is the one asked for, if one was."""
    return {
        "status": FixStatus.ERROR.value,
        "message": message,
        "tier": tier.value if tier else None,
        "seconds": round(seconds, 3),
        **_EMPTY.get(command or "", {}),
    }
