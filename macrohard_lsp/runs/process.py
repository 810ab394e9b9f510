"""Whether the process that wrote a Run is still there, so that a killed Run isn't shown as running."""

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_PROC = Path("/proc")
_START_FIELD = 19
"""Index of the start time in /proc/PID/stat, counted after the command's closing parenthesis."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process that can't be mistaken for a later one with the same number.

    `started` is its start in clock ticks since boot, `boot` the kernel's id of that boot, `namespace`
    the process-id namespace in which the number counts. Each is empty where the system doesn't say.
    """

    pid: int
    started: str
    boot: str
    namespace: str


class Presence(Enum):
    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"


def own_identity() -> ProcessIdentity:
    pid = os.getpid()
    return ProcessIdentity(pid, _start_of(pid) or "", _boot_id(), _namespace())


def presence_of(process: ProcessIdentity) -> Presence:
    """Whether `process` still runs. UNKNOWN when it runs, or ran, in another container of this machine."""
    if process.boot != _boot_id():
        return Presence.GONE
    if process.namespace != _namespace():
        return Presence.UNKNOWN
    if not process.started:
        return _presence_by_signal(process.pid)
    return Presence.ALIVE if _start_of(process.pid) == process.started else Presence.GONE


def _presence_by_signal(pid: int) -> Presence:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return Presence.GONE
    except PermissionError:
        return Presence.UNKNOWN
    return Presence.ALIVE


def _start_of(pid: int) -> str | None:
    """The start of process `pid`, or None when there is no such process. A zombie no longer runs anything."""
    text = _read(_PROC / str(pid) / "stat")
    fields = text.rpartition(")")[2].split()
    if len(fields) <= _START_FIELD or fields[0] in ("Z", "X"):
        return None
    return fields[_START_FIELD]


def _boot_id() -> str:
    return _read(_PROC / "sys/kernel/random/boot_id").strip()


def _namespace() -> str:
    try:
        return str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
