"""`workspace/executeCommand`: one function a command. docs/editors.md says what each takes and returns."""

import asyncio
from dataclasses import asdict
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from macrohard_lsp import __version__
from macrohard_lsp.core.finding import Severity
from macrohard_lsp.host.client.connection import HostRefused
from macrohard_lsp.host.client.messages import (
    AskStatus,
    DescribeProof,
    DismissOffer,
    FindFixes,
    FixesDone,
    FolderStatus,
    ProofText,
    RunTests,
    TestsDone,
)
from macrohard_lsp.server.editing import resolved, to_edit
from macrohard_lsp.server.places import uri_of
from macrohard_lsp.server.publishing import status_fields
from macrohard_lsp.server.server import MacrohardServer

REQUEST_FAILED = -32803
APPLY_TITLE = "Apply"


def register(ls: MacrohardServer) -> None:
    for name, command in COMMANDS.items():
        ls.command(name)(command)


async def run_tests(ls: MacrohardServer, *arguments: Any) -> dict[str, Any]:
    given = _argument(arguments)
    tests = _tests(given)
    asked = [ls.bridge.ask(RunTests(folder, tests)) for folder in _folders(ls, given)]
    done: list[TestsDone] = await _all(asked)
    message = " ".join(each.message for each in done)
    return {
        "message": message,
        "passed": sum(each.passed for each in done),
        "failed": sum(each.failed for each in done),
    }


async def fix(ls: MacrohardServer, *arguments: Any) -> dict[str, Any]:
    given = _argument(arguments)
    tests = _tests(given)
    asked = [ls.bridge.ask(FindFixes(folder, tests)) for folder in _folders(ls, given)]
    done: list[FixesDone] = await _all(asked)
    message = " ".join(each.message for each in done)
    ls.say(Severity.INFORMATION, message)
    worst = next((each.status for each in done if each.status not in ("fixed", "nothing-failing")), None)
    return {
        "message": message,
        "status": worst or (done[0].status if done else "nothing-failing"),
        "offers": [offer for each in done for offer in each.offers],
    }


def cancel(ls: MacrohardServer, *arguments: Any) -> None:
    work = _argument(arguments).get("work")
    ls.bridge.interrupt(None if work is None else str(work))


async def show_proof(ls: MacrohardServer, *arguments: Any) -> dict[str, Any]:
    offer = _offer(_argument(arguments))
    proof: ProofText = (await _all([ls.bridge.ask(DescribeProof(offer))]))[0]
    if proof.path is not None and ls.abilities.shows_documents:
        shown = types.ShowDocumentParams(uri_of(proof.path, ""), take_focus=True)
        await ls.window_show_document_async(shown)
    else:
        ls.say(Severity.INFORMATION, proof.title)
    return asdict(proof)


async def apply_fix(ls: MacrohardServer, *arguments: Any) -> dict[str, Any]:
    offer = _offer(_argument(arguments))
    try:
        answer = await resolved(ls, offer)
        edit = to_edit(ls, offer, answer)
    except HostRefused as reason:
        raise _failed(ls, reason) from reason
    closed = [
        file.path
        for file in answer.files
        if file.path is not None and ls.documents.get(ls.board.uri(answer.folder, file.path)) is None
    ]
    if closed and not await _confirmed(ls, answer.title, closed):
        return {"applied": False, "reason": "It was not confirmed."}
    try:
        # The person may have taken time to answer, and the files with it.
        edit = to_edit(ls, offer, await resolved(ls, offer)) if closed else edit
    except HostRefused as reason:
        raise _failed(ls, reason) from reason
    done = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, answer.title))
    return {"applied": done.applied, "reason": done.failure_reason}


async def dismiss_fix(ls: MacrohardServer, *arguments: Any) -> None:
    await _all([ls.bridge.ask(DismissOffer(_offer(_argument(arguments))))])


async def status(ls: MacrohardServer, *arguments: Any) -> dict[str, Any]:
    del arguments
    folders: tuple[FolderStatus, ...] = (await _all([ls.bridge.ask(AskStatus())]))[0]
    return {
        "version": __version__,
        "host": ls.bridge.host_pid,
        "folders": [
            {
                **status_fields(each),
                "path": each.folder,
                "interpreter": each.interpreter,
                "trusted": each.trusted,
            }
            for each in folders
        ],
    }


COMMANDS = {
    "macrohard.runTests": run_tests,
    "macrohard.fix": fix,
    "macrohard.cancel": cancel,
    "macrohard.showProof": show_proof,
    "macrohard.applyFix": apply_fix,
    "macrohard.dismissFix": dismiss_fix,
    "macrohard.status": status,
}


async def _all(asked: list[Any]) -> list[Any]:
    """All answers. A refusal of one is a failure with its sentence, and withdraws the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in asked]
    except* HostRefused as refused:
        reason = refused.exceptions[0]
        raise JsonRpcException(str(reason), code=REQUEST_FAILED) from reason
    return [task.result() for task in tasks]


async def _confirmed(ls: MacrohardServer, title: str, closed: list[str]) -> bool:
    question = f"{title}\n\nThis edits files that aren't open: {', '.join(closed)}."
    answer = await ls.window_show_message_request_async(
        types.ShowMessageRequestParams(
            types.MessageType.Warning, question, [types.MessageActionItem(APPLY_TITLE)]
        )
    )
    return answer is not None and answer.title == APPLY_TITLE


def _failed(ls: MacrohardServer, reason: HostRefused) -> JsonRpcException:
    ls.say(Severity.WARNING, str(reason))
    return JsonRpcException(str(reason), code=REQUEST_FAILED)


def _argument(arguments: tuple[Any, ...]) -> dict[str, Any]:
    given: Any = next(iter(arguments), None)
    if given is None:
        return {}
    if len(arguments) > 1 or not isinstance(given, dict):
        raise JsonRpcInvalidParams("A command takes one object, such as {uri, tests}, or nothing.")
    return cast(dict[str, Any], given)


def _tests(given: dict[str, Any]) -> tuple[str, ...]:
    tests = given.get("tests")
    if tests is None:
        return ()
    if not isinstance(tests, list) or not all(isinstance(name, str) for name in cast(list[Any], tests)):
        raise JsonRpcInvalidParams("`tests` is a list of the ids of tests.")
    return tuple(cast(list[str], tests))


def _offer(given: dict[str, Any]) -> str:
    offer = given.get("offer")
    if not isinstance(offer, str):
        raise JsonRpcInvalidParams("`offer` is the id of a fix, as `data.offer` of its code action.")
    return offer


def _folders(ls: MacrohardServer, given: dict[str, Any]) -> tuple[str, ...]:
    """The folder that `uri` lies in, or is; all of them where none is named."""
    uri = given.get("uri")
    if uri is None:
        return ls.folders.all
    folder = ls.folders.holding(str(uri))
    if folder is None:
        raise JsonRpcInvalidParams(f"{uri} is in no folder that is open here.")
    return (folder,)
