"""`textDocument/codeAction`: answered from what the host last said; the edit itself is for `codeAction/resolve`."""

from collections.abc import Sequence
from typing import Any, cast

from lsprotocol import types

from macrohard_lsp.core.finding import FindingKind
from macrohard_lsp.core.proposal import ProposalKind
from macrohard_lsp.host.client.connection import HostRefused
from macrohard_lsp.host.client.events import Offer, PlacedFinding
from macrohard_lsp.server.editing import edit_of
from macrohard_lsp.server.server import MacrohardServer
from macrohard_lsp.server.to_lsp import SOURCE

KIND = "quickfix.macrohard"
PROOF_KIND, DISMISS_KIND = "source.macrohard.proof", "source.macrohard.dismiss"
KINDS = (KIND, PROOF_KIND, DISMISS_KIND)
APPLY, FIND = "macrohard.applyFix", "macrohard.fix"
PROOF, DISMISS = "macrohard.showProof", "macrohard.dismissFix"
REPAIRED = (FindingKind.FAILING_TEST, FindingKind.COLLECTION)
OPTIONS = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)


async def handle(ls: MacrohardServer, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    only = params.context.only
    if not any(wanted(only, kind) for kind in KINDS):
        return None
    uri, first, last = params.text_document.uri, params.range.start.line, params.range.end.line
    ours = [item for item in params.context.diagnostics if item.source == SOURCE]
    findings = list(ls.board.findings_at(uri, first, last))
    tests = frozenset(name for finding in findings for name in finding.tests) | _tests_of(ours)
    offered = [
        (offer, action)
        for offer in _in_order(tuple(ls.board.offers_at(uri, first, last, tests)))
        if (action := await _action(ls, offer, ours)) is not None
    ]
    actions = [action for _, action in offered]
    automatic = params.context.trigger_kind is types.CodeActionTriggerKind.Automatic
    proven = [action for offer, action in offered if offer.proven and not automatic]
    fixes = [action for offer, action in offered if offer.kind is ProposalKind.FIX and not automatic]
    proofs = _beside(proven, "Show the proof of", PROOF_KIND, PROOF) if wanted(only, PROOF_KIND) else []
    ways_out = _beside(fixes, "Dismiss", DISMISS_KIND, DISMISS) if wanted(only, DISMISS_KIND) else []
    edits = actions + _searches(uri, findings, actions) if wanted(only, KIND) else []
    return edits + proofs + ways_out or None


def wanted(only: Sequence[types.CodeActionKind | str] | None, kind: str) -> bool:
    """Whether a kind is asked for: `quickfix` asks for all kinds below it, `quickfix.macrohard` among them."""
    if only is None:
        return True
    kinds = [kind.value if isinstance(kind, types.CodeActionKind) else kind for kind in only]
    return any(each in ("", kind) or kind.startswith(f"{each}.") for each in kinds)


def _tests_of(diagnostics: list[types.Diagnostic]) -> frozenset[str]:
    named: set[str] = set()
    for diagnostic in diagnostics:
        data: object = diagnostic.data  # pyright: ignore[reportUnknownMemberType]
        if isinstance(data, dict):
            tests = cast(dict[str, Any], data).get("tests")
            named.update(map(str, cast(list[Any], tests)) if isinstance(tests, list) else ())
    return frozenset(named)


def _in_order(offers: tuple[Offer, ...]) -> list[Offer]:
    """The host's order, but what can't be accepted comes after what can."""
    return sorted(offers, key=lambda offer: offer.disabled is not None)


async def _action(
    ls: MacrohardServer, offer: Offer, diagnostics: list[types.Diagnostic]
) -> types.CodeAction | None:
    if offer.disabled is not None and not ls.abilities.disabled_actions:
        return None
    title = (
        f"{offer.title} – proven before the latest edits" if offer.rebased and offer.proven else offer.title
    )
    action = types.CodeAction(
        title=title,
        kind=KIND,
        diagnostics=[item for item in diagnostics if _tests_of([item]).intersection(offer.tests)] or None,
        is_preferred=True if offer.preferred and ls.abilities.preferred_actions else None,
        disabled=types.CodeActionDisabled(offer.disabled) if offer.disabled is not None else None,
        data={"offer": offer.id},
    )
    if offer.disabled is not None:
        return action
    if _has_to_ask(ls, offer):
        action.command = types.Command(title, APPLY, arguments=[{"offer": offer.id}])
    elif not ls.abilities.resolves_edits:
        try:
            action.edit = await edit_of(ls, offer.id)
        except HostRefused:
            return None
    return action


def _has_to_ask(ls: MacrohardServer, offer: Offer) -> bool:
    """A client without versioned edits gets edits of open documents only; the rest it is asked about first."""
    if ls.abilities.document_changes:
        return False
    found = ls.board.offer(offer.id)
    return found is None or any(
        ls.documents.get(ls.board.uri(found[0], place.path)) is None for place in offer.places
    )


def _beside(actions: list[types.CodeAction], words: str, kind: str, command: str) -> list[types.CodeAction]:
    """What else can be done with each fix. No quick fix: many editors apply the only one there is."""
    return [
        types.CodeAction(
            title=(title := f"{words} “{action.title.partition(' (')[0]}”"),
            kind=kind,
            command=types.Command(title, command, arguments=[action.data]),
        )
        for action in actions
    ]


def _searches(
    uri: str, findings: list[PlacedFinding], actions: list[types.CodeAction]
) -> list[types.CodeAction]:
    """Where a test fails, or a file can't be collected, and nothing is offered: have a fix looked for."""
    if actions:
        return []
    failing = dict.fromkeys(
        name for finding in findings if finding.kind in REPAIRED for name in finding.tests
    )
    return [
        types.CodeAction(
            title=(title := f"Look for a fix of {name.rpartition('::' if '::' in name else '/')[2]}"),
            kind=KIND,
            command=types.Command(title, FIND, arguments=[{"uri": uri, "tests": [name]}]),
        )
        for name in failing
    ]
