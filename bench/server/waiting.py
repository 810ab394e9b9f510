"""How long an editor waits for answers while the server idles, runs a suite, and searches for a repair."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.server.client import Client, ServerFailedError
from bench.server.figures import percentile
from bench.server.project import Project, make_project

PACE_SECONDS = 0.05
REQUESTS = 400
"""Of each kind in each phase; the phase idle has half of them before the others and half after."""
SEARCH_SECONDS = 75.0
KNOWN_SECONDS = 30.0
METHODS = ("textDocument/codeAction", "textDocument/diagnostic")
PHASES = ("idle", "suite", "search")


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds, for one method in one phase."""

    method: str
    phase: str
    seconds: tuple[float, ...]

    def at(self, share: float) -> float:
        return percentile(self.seconds, share)


def measure(folder: Path, variables: Mapping[str, str], requests: int = REQUESTS) -> list[Waits]:
    """Raises ServerFailedError."""
    project = make_project(folder / "ledger")
    seconds: dict[tuple[str, str], list[float]] = {(m, p): [] for p in PHASES for m in METHODS}
    with _server(project, variables) as client:
        _show_the_failure(client, project)
        _ask_steadily(client, project, "idle", requests // 2, seconds)
        with _work(
            client, "macrohard.runTests", {"uri": project.root.as_uri()}, "Running tests", "Running the tests"
        ):
            _ask_steadily(client, project, "suite", requests, seconds)
        fix = {"uri": project.root.as_uri(), "tests": [project.test]}
        with _work(client, "macrohard.fix", fix, "Looking for a fix", "Searching"):
            _ask_steadily(client, project, "search", requests, seconds)
        _ask_steadily(client, project, "idle", requests // 2, seconds)
    return [Waits(method, phase, tuple(found)) for (method, phase), found in seconds.items()]


@contextmanager
def _server(project: Project, variables: Mapping[str, str]) -> Iterator[Client]:
    client = Client([sys.executable, "-m", "macrohard_lsp", "--stdio"], project.root, variables)
    settings = {
        "interpreter": sys.executable,
        "test": {"run": "manual", "onOpen": "nothing"},
        "fix": {"automatic": False, "budgetSeconds": SEARCH_SECONDS},
    }
    try:
        client.initialize(project.root, {"settings": settings, "status": True})
        client.open(project.failing)
        until_known(client)
        yield client
    finally:
        client.close()


def until_known(client: Client) -> None:
    """A command that comes before the client has told its settings finds no folder yet."""
    end = time.monotonic() + KNOWN_SECONDS
    while not client.ask("workspace/executeCommand", {"command": "macrohard.status"})[0]["folders"]:
        if time.monotonic() > end:
            raise ServerFailedError(f"the folder is not known after {KNOWN_SECONDS:.0f} s")
        time.sleep(0.2)


def _show_the_failure(client: Client, project: Project) -> None:
    arguments = {"uri": project.root.as_uri(), "tests": [project.test]}
    client.ask("workspace/executeCommand", {"command": "macrohard.runTests", "arguments": [arguments]})
    report, _ = client.ask("textDocument/diagnostic", _params(project)["textDocument/diagnostic"])
    shown = [item["range"]["start"]["line"] for item in report.get("items", [])]
    if shown != [project.line]:
        raise ServerFailedError(f"the failing test is not shown where it fails, but on lines {shown}")
    # What the run leaves behind in the host is over by then.
    time.sleep(3)


@contextmanager
def _work(client: Client, command: str, argument: Mapping[str, Any], title: str, word: str) -> Iterator[None]:
    """The time in which a piece of work is seen to go on, and is stopped after. It must not end before."""
    heard = len(client.heard)
    number, began = client.send("workspace/executeCommand", {"command": command, "arguments": [argument]})
    client.until(
        lambda messages: any(word in text for text in _reports(messages[heard:])), f"progress of {title!r}"
    )
    yield
    if any(_value(message).get("kind") == "end" for message in client.heard[heard:]):
        raise ServerFailedError(f"{title!r} was over before everything was asked")
    client.ask("workspace/executeCommand", {"command": "macrohard.cancel"})
    # A command whose work was stopped is refused, with "Stopped."
    with suppress(ServerFailedError):
        client.answer(number, began, command)
    client.until(lambda messages: _state(messages[heard:]) == "idle", f"the end of {title!r}")
    time.sleep(3)


def _ask_steadily(
    client: Client,
    project: Project,
    phase: str,
    requests: int,
    seconds: Mapping[tuple[str, str], list[float]],
) -> None:
    """Both kinds in turn, each at its time, whether the one before has been answered or not."""
    params, asked = _params(project), list[tuple[str, int, float]]()
    first = time.monotonic()
    for number in range(requests * len(METHODS)):
        time.sleep(max(0.0, first + number * PACE_SECONDS - time.monotonic()))
        method = METHODS[number % len(METHODS)]
        asked.append((method, *client.send(method, params[method])))
    for method, number, began in asked:
        seconds[method, phase].append(client.answer(number, began, method)[1])


def _params(project: Project) -> dict[str, Any]:
    document = {"uri": project.failing.as_uri()}
    place = {"line": project.line, "character": 0}
    return {
        "textDocument/codeAction": {
            "textDocument": document,
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        },
        "textDocument/diagnostic": {"textDocument": document},
    }


def _value(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return message["params"]["value"] if message["method"] == "$/progress" else {}


def _reports(messages: list[dict[str, Any]]) -> list[str]:
    return [_value(message).get("message") or "" for message in messages]


def _state(messages: list[dict[str, Any]]) -> str | None:
    states = [m["params"]["state"] for m in messages if m["method"] == "macrohard/status"]
    return states[-1] if states else None
