"""An isolated place that holds a workspace and runs commands."""

import itertools
import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.control import Control, RequestFailed
from macrohard_lsp.sandbox.launcher.protocol import Message
from macrohard_lsp.sandbox.process import CommandResult, MachineProcess
from macrohard_lsp.sandbox.spec import MachineLost
from macrohard_lsp.sandbox.view import MINIMAL_ENVIRONMENT, command_options

OUTPUT_BYTES = 262_144
TAIL_BYTES = 65_536
DEADLINE_GRACE_SECONDS = 5.0
"""How long after a command's deadline its end may be late before we kill from here as well."""
CHANNEL_VARIABLE = "MACROHARD_CHANNEL_FD"
CHANNEL_FD = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening a Machine settled: where the workspace is inside, and how commands are started there.

    `options` are bwrap's, None in the process tier. `temporary` is removed at the latest by `close`.
    """

    tier: Tier
    workspace: Path
    protections: tuple[str, ...]
    environment: Mapping[str, str]
    rlimits: Mapping[str, int]
    bwrap: str
    options: tuple[str, ...] | None
    temporary: Path | None = None


class Machine:
    """Runs commands in a private copy of a workspace. Made by `open_machine`; closing kills all that runs in it.

    One thread uses it; another may cancel or close. Files that one command writes in the workspace
    are there for the next one, and never reach the real folder.
    """

    def __init__(self, control: Control, opened: Opened) -> None:
        self._control = control
        self._opened = opened
        self._identities = itertools.count(1)
        self._closed = False

    @property
    def tier(self) -> Tier:
        return self._opened.tier

    @property
    def workspace(self) -> Path:
        """Where the workspace is for commands inside."""
        return self._opened.workspace

    @property
    def protections(self) -> tuple[str, ...]:
        """Short phrases: what isolates commands here, and, starting with `not`, what doesn't."""
        return self._opened.protections

    def __enter__(self) -> "Machine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str = "",
        seconds: float,
        stdin: bytes = b"",
        output_bytes: int = OUTPUT_BYTES,
        environment: Mapping[str, str] | None = None,
        cancel: Cancel | None = None,
    ) -> CommandResult:
        """Run a command to its end, or kill it with all it started after `seconds`.

        `cwd` is relative to the workspace. Raises MachineLost, Cancelled (after everything was killed).
        """
        if cancel is not None:
            cancel.check()
        process = self._start(argv, cwd, environment, False, stdin, output_bytes, seconds)
        take_back = cancel.on_cancel(process.kill) if cancel is not None else None
        try:
            result = process.wait(seconds + DEADLINE_GRACE_SECONDS)
        finally:
            if take_back is not None:
                take_back()
        if cancel is not None and result.killed_by == "request":
            cancel.check()
        return result

    def start(
        self,
        argv: Sequence[str],
        *,
        cwd: str = "",
        environment: Mapping[str, str] | None = None,
        channel: bool = True,
    ) -> MachineProcess:
        """Start a command that goes on until it ends, is killed, or the Machine is closed. Raises MachineLost."""
        return self._start(argv, cwd, environment, channel, b"", TAIL_BYTES, None)

    def _start(
        self,
        argv: Sequence[str],
        cwd: str,
        environment: Mapping[str, str] | None,
        channel: bool,
        stdin: bytes,
        output_bytes: int,
        seconds: float | None,
    ) -> MachineProcess:
        identity = next(self._identities)
        variables = {**self._opened.environment, **(environment or {})}
        if channel:
            variables[CHANNEL_VARIABLE] = str(CHANNEL_FD)
        request = self._start_request(identity, argv, cwd, variables, seconds)
        pipes = [os.pipe() for _ in range(3)]
        ours, theirs = socket.socketpair() if channel else (None, None)
        inside = [pipes[0][0], pipes[1][1], pipes[2][1]]
        outside = (pipes[0][1], pipes[1][0], pipes[2][0])
        if not stdin:
            # Nothing to read is the end of the stream from the start.
            os.close(outside[0])
            outside = (-1, outside[1], outside[2])
        process = MachineProcess(self._control, identity, argv, outside, ours, stdin, output_bytes)
        try:
            self._ask(request, fds=(*inside, *((theirs.fileno(),) if theirs is not None else ())))
        except BaseException:
            self._control.forget(identity)
            for fd in outside:
                if fd >= 0:
                    os.close(fd)
            if ours is not None:
                ours.close()
            raise
        finally:
            for fd in inside:
                os.close(fd)
            if theirs is not None:
                theirs.close()
        process.begin()
        return process

    def _start_request(
        self,
        identity: int,
        argv: Sequence[str],
        cwd: str,
        variables: Mapping[str, str],
        seconds: float | None,
    ) -> Message:
        opened = self._opened
        directory = str(opened.workspace / _relative(cwd)) if cwd else str(opened.workspace)
        command, own = list(argv), dict(variables)
        options = None
        if opened.options is not None:
            options = [*opened.options, *command_options(directory, variables)]
            command, own = [opened.bwrap, "--args", "6", "--", *argv], MINIMAL_ENVIRONMENT
        return {
            "do": "start",
            "id": identity,
            "argv": command,
            "options": options,
            "environment": own,
            "cwd": directory,
            "seconds": seconds,
            "rlimits": dict(opened.rlimits),
        }

    def write_files(self, files: Mapping[str, bytes | None]) -> None:
        """Put files into the workspace inside (None removes one). Nothing follows a link.

        Raises ValueError for a path that leaves the workspace, OSError (ENOSPC at the limit), MachineLost.
        """
        listing = [(path, None if data is None else len(data)) for path, data in files.items()]
        self._ask({"do": "write", "files": listing}, b"".join(data for data in files.values() if data))

    def read_file(self, path: str, limit: int) -> bytes:
        """The first `limit` bytes of a regular file of the workspace inside; links are refused.

        Raises ValueError, OSError, MachineLost.
        """
        return self._ask({"do": "read", "path": path, "limit": limit})[1]

    def _ask(self, message: Message, blob: bytes = b"", fds: tuple[int, ...] = ()) -> tuple[Message, bytes]:
        if self._closed:
            raise MachineLost("the Machine was closed; open a new one")
        try:
            return self._control.request(message, blob, fds)
        except RequestFailed as failure:
            answer = failure.answer
            if answer.get("lost"):
                raise MachineLost(
                    f"the workspace {self.workspace} was removed or replaced while a Machine used it; open it again"
                ) from failure
            if answer.get("refused"):
                raise ValueError(answer["error"]) from failure
            raise OSError(answer["errno"], answer["error"], str(self.workspace)) from failure

    def close(self) -> None:
        """Kill everything that runs here and give back all it used. May be called again."""
        self._closed = True
        self._control.close()
        if self._opened.temporary is not None:
            # The launcher has removed it, unless it was killed itself.
            shutil.rmtree(self._opened.temporary, ignore_errors=True)


def _relative(cwd: str) -> PurePosixPath:
    path = PurePosixPath(cwd)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"a command's directory must be inside the workspace: {cwd!r}")
    return path
