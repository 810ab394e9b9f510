"""The demo's editor: no screen, one server, and what it would show printed line by line."""

import asyncio
import contextlib
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

FAILING, INDENT = types.DiagnosticSeverity.Error, "   "
END_SECONDS = 10.0
CALM_SECONDS = 3.0
"""Reports of one stage that differ only in a count are shown no more often, unless the screen can be overwritten."""


class EditorError(Exception):
    """The server didn't do what an editor waits for; the text says what."""


class Editor:
    """Texts are full of Python's own characters: by asking for utf-32 there is nothing to convert."""

    def __init__(self, root: Path, log: Path) -> None:
        self.root = root
        self.log = log
        self.texts: dict[Path, str] = {}
        self.problems: dict[Path, Sequence[types.Diagnostic]] = {}
        self.states: list[tuple[str, str]] = []
        self._versions: dict[Path, int] = {}
        self._client = _Client("demo", "1")
        self._screen = _Screen()
        self._listen()

    # --- its life -----------------------------------------------------------------------------------------

    async def start(self, variables: Mapping[str, str], options: Mapping[str, Any]) -> str:
        """Start the server on a pipe. Returns its name and version."""
        arguments = ("-m", "macrohard_lsp", "--stdio", "--log-file", str(self.log))
        await self._client.start_io(sys.executable, *arguments, env=dict(variables), cwd=str(self.root))
        root = self.root.as_uri()
        params = types.InitializeParams(
            capabilities=_capabilities(),
            process_id=os.getpid(),
            client_info=types.ClientInfo("demo"),
            workspace_folders=[types.WorkspaceFolder(root, self.root.name)],
            initialization_options={**options, "status": True},
        )
        result = await self._within(60, self._client.initialize_async(params), "the answer of initialize")
        self._client.initialized(types.InitializedParams())
        info = result.server_info
        return f"{info.name} {info.version}" if info else "a server without a name"

    async def close(self) -> None:
        await self._within(30, self._client.shutdown_async(None), "the end of the server")
        await self.abandon()

    async def abandon(self) -> None:
        """Tell the server to end, in the middle of its work too. One that doesn't is killed with the event loop."""
        if self._client.server_has_ended:
            return
        self._client.exit(None)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._client.stop(), END_SECONDS)

    # --- what a person does ---------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        text = self.texts[path] = path.read_text("utf-8")
        self._versions[path] = 1
        item = types.TextDocumentItem(path.as_uri(), "python", 1, text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    async def actions(self, path: Path, problem: types.Diagnostic) -> list[types.CodeAction]:
        context = types.CodeActionContext([problem], only=["quickfix"])
        document = types.TextDocumentIdentifier(path.as_uri())
        request = self._client.text_document_code_action_async(
            types.CodeActionParams(document, problem.range, context)
        )
        answer = await self._within(10, request, "code actions")
        return [each for each in answer or () if isinstance(each, types.CodeAction)]

    async def proof(self, action: types.CodeAction) -> str:
        """The Proof of an action, as Markdown."""
        data: Any = action.data
        params = types.ExecuteCommandParams("macrohard.showProof", arguments=[{"offer": data["offer"]}])
        answer: Any = await self._within(
            10, self._client.workspace_execute_command_async(params), "the proof"
        )
        return answer["markdown"] if isinstance(answer, dict) else answer.markdown

    async def accept(self, action: types.CodeAction) -> list[Path]:
        """Resolve the action and apply its edit to the open texts. Returns the files that it touched."""
        resolved = await self._within(30, self._client.code_action_resolve_async(action), "the edit")
        touched: list[Path] = []
        for change in (resolved.edit.document_changes if resolved.edit else None) or ():
            if not isinstance(change, types.TextDocumentEdit):
                raise EditorError(f"the demo's editor can't do a {type(change).__name__}")
            path = next((each for each in self.texts if each.as_uri() == change.text_document.uri), None)
            if path is None or change.text_document.version != self._versions[path]:
                raise EditorError(f"the edit is not one of {change.text_document.uri} as it is now")
            self._change(path, _applied(self.texts[path], change.edits))
            touched.append(path)
        return touched

    def save(self, path: Path) -> None:
        path.write_text(self.texts[path], "utf-8")
        document = types.TextDocumentIdentifier(path.as_uri())
        self._client.text_document_did_save(types.DidSaveTextDocumentParams(document))

    # --- waiting and showing --------------------------------------------------------------------------------

    async def until(self, holds: Callable[[], Any], what: str, seconds: float) -> Any:
        """Look again and again until `holds` (which may be a coroutine function) gives something true."""
        end = time.monotonic() + seconds
        while True:
            found = holds()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            if self._client.server_has_ended:
                raise EditorError(f"the server has ended; its log is {self.log}")
            if time.monotonic() > end:
                raise EditorError(f"waited {seconds:.0f} s for {what}; the server's log is {self.log}")
            await asyncio.sleep(0.1)

    def errors(self) -> list[tuple[Path, types.Diagnostic]]:
        return [
            (path, each) for path, all_ in self.problems.items() for each in all_ if each.severity == FAILING
        ]

    def show_problems(self) -> None:
        """As a list of problems has them: what is an error, and how much else there is."""
        others = sum(len(found) for found in self.problems.values()) - len(self.errors())
        for path, each in self.errors():
            first = each.message.strip().splitlines()[0]
            place = f"{path.relative_to(self.root).as_posix()}:{each.range.start.line + 1}"
            self._screen.line(f"Problems: {place}: {first} [{each.source} {each.code}]")
        if others:
            self._screen.line(f"Problems: and {others} hints")
        if not self.errors() and not others:
            self._screen.line("Problems: none")

    # --- what the server says -------------------------------------------------------------------------------

    def _listen(self) -> None:
        handlers: dict[str, Callable[[Any], Any]] = {
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: self._published,
            types.WINDOW_SHOW_MESSAGE: lambda params: self._screen.line(f"Message: {params.message}"),
            types.WINDOW_SHOW_MESSAGE_REQUEST: self._asked,
            types.WINDOW_SHOW_DOCUMENT: lambda _: types.ShowDocumentResult(success=True),
            types.WINDOW_LOG_MESSAGE: lambda _: None,
            types.WINDOW_WORK_DONE_PROGRESS_CREATE: lambda _: None,
            types.PROGRESS: self._progressed,
            "macrohard/status": lambda params: self.states.append((params.state, params.text)),
        }
        for method, handler in handlers.items():
            self._client.feature(method)(_plain(handler))

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        path = next((each for each in self.texts if each.as_uri() == params.uri), None)
        if path is None:
            path = Path(params.uri.removeprefix("file://"))
        if params.version is not None and params.version < self._versions.get(path, 0):
            return  # As editors do: what describes an older text is not shown.
        self.problems[path] = params.diagnostics

    def _asked(self, params: types.ShowMessageRequestParams) -> None:
        """Nobody sits before this editor, so its answer to every question is no."""
        self._screen.line(f"Question: {params.message}")

    def _progressed(self, params: types.ProgressParams) -> None:
        value: Any = params.value
        get = value.get if isinstance(value, dict) else lambda name: getattr(value, name, None)
        words = [each for each in (get("title"), get("message")) if each]
        self._screen.passing(": ".join(words), last=get("kind") == "end")

    def _change(self, path: Path, text: str) -> None:
        self._versions[path] += 1
        self.texts[path] = text
        document = types.VersionedTextDocumentIdentifier(uri=path.as_uri(), version=self._versions[path])
        changes = [types.TextDocumentContentChangeWholeDocument(text)]
        self._client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    async def _within(self, seconds: float, request: Any, what: str) -> Any:
        try:
            return await asyncio.wait_for(request, seconds)
        except TimeoutError:
            raise EditorError(f"waited {seconds} s for {what}; the server's log is {self.log}") from None
        except Exception as error:
            raise EditorError(f"the server refused {what}: {error}") from error


class _Client(LanguageClient):
    server_has_ended = False

    async def server_exit(self, server: asyncio.subprocess.Process) -> None:  # noqa: ARG002
        self.server_has_ended = True


class _Screen:
    """Lines that stay, and progress that passes: overwritten where it can be, thinned out where it can't."""

    def __init__(self) -> None:
        self._overwrites = sys.stdout.isatty()
        self._stage, self._shown, self._passing = "", 0.0, False

    def line(self, text: str) -> None:
        self._clear()
        print(f"{INDENT}{text}", flush=True)

    def passing(self, text: str, *, last: bool) -> None:
        stage = re.sub(r"\d+", "#", text)
        if not text or (stage == self._stage and not self._overwrites and not last and self._is_early()):
            return
        self._stage, self._shown = stage, time.monotonic()
        if self._overwrites and not last:
            self._clear()
            print(f"{INDENT}… {text[:100]}", end="", flush=True)
            self._passing = True
            return
        self.line(f"… {text}")

    def _is_early(self) -> bool:
        return time.monotonic() - self._shown < CALM_SECONDS

    def _clear(self) -> None:
        if self._passing:
            print("\r\033[K", end="")
            self._passing = False


def _plain(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """pygls looks at what a handler is to choose how to call it; this is a function and nothing else."""

    def handle(params: Any) -> Any:
        return handler(params)

    return handle


def _applied(text: str, edits: Sequence[Any]) -> str:
    lines = text.split("\n")

    def offset(position: types.Position) -> int:
        return sum(len(line) + 1 for line in lines[: position.line]) + position.character

    for edit in sorted(edits, key=lambda each: offset(each.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def _capabilities() -> types.ClientCapabilities:
    kinds = types.ClientCodeActionKindOptions(["quickfix"])
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf32]),
        text_document=types.TextDocumentClientCapabilities(
            synchronization=types.TextDocumentSyncClientCapabilities(did_save=True),
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                version_support=True, data_support=True
            ),
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(kinds),
                data_support=True,
                resolve_support=types.ClientCodeActionResolveOptions(["edit"]),
            ),
        ),
        window=types.WindowClientCapabilities(
            work_done_progress=True, show_document=types.ShowDocumentClientCapabilities(support=True)
        ),
        workspace=types.WorkspaceClientCapabilities(
            workspace_folders=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        ),
    )
