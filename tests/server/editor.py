"""An editor without a screen: a real client on a real connection, with buffers, and a disk."""

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcMethodNotFound
from pygls.protocol import default_converter
from pygls.uris import from_fs_path, to_fs_path
from pytest_lsp import LanguageClient

from macrohard_lsp.core.text import LineIndex, PositionEncoding

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240.0

_numbers = itertools.count(1)


@dataclass
class Buffer:
    uri: str
    version: int
    text: str
    saved: str
    encoding: str = "utf-8"


@dataclass
class Progress:
    title: str
    messages: list[str] = field(default_factory=list)
    ended: bool = False


class Editor:
    """One editor with one server. Whatever the server says that nobody looked at fails the test at the end."""

    def __init__(self, capabilities: types.ClientCapabilities, variables: Mapping[str, str]) -> None:
        self.capabilities = capabilities
        self.variables = variables
        self.client = LanguageClient(converter_factory=_converter)
        self.buffers: dict[Path, Buffer] = {}
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.refreshes = 0
        self.lens_refreshes = 0
        self.messages: list[str] = []
        self.questions: list[types.ShowMessageRequestParams] = []
        self.answers: list[str] = []
        self.logged: list[types.LogMessageParams] = []
        self.progress: dict[Any, Progress] = {}
        self.registered: list[types.Registration] = []
        self.status: dict[str, dict[str, Any]] = {}
        self.shown: list[str] = []
        self.settings: dict[str, Any] = {}
        self.applied: list[types.ApplyWorkspaceEditParams] = []
        self.unknown: list[str] = []
        self.encoding = PositionEncoding.UTF16
        self.pulls = False
        self._changed = asyncio.Condition()
        self._result_ids: dict[str, str] = {}
        self._pulled: dict[str, Sequence[types.Diagnostic]] = {}
        self._listen()

    # --- its life -----------------------------------------------------------------------------------------

    async def start(
        self,
        *folders: Path,
        options: Mapping[str, Any] | None = None,
        arguments: Sequence[str] = ("--stdio",),
        name: str = "test",
    ) -> types.InitializeResult:
        await self.client.start_io(
            sys.executable, "-m", "macrohard_lsp", *arguments, env=dict(self.variables), cwd=str(ROOT)
        )
        return await self.initialize(*folders, options=options, name=name)

    async def initialize(
        self, *folders: Path, options: Mapping[str, Any] | None = None, name: str = "test"
    ) -> types.InitializeResult:
        result = await self.client.initialize_session(
            types.InitializeParams(
                capabilities=self.capabilities,
                process_id=os.getpid(),
                client_info=types.ClientInfo(name),
                workspace_folders=[types.WorkspaceFolder(uri_of(each), each.name) for each in folders]
                or None,
                initialization_options={"status": True, **(options or {})},
            )
        )
        agreed = result.capabilities.position_encoding
        self.encoding = PositionEncoding(getattr(agreed, "value", agreed))
        self.pulls = result.capabilities.diagnostic_provider is not None
        return result

    async def close(self) -> None:
        """Shut the server down in order, and look at everything that was left unsaid about."""
        await self.client.shutdown_session()
        server = self.client._server
        assert server is None or server.returncode == 0, f"the server ended with {server.returncode}"
        assert self.messages == [], f"messages that nobody looked at: {self.messages}"
        assert self.unknown == [], "messages that no editor knows"
        errors = [each.message for each in self.logged if each.type is types.MessageType.Error]
        assert errors == [], "errors in the log"
        assert [each.title for each in self.progress.values() if not each.ended] == []

    async def kill(self) -> None:
        """Without a word."""
        server = self.client._server
        if server is not None and server.returncode is None:
            server.kill()
            await server.wait()

    @property
    def pid(self) -> int:
        assert self.client._server is not None
        return self.client._server.pid

    # --- what a person does ---------------------------------------------------------------------------------

    def open(self, path: Path, *, language: str = "python", encoding: str = "utf-8") -> Buffer:
        text = path.read_bytes().decode(encoding)
        buffer = self.buffers[path] = Buffer(uri_of(path), 1, text, text, encoding)
        item = types.TextDocumentItem(buffer.uri, language, buffer.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return buffer

    def type(self, path: Path, old: str, new: str) -> None:
        """Replace the one place where `old` stands in the buffer."""
        text = self.buffers[path].text
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
        start = text.index(old)
        self._replace(path, [(start, start + len(old), new)])

    def save(self, path: Path) -> None:
        buffer = self.buffers[path]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(buffer.text.encode(buffer.encoding))
        buffer.saved = buffer.text
        identifier = types.TextDocumentIdentifier(buffer.uri)
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))
        self.disk_changed(path)

    def disk_changed(self, *paths: Path) -> None:
        """What an editor that watches files says of one that changed."""
        if any(each.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES for each in self.registered):
            changes = [types.FileEvent(uri_of(each), types.FileChangeType.Changed) for each in paths]
            self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))

    def close_file(self, path: Path) -> None:
        buffer = self.buffers.pop(path)
        identifier = types.TextDocumentIdentifier(buffer.uri)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    async def actions(
        self, path: Path, line: int, only: Sequence[str] | None = ("quickfix",)
    ) -> list[types.CodeAction]:
        """What is offered on a line, counted from 0."""
        diagnostics = [each for each in await self.diagnostics(path) if each.range.start.line == line]
        context = types.CodeActionContext(diagnostics, only=list(only) if only is not None else None)
        where = types.Range(types.Position(line, 0), types.Position(line, 0))
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri_of(path)), where, context)
        answer = await self.client.text_document_code_action_async(params)
        return [each for each in answer or () if isinstance(each, types.CodeAction)]

    async def accept(self, action: types.CodeAction) -> None:
        """Do what an editor does when the person chooses an action."""
        assert action.disabled is None
        if action.edit is None and action.command is None:
            action = await self.client.code_action_resolve_async(action)
        if action.edit is not None:
            self.apply(action.edit)
        if action.command is not None:
            await self.command(action.command.command, *(action.command.arguments or ()))

    async def command(self, name: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(name, arguments=list(arguments))
        return await self.client.workspace_execute_command_async(params)

    def request(self, name: str, *arguments: Any) -> tuple[Awaitable[Any], str]:
        """A command whose answer is waited for later, and the number by which it can be cancelled."""
        number = f"request-{next(_numbers)}"
        params = types.ExecuteCommandParams(name, arguments=list(arguments))
        sent = self.client.protocol.send_request_async(types.WORKSPACE_EXECUTE_COMMAND, params, msg_id=number)
        return asyncio.ensure_future(sent), number

    def cancel_request(self, number: str) -> None:
        self.client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams(number))

    def cancel_progress(self, token: Any) -> None:
        self.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))

    def take_messages(self) -> list[str]:
        """What was shown to the person since last asked."""
        taken, self.messages = self.messages, []
        return taken

    async def lenses(self, path: Path) -> list[types.CodeLens]:
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri_of(path)))
        return list(await self.client.text_document_code_lens_async(params) or ())

    async def symbols(self, path: Path) -> list[Any]:
        params = types.DocumentSymbolParams(types.TextDocumentIdentifier(uri_of(path)))
        return list(await self.client.text_document_document_symbol_async(params) or ())

    async def workspace_symbols(self, query: str) -> list[Any]:
        return list(await self.client.workspace_symbol_async(types.WorkspaceSymbolParams(query)) or ())

    async def diagnostics(self, path: Path) -> list[types.Diagnostic]:
        """What the editor shows in a file, most important first."""
        uri = uri_of(path)
        if self.pulls:
            params = types.DocumentDiagnosticParams(
                types.TextDocumentIdentifier(uri), previous_result_id=self._result_ids.get(uri)
            )
            report = await self.client.text_document_diagnostic_async(params)
            if isinstance(report, types.RelatedFullDocumentDiagnosticReport):
                self._pulled[uri] = report.items
                if report.result_id is not None:
                    self._result_ids[uri] = report.result_id
            assert uri not in self.published, "pulled and pushed at once"
            found = self._pulled.get(uri, ())
        else:
            known = self.published.get(uri)
            found = known.diagnostics if known else ()
        return sorted(found, key=lambda each: (each.severity or 0, each.range.start.line))

    async def failures(self, path: Path) -> list[str]:
        """The messages of what is shown as an error."""
        return [
            each.message
            for each in await self.diagnostics(path)
            if each.severity is types.DiagnosticSeverity.Error
        ]

    # --- waiting ------------------------------------------------------------------------------------------

    async def until(self, holds: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait, from message to message, until `holds` (which may be a coroutine function) gives something true."""
        end = time.monotonic() + seconds
        while True:
            found = holds()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            left = end - time.monotonic()
            assert left > 0, f"waited {seconds} s for {what}; {self._situation()}"
            async with self._changed:
                try:
                    await asyncio.wait_for(self._changed.wait(), min(left, 1.0))
                except TimeoutError:
                    continue

    async def until_idle(self, *folders: Path) -> None:
        await self.until(
            lambda: all(self.status.get(str(each), {}).get("state") == "idle" for each in folders),
            f"rest in {', '.join(each.name for each in folders)}",
        )

    async def until_offered(self, path: Path, line: int, words: str) -> types.CodeAction:
        """The first action on a line whose title holds `words`."""

        async def find() -> types.CodeAction | None:
            return next((each for each in await self.actions(path, line) if words in each.title), None)

        return await self.until(find, f"an action {words!r} on line {line + 1} of {path.name}")

    def line_of(self, path: Path, words: str) -> int:
        """The line, from 0, that holds `words` in the buffer, or on disk."""
        text = self.buffers[path].text if path in self.buffers else path.read_text()
        return text[: text.index(words)].count("\n")

    def _situation(self) -> str:
        log = [each.message for each in self.logged[-5:]]
        return f"messages {self.messages}, status {self.status}, log {log}"

    # --- edits --------------------------------------------------------------------------------------------

    def apply(self, edit: types.WorkspaceEdit) -> None:
        """To the buffers; a file that isn't open is opened, as editors do. Checked as strictly as one can."""
        if edit.document_changes is None:
            assert edit.change_annotations is None
            for uri, edits in (edit.changes or {}).items():
                self._apply_edits(path_of(uri), edits)
            return
        assert edit.changes is None
        for change in edit.document_changes:
            assert isinstance(change, types.TextDocumentEdit)
            path = path_of(change.text_document.uri)
            buffer = self.buffers.get(path)
            wanted = buffer.version if buffer is not None else None
            assert change.text_document.version == wanted, f"{path.name}: version"
            for each in change.edits:
                if isinstance(each, types.AnnotatedTextEdit):
                    assert each.annotation_id in (edit.change_annotations or {})
            self._apply_edits(path, change.edits)

    def _apply_edits(self, path: Path, edits: Sequence[Any]) -> None:
        if path not in self.buffers:
            self.open(path)
        index = LineIndex(self.buffers[path].text)
        spans = [
            (
                index.offset(each.range.start.line, each.range.start.character, self.encoding),
                index.offset(each.range.end.line, each.range.end.character, self.encoding),
                each.new_text,
            )
            for each in edits
        ]
        self._replace(path, sorted(spans, reverse=True))

    def _replace(self, path: Path, spans: Sequence[tuple[int, int, str]]) -> None:
        """Later places first, so that one change doesn't move the next."""
        buffer, changes = self.buffers[path], []
        for start, end, new in spans:
            index = LineIndex(buffer.text)
            where = types.Range(
                types.Position(*index.position(start, self.encoding)),
                types.Position(*index.position(end, self.encoding)),
            )
            changes.append(types.TextDocumentContentChangePartial(range=where, text=new))
            buffer.text = buffer.text[:start] + new + buffer.text[end:]
        buffer.version += 1
        identifier = types.VersionedTextDocumentIdentifier(version=buffer.version, uri=buffer.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, changes))

    # --- what the server says -------------------------------------------------------------------------------

    def _listen(self) -> None:
        handlers: dict[str, Callable[[Any], Any]] = {
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: self._published,
            types.WORKSPACE_DIAGNOSTIC_REFRESH: lambda _: self._count("refreshes"),
            types.WORKSPACE_CODE_LENS_REFRESH: lambda _: self._count("lens_refreshes"),
            types.WORKSPACE_CONFIGURATION: lambda params: [self.settings for _ in params.items],
            types.WORKSPACE_APPLY_EDIT: self._apply_edit,
            types.WINDOW_SHOW_MESSAGE: lambda params: self.messages.append(params.message),
            types.WINDOW_SHOW_MESSAGE_REQUEST: self._asked,
            types.WINDOW_LOG_MESSAGE: self.logged.append,
            types.WINDOW_SHOW_DOCUMENT: self._show_document,
            types.WINDOW_WORK_DONE_PROGRESS_CREATE: lambda _: None,
            types.PROGRESS: self._progressed,
            types.CLIENT_REGISTER_CAPABILITY: lambda params: self.registered.extend(params.registrations),
            "macrohard/status": self._status,
        }
        for method, handler in handlers.items():
            self.client.feature(method)(self._noticing(handler))
        known = self.client.protocol._get_handler

        def get_handler(method: str) -> Any:
            try:
                return known(method)
            except JsonRpcMethodNotFound:
                self.unknown.append(method)
                raise

        self.client.protocol._get_handler = get_handler

    def _noticing(self, handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def handle(params: Any) -> Any:
            answer = handler(params)
            async with self._changed:
                self._changed.notify_all()
            return answer

        return handle

    def _count(self, name: str) -> None:
        setattr(self, name, getattr(self, name) + 1)

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        buffer = self.buffers.get(path_of(params.uri))
        if params.version is not None and buffer is not None and params.version < buffer.version:
            return  # As editors do: what describes an older text is not shown.
        self.published[params.uri] = params

    def _asked(self, params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
        self.questions.append(params)
        assert self.answers, f"nobody answers {params.message!r}"
        answer = self.answers.pop(0)
        return next((each for each in params.actions or () if each.title == answer), None)

    def _apply_edit(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.applied.append(params)
        self.apply(params.edit)
        return types.ApplyWorkspaceEditResult(applied=True)

    def _show_document(self, params: types.ShowDocumentParams) -> types.ShowDocumentResult:
        self.shown.append(params.uri)
        return types.ShowDocumentResult(success=True)

    def _progressed(self, params: types.ProgressParams) -> None:
        value: Any = params.value
        kind = value["kind"] if isinstance(value, dict) else value.kind
        get = value.get if isinstance(value, dict) else lambda name: getattr(value, name, None)
        if kind == "begin":
            self.progress[params.token] = Progress(get("title"))
        shown = self.progress[params.token]
        assert not shown.ended
        if get("message"):
            shown.messages.append(get("message"))
        shown.ended = kind == "end"

    def _status(self, params: Any) -> None:
        fields = params if isinstance(params, dict) else params._asdict()
        self.status[fields["folder"]] = fields


def _converter() -> Converter:
    """lsprotocol takes a code action that holds a command for a command."""
    converter = default_converter()

    def structure(given: Any, _: type) -> Any:
        plain = isinstance(given.get("command"), str)
        return converter.structure(given, types.Command if plain else types.CodeAction)

    converter.register_structure_hook(types.Command | types.CodeAction, structure)
    converter.register_structure_hook(Union[types.Command, types.CodeAction], structure)  # noqa: UP007
    return converter


def uri_of(path: Path) -> str:
    uri = from_fs_path(str(path))
    assert uri is not None
    return uri


def path_of(uri: str) -> Path:
    path = to_fs_path(uri)
    assert path is not None
    return Path(path)
