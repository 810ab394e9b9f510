"""How long servers take to answer `initialize`, and how much memory they hold when nothing is going on."""

import shutil
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.server.client import Client
from bench.server.kernel import memory_of, processor_seconds
from bench.server.peers import OURS, ROOT, commands

START_ROUNDS = 15
MEMORY_ROUNDS = 3
SETTLE_SECONDS = 5.0
WORK_SECONDS = 180.0
"""How long our first look at a folder, with the repair it finds, may take before memory is looked at."""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds by the clock and of the processor until `initialize` was answered, one for each round."""

    server: str
    seconds: tuple[float, ...]
    processor: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def median_processor(self) -> float:
        return statistics.median(self.processor)


@dataclass(frozen=True, slots=True)
class Held:
    """KiB, and how many processes there are, medians over the rounds."""

    server: str
    pss: int
    own: int
    processes: int


def measure_start(folder: Path, variables: dict[str, str], rounds: int = START_ROUNDS) -> list[Start]:
    """In turn, so that what else the machine does falls on all. Raises ServerFailedError."""
    project = _project(folder)
    servers = commands()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
    for number in range(rounds + 1):
        for name, command in servers.items():
            client = Client(command, project, variables)
            try:
                seconds = client.initialize(project)
                if number > 0:  # The first round fills the disk's cache.
                    found[name].append((seconds, processor_seconds(client.pid)))
            finally:
                client.close()
    return [Start(name, *map(tuple, zip(*pairs, strict=True))) for name, pairs in found.items()]


def measure_memory(folder: Path, variables: dict[str, str], rounds: int = MEMORY_ROUNDS) -> list[Held]:
    """After a document was opened and its symbols were asked for, as editors do. Raises ServerFailedError."""
    project = _project(folder)
    document = project / "shop" / "basket.py"
    found: dict[str, list[tuple[int, int, int]]] = {name: [] for name in commands()}
    for _ in range(rounds):
        for name, command in commands().items():
            client = Client(command, project, variables)
            try:
                client.initialize(project, {"status": True} if name == OURS else {})
                client.open(document)
                params = {"textDocument": {"uri": document.as_uri()}}
                client.ask("textDocument/documentSymbol", params)
                if name == OURS:
                    client.until(_has_worked, "the end of the first look", WORK_SECONDS)
                time.sleep(SETTLE_SECONDS)
                memory = memory_of(client.pid)
                found[name].append((memory.pss, memory.own, memory.processes))
            finally:
                client.close()
    return [
        Held(name, *(round(statistics.median(values)) for values in zip(*rows, strict=True)))
        for name, rows in found.items()
    ]


def _has_worked(messages: list[dict[str, Any]]) -> bool:
    """The shop's one failing test has been seen and its repair has been found: nothing is left to do."""
    states = [m["params"] for m in messages if m["method"] == "macrohard/status"]
    return bool(states) and states[-1]["state"] == "idle" and "fixed" in states[-1]["text"]


def _project(folder: Path) -> Path:
    """The example of this repository, in a place where nothing of the repository's has a say."""
    project = folder / "shop"
    shutil.rmtree(project, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".venv")
    shutil.copytree(ROOT / "examples" / "shop", project, ignore=ignored)
    return project
