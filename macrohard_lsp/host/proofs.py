"""A Proof as a document for a person."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from macrohard_lsp.core.proof import RungProof
from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.core.unified_diff import to_unified_diff
from macrohard_lsp.host.client.messages import ProofText
from macrohard_lsp.host.offers import Shelved

DIRECTORY = "proofs"
MOST_FILES = 50


def proof_text(item: Shelved, state_dir: Path | None) -> ProofText:
    """The Proof as Markdown, written where editors can open it if there is such a place."""
    markdown = markdown_of(item)
    path = _written(markdown, f"{os.getpid()}-{item.id}", state_dir) if state_dir is not None else None
    return ProofText(item.proposal.title, markdown, str(path) if path else None)


def markdown_of(item: Shelved) -> str:
    proposal = item.proposal
    rungs = [_row(rung) for rung in proposal.proof.rungs]
    commands = dict.fromkeys(" ".join(rung.command) for rung in proposal.proof.rungs if rung.command)
    parts = [
        f"# {proposal.title}",
        proposal.rationale,
        "## What was run",
        "\n".join(["| rung | result | seconds | tier | |", "|---|---|--:|---|---|", *rungs]),
        _block("\n".join(commands), "sh"),
        f"Repaired tests:\n\n{_listed(proposal.fixes)}",
        _ambiguity(proposal),
        "## The edit",
        _block(to_unified_diff(item.snapshot, proposal.change_set), "diff"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _row(rung: RungProof) -> str:
    tier = rung.tier.value if rung.tier is not None else ""
    reason = " ".join((rung.reason or rung.evidence.partition("\n")[0]).split()).replace("|", "\\|")
    return f"| `{rung.rung.value}` | {rung.result.value} | {rung.seconds:.1f} | {tier} | {reason} |"


def _ambiguity(proposal: Proposal) -> str:
    if proposal.ambiguous is None:
        return "Whether another edit would pass the same tests and behave differently was not determined."
    if not proposal.ambiguous:
        return (
            "The edits found that pass the same tests, by far most of them by how usual such edits are, "
            "behave alike on the inputs that were tried."
        )
    if proposal.question is None:
        return "Another edit passes the same tests and behaves differently on some input."
    answers = "\n".join(f"{answer.result}  # {answer.edit}" for answer in proposal.question.answers)
    told = "Another edit passes the same tests and behaves differently, for example for this call:"
    parts = [told, _block(proposal.question.call, "python")]
    return "\n\n".join([*parts, "Edits give:", _block(answers, "python")] if answers else parts)


def _listed(names: Sequence[str]) -> str:
    return "\n".join(f"- `{name}`" for name in names)


def _block(text: str, language: str) -> str:
    """A code block that nothing in the text can end."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}" if text else ""


def _written(markdown: str, name: str, state_dir: Path) -> Path | None:
    directory = state_dir / DIRECTORY
    path = directory / f"{name}.md"
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        path.write_text(markdown, "utf-8")
        old = sorted(directory.glob("*.md"), key=lambda file: file.stat().st_mtime)[:-MOST_FILES]
    except OSError:
        return None
    for file in old:
        with contextlib.suppress(OSError):
            file.unlink()
    return path
