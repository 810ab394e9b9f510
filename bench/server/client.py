"""A client that costs next to nothing, so that what is measured is the server: JSON over pipes, and a clock."""

import contextlib
import itertools
import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 120.0
CAPABILITIES: Mapping[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "synchronization": {"didSave": True},
        "publishDiagnostics": {"versionSupport": True},
        "diagnostic": {"relatedDocumentSupport": False},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
    },
    "window": {"workDoneProgress": True},
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "diagnostics": {"refreshSupport": True},
        "workspaceEdit": {"documentChanges": True},
    },
}


class ServerFailedError(Exception):
    """A server ended, refused, or kept silent; the text says which."""


class Client:
    """One server, started at once. Everything it says of its own accord goes to `heard`, in order of coming."""

    def __init__(self, command: Sequence[str], cwd: Path, variables: Mapping[str, str] | None = None) -> None:
        self.command = command
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env={**os.environ, **(variables or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self.heard: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[tuple[float, dict[str, Any]]]] = {}
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        return self.process.pid

    def initialize(
        self,
        folder: Path,
        options: Mapping[str, Any] | None = None,
        capabilities: Mapping[str, Any] = CAPABILITIES,
    ) -> float:
        """Seconds from the start of the process to the answer."""
        root = folder.as_uri()
        self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "clientInfo": {"name": "bench"},
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": folder.name}],
                "capabilities": dict(capabilities),
                "initializationOptions": dict(options or {}),
            },
        )
        seconds = time.perf_counter() - self.started
        self.tell("initialized", {})
        return seconds

    def open(self, file: Path) -> None:
        document = {
            "uri": file.as_uri(),
            "languageId": "python",
            "version": 1,
            "text": file.read_text("utf-8"),
        }
        self.tell("textDocument/didOpen", {"textDocument": document})

    def ask(self, method: str, params: Any) -> tuple[Any, float]:
        """The result, and the seconds that it took. Raises ServerFailedError."""
        number, began = self.send(method, params)
        return self.answer(number, began, method)

    def send(self, method: str, params: Any) -> tuple[int, float]:
        """Ask without waiting; `answer` waits. The number, and when it was asked."""
        number = next(self._numbers)
        self._waiting[number] = queue.SimpleQueue()
        began = time.perf_counter()
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number, began

    def answer(self, number: int, began: float, method: str = "the request") -> tuple[Any, float]:
        """Raises ServerFailedError."""
        try:
            ended, message = self._waiting[number].get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            raise ServerFailedError(f"{self._name} did not answer {method}") from None
        finally:
            del self._waiting[number]
        if "error" in message:
            raise ServerFailedError(f"{self._name} refused {method}: {message['error'].get('message')}")
        return message.get("result"), ended - began

    def tell(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def until(
        self,
        holds: Callable[[list[dict[str, Any]]], bool],
        what: str,
        seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Wait until what was heard makes `holds` true. Raises ServerFailedError."""
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self.heard), seconds):
                raise ServerFailedError(f"{self._name}: waited {seconds:.0f} s for {what}")

    def close(self) -> None:
        """In order if it still can, and in any case."""
        with contextlib.suppress(ServerFailedError, OSError):
            self.ask("shutdown", None)
            self.tell("exit", None)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def _name(self) -> str:
        return Path(self.command[0]).name

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        with self._sending:
            self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with open(self.process.stdout.fileno(), "rb", closefd=False) as stream:
            while (message := _read(stream)) is not None:
                self._take(message, time.perf_counter())
        for number in tuple(self._waiting):
            self._waiting[number].put((0.0, {"error": {"message": "it has ended"}}))

    def _take(self, message: dict[str, Any], at: float) -> None:
        if "method" not in message:
            if (waiting := self._waiting.get(message["id"])) is not None:
                waiting.put((at, message))
            return
        if "id" in message:
            items = message.get("params", {}).get("items", [])
            asked_for_settings = message["method"] == "workspace/configuration"
            answer = [None for _ in items] if asked_for_settings else None
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": answer})
        with self._changed:
            self.heard.append(message)
            self._changed.notify_all()


def _read(stream: Any) -> dict[str, Any] | None:
    length = 0
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = stream.read(length) if length else b""
    return json.loads(body) if body else None
