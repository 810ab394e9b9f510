"""Brings what the host says to the editor: by pull or by push, never both."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from macrohard_lsp.core.finding import Severity
from macrohard_lsp.host.client.events import (
    Event,
    FindingsChanged,
    OffersChanged,
    Said,
    SettingsRead,
    StatusChanged,
    TrustWanted,
    WorkBegan,
    WorkEnded,
    WorkReported,
)
from macrohard_lsp.host.client.messages import FolderStatus, GrantTrust

if TYPE_CHECKING:
    from macrohard_lsp.server.server import MacrohardServer

TRUST, NOT_NOW = "Trust this folder", "Not now"
STATUS_METHOD = "macrohard/status"


def take(ls: "MacrohardServer", event: Event) -> None:
    """One event of the host."""
    match event:
        case FindingsChanged(folder):
            before = ls.board.failing(folder)
            publish(ls, ls.board.take_findings(event))
            if ls.board.failing(folder) != before:
                refresh_lenses(ls)
        case OffersChanged():
            ls.board.take_offers(event)
        case WorkBegan():
            ls.work.began(event)
        case WorkReported():
            ls.work.reported(event)
        case WorkEnded():
            ls.work.ended(event)
        case StatusChanged(status):
            if ls.wants_status:
                ls.protocol.notify(STATUS_METHOD, status_fields(status))
        case Said(severity, text, shown):
            ls.say(severity, text, shown=shown)
        case SettingsRead(folder, lenses):
            if ls.lenses.get(folder, True) is not lenses:
                ls.lenses[folder] = lenses
                refresh_lenses(ls)
        case TrustWanted(folder, reason):
            ls.start_task(_ask_trust(ls, folder, reason))


def publish(ls: "MacrohardServer", uris: Iterable[str]) -> None:
    """The diagnostics of these files are other ones now."""
    changed = set(uris)
    if not changed:
        return
    if ls.abilities.pulls_diagnostics:
        ls.start_task(_refresh_diagnostics(ls))
        return
    for uri in sorted(changed):
        report = ls.board.report(uri)
        if not report.items and uri not in ls.published:
            continue
        document = ls.documents.get(uri)
        version = document.version if document is not None else None
        ls.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=list(report.items))
        )
        (ls.published.add if report.items else ls.published.discard)(uri)


def refresh_lenses(ls: "MacrohardServer") -> None:
    if ls.abilities.refreshes_lenses:
        ls.start_task(_quietly(ls.workspace_code_lens_refresh_async(None)))


def host_gone(ls: "MacrohardServer", sentence: str) -> None:
    """What the host knew is gone with it: nothing is shown that nobody stands for."""
    ls.work.all_ended()
    gone = {uri for folder in ls.folders.all for uri in ls.board.forget(folder)}
    publish(ls, gone)
    ls.say(Severity.ERROR, sentence)


def status_fields(status: FolderStatus) -> dict[str, Any]:
    return {
        "folder": status.folder,
        "tier": status.tier.value if status.tier else None,
        "state": status.state,
        "text": status.text,
        "problem": status.problem,
    }


async def _refresh_diagnostics(ls: "MacrohardServer") -> None:
    await _quietly(ls.workspace_diagnostic_refresh_async(None))


async def _quietly(request: Any) -> None:
    """A request whose answer says nothing, to a client that may not give one."""
    try:
        await asyncio.wait_for(request, 10.0)
    except (TimeoutError, JsonRpcException):
        return


async def _ask_trust(ls: "MacrohardServer", folder: str, reason: str) -> None:
    """Once for each folder. An editor that has a word of its own on trust is not asked again."""
    if folder in ls.asked_trust:
        return
    ls.asked_trust.add(folder)
    if ls.given_trust is not None:
        ls.say(Severity.WARNING, reason)
        return
    answer = await ls.window_show_message_request_async(
        types.ShowMessageRequestParams(
            types.MessageType.Warning,
            f"{reason} Trusting the folder lets its tests do what you can do.",
            [types.MessageActionItem(TRUST), types.MessageActionItem(NOT_NOW)],
        )
    )
    if answer is not None and answer.title == TRUST:
        await ls.bridge.ask(GrantTrust(folder))
