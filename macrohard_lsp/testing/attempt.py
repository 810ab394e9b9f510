"""One process that runs tests, from start to end: reads what it tells, and ends it when it hangs."""

import json
import secrets
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.testcommand import Framework
from macrohard_lsp.core.testrun import Ending, Frame, innermost
from macrohard_lsp.sandbox.machine import CommandResult, Machine, MachineProcess
from macrohard_lsp.testing.channel import ChannelCorrupted, MessageReader
from macrohard_lsp.testing.record import COLLECT_SECONDS, Record
from macrohard_lsp.testing.stack import frames_of_stack

INSIDE = Path(__file__).parent / "inside"
RUNNERS = {Framework.PYTEST: "run_pytest.py", Framework.UNITTEST: "run_unittest.py"}
POLL_SECONDS = 0.2
STACK_SECONDS = 0.5
GRACE_SECONDS = 10.0
# Start, plugins and the work between tests; collection and tests have limits of their own.
QUIET_SECONDS = 120.0
# A test that is, after so long, in the function in which another one hung for all of its time has hung as well.
HUNG_AGAIN_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 2.0


class End(Enum):
    """Why a process is no longer read. `DIED` covers every end without a finish message."""

    FINISHED = "finished"
    DIED = "died"
    HUNG = "hung"
    QUIET = "quiet"
    OUT_OF_TIME = "out of time"
    FOREIGN = "foreign"
    CORRUPTED = "corrupted"


@dataclass(frozen=True, slots=True)
class Attempt:
    """`detail` is what was read in place of a message when the channel was corrupted."""

    end: End
    command: CommandResult
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Orders:
    """What one process is told to do; `deadline` is on the monotonic clock."""

    select: tuple[str, ...] | None
    deselect: tuple[str, ...]
    ignore: tuple[str, ...]
    trap: tuple[str, ...]
    arguments: tuple[str, ...]
    files: tuple[str, ...]
    coverage: bool
    parts: bool
    footprints: bool
    ordered: bool
    check_origin: bool
    test_seconds: float
    deadline: float
    hung_in: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Site:
    """Where and with what tests are run, the same for every process of a run."""

    machine: Machine
    interpreter: Interpreter
    project: Project
    cancel: Cancel


@dataclass(frozen=True, slots=True)
class SuiteProcess:
    """A process of the framework's that was started, and its line."""

    process: MachineProcess
    reader: MessageReader

    def tell(self, values: Mapping[str, object]) -> None:
        self.process.channel.settimeout(QUIET_SECONDS)
        try:
            self.process.channel.sendall(json.dumps(values).encode() + b"\n")
        except OSError:
            # The interpreter is gone already; its end is read and explained like every other.
            return


def start_suite(
    machine: Machine,
    interpreter: Interpreter,
    project: Project,
    arguments: tuple[str, ...],
    more: Mapping[str, object],
) -> SuiteProcess:
    """Start what runs the project's tests and tell it what it needs at once, and `more`. Raises MachineLost."""
    secret = secrets.token_hex(16)
    argv = [str(interpreter.choice.executable), str(INSIDE / RUNNERS[interpreter.framework])]
    process = machine.start(argv, cwd=project.directory, channel=True)
    suite = SuiteProcess(process, MessageReader(process.channel, secret))
    values: dict[str, object] = {
        "secret": secret,
        "workspace": str(machine.workspace),
        "original": str(machine.original),
        "arguments": arguments,
        "files": [],
        "waits": False,
    }
    suite.tell({**values, **more})
    return suite


def run_attempt(site: Site, orders: Orders, record: Record, waiting: SuiteProcess | None = None) -> Attempt:
    """Run the framework once, in the process that waits for its orders where there is one.

    Raises Cancelled, and MachineLost when the Machine went away.
    """
    site.cancel.check()
    work = _work_of(orders, site.machine.workspace)
    suite = waiting or start_suite(site.machine, site.interpreter, site.project, orders.arguments, work)
    record.begin(time.monotonic())
    try:
        try:
            if waiting is not None:
                suite.tell(work)
            end, detail = _follow(suite.process, suite.reader, site, orders, record), ""
        except ChannelCorrupted as error:
            end, detail = End.CORRUPTED, str(error)
        return Attempt(end, _let_end(suite.process, end), detail)
    finally:
        suite.process.kill()


def _work_of(orders: Orders, workspace: Path) -> dict[str, object]:
    return {
        "files": [str(workspace / path) for path in orders.files],
        "select": orders.select,
        "deselect": orders.deselect,
        "ignore": orders.ignore,
        "trap": orders.trap,
        "coverage": orders.coverage,
        "parts": orders.parts,
        "footprints": orders.footprints,
        "ordered": orders.ordered,
    }


def _follow(
    process: MachineProcess, reader: MessageReader, site: Site, orders: Orders, record: Record
) -> End:
    looked = 0.0
    while not reader.closed:
        site.cancel.check()
        left = orders.deadline - time.monotonic()
        for message in reader.receive(min(POLL_SECONDS, max(left, 0.0))):
            record.take(message, time.monotonic())
        session = record.session
        now = time.monotonic()
        if orders.check_origin and record.origins:
            return End.FOREIGN
        if session.finished is not None:
            return End.FINISHED
        allowed = orders.test_seconds
        if orders.hung_in and now - looked > LOOK_AGAIN_SECONDS and record.overdue(now, HUNG_AGAIN_SECONDS):
            looked = now
            if innermost(_ask_where(process, reader, site.machine.workspace, record)) in orders.hung_in:
                allowed = min(allowed, HUNG_AGAIN_SECONDS)
        if record.overdue(now, allowed):
            _stop_hung(process, reader, site.machine.workspace, allowed, record)
            return End.HUNG
        if now > orders.deadline:
            return End.OUT_OF_TIME
        if not session.running and not session.collecting and now - session.last_heard > QUIET_SECONDS:
            return End.QUIET
    site.cancel.check()
    return End.DIED


def _ask_where(
    process: MachineProcess, reader: MessageReader, workspace: Path, record: Record
) -> tuple[Frame, ...]:
    """Where the program is now; what it says meanwhile is recorded."""
    process.signal(signal.SIGUSR2)
    messages, stack = reader.receive_stack(STACK_SECONDS)
    now = time.monotonic()
    for message in messages:
        record.take(message, now)
    return frames_of_stack(stack, workspace)


def _stop_hung(
    process: MachineProcess, reader: MessageReader, workspace: Path, seconds: float, record: Record
) -> None:
    """Ask where the program is, then record what hung; what ended while we asked is recorded as it ended."""
    overdue = record.overdue(time.monotonic(), seconds)
    frames = _ask_where(process, reader, workspace, record)
    now = time.monotonic()
    for name in overdue:
        session = record.session
        if name in session.running:
            text = f"timed out after {seconds:g} s"
        elif name in session.collecting:
            text = f"pytest did not get through importing this file in {COLLECT_SECONDS:g} s"
        else:
            continue
        record.stop(name, Ending.TIMEOUT, text, now=now, frames=frames)


def _let_end(process: MachineProcess, end: End) -> CommandResult:
    """Wait for the process, which may still print its summary; kill what isn't wanted any more."""
    if end not in (End.FINISHED, End.DIED):
        process.kill()
    result = process.wait(GRACE_SECONDS)
    if result.timed_out:
        process.kill()
    return result
