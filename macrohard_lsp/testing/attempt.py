"""One process that runs tests, from start to end: reads what it tells, and ends it when it hangs."""

import json
import secrets
import signal
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.testcommand import Framework
from macrohard_lsp.core.testrun import Ending
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
    footprints: bool
    ordered: bool
    check_origin: bool
    test_seconds: float
    deadline: float


@dataclass(frozen=True, slots=True)
class Site:
    """Where and with what tests are run, the same for every process of a run."""

    machine: Machine
    interpreter: Interpreter
    project: Project
    cancel: Cancel


def run_attempt(site: Site, orders: Orders, record: Record) -> Attempt:
    """Run the framework once. Raises Cancelled, and MachineLost when the Machine went away."""
    site.cancel.check()
    secret = secrets.token_hex(16)
    argv = [str(site.interpreter.choice.executable), str(INSIDE / RUNNERS[site.interpreter.framework])]
    process = site.machine.start(argv, cwd=site.project.directory, channel=True)
    record.begin(time.monotonic())
    try:
        reader = MessageReader(process.channel, secret)
        try:
            _give_orders(process, site.machine, orders, secret)
            end, detail = _follow(process, reader, site, orders, record), ""
        except ChannelCorrupted as error:
            end, detail = End.CORRUPTED, str(error)
        return Attempt(end, _let_end(process, end), detail)
    finally:
        process.kill()


def _give_orders(process: MachineProcess, machine: Machine, orders: Orders, secret: str) -> None:
    workspace = machine.workspace
    values = {
        "secret": secret,
        "workspace": str(workspace),
        "original": str(machine.original),
        "arguments": orders.arguments,
        "files": [str(workspace / path) for path in orders.files],
        "select": orders.select,
        "deselect": orders.deselect,
        "ignore": orders.ignore,
        "trap": orders.trap,
        "coverage": orders.coverage,
        "footprints": orders.footprints,
        "ordered": orders.ordered,
    }
    process.channel.settimeout(QUIET_SECONDS)
    try:
        process.channel.sendall(json.dumps(values).encode() + b"\n")
    except OSError:
        # The interpreter is gone already; its end is read and explained like every other.
        return


def _follow(
    process: MachineProcess, reader: MessageReader, site: Site, orders: Orders, record: Record
) -> End:
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
        if record.overdue(now, orders.test_seconds):
            _stop_hung(process, reader, site, orders, record)
            return End.HUNG
        if now > orders.deadline:
            return End.OUT_OF_TIME
        if not session.running and not session.collecting and now - session.last_heard > QUIET_SECONDS:
            return End.QUIET
    site.cancel.check()
    return End.DIED


def _stop_hung(
    process: MachineProcess, reader: MessageReader, site: Site, orders: Orders, record: Record
) -> None:
    """Ask where the program is, then record what hung; what ended while we asked is recorded as it ended."""
    overdue = record.overdue(time.monotonic(), orders.test_seconds)
    process.signal(signal.SIGUSR2)
    messages, stack = reader.receive_stack(STACK_SECONDS)
    now = time.monotonic()
    for message in messages:
        record.take(message, now)
    frames = frames_of_stack(stack, site.machine.workspace)
    for name in overdue:
        session = record.session
        if name in session.running:
            text = f"timed out after {orders.test_seconds:g} s"
        elif name in session.collecting:
            text = f"{site.interpreter.framework} did not get through importing this file in {COLLECT_SECONDS:g} s"
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
