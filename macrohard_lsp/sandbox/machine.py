"""An isolated place that holds a workspace and runs commands."""

import itertools
import shutil
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
from macrohard_lsp.sandbox.streams import open_streams
from macrohard_lsp.sandbox.view import MINIMAL_ENVIRONMENT, command_options

OUTPUT_BYTES = 262_144
TAIL_BYTES = 65_536
DEADLINE_GRACE_SECONDS = 5.0
"""How long after a command's deadline its end may be late before we kill from here as well."""
CHANNEL_VARIABLE = "MACROHARD_CHANNEL_FD"
CHANNEL_FD, STATUS_FD, SECCOMP_FD, OPTIONS_FD = 3, 4, 5, 6
"""The numbers that `launcher/commands.py` gives these descriptors in bwrap."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening a Machine settled: where the workspace is inside, and how commands are started there.

    `original` is where the workspace is outside. `renewable` says whether it can be laid in anew.
    `options` are bwrap's, None in the process tier. `temporary` is removed at the latest by `close`. `ports` of the
    host's loopback are relayed to each command's own.
    """

    tier: Tier
    workspace: Path
    original: Path
    protections: tuple[str, ...]
    environment: Mapping[str, str]
    rlimits: Mapping[str, int]
    bwrap: str
    options: tuple[str, ...] | None
    temporary: Path | None = None
    ports: tuple[int, ...] = ()
    renewable: bool = False


class Machine:
    """Runs commands in a private copy of a workspace. Made by `open_machine`.

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
    def original(self) -> Path:
        """Where the workspace is outside: the same path, but in the process tier."""
        return self._opened.original

    @property
    def protections(self) -> tuple[str, ...]:
        """Short phrases: what isolates commands here, and, starting with `not`, what doesn't."""
        return self._opened.protections

    @property
    def renewable(self) -> bool:
        """Whether `renew` can be asked for: where the workspace is a copy, it can't."""
        return self._opened.renewable

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

        `cwd` is relative to the workspace. Each output stream keeps its first and last `output_bytes / 2`.
        Raises MachineLost, Cancelled (after everything was killed), ValueError for a `cwd` outside.
        """
        if cancel is not None:
            cancel.check()
        request = self._start_request(argv, cwd, environment or {}, seconds)
        process = self._start(request, argv, channel=False, stdin=stdin, output_bytes=output_bytes)
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
        """Start a command that goes on until it ends, is killed, or the Machine is closed.

        Raises MachineLost, ValueError for a `cwd` outside.
        """
        variables = dict(environment or {})
        if channel:
            variables[CHANNEL_VARIABLE] = str(CHANNEL_FD)
        request = self._start_request(argv, cwd, variables, None)
        return self._start(request, argv, channel=channel, stdin=b"", output_bytes=TAIL_BYTES)

    def _start_request(
        self, argv: Sequence[str], cwd: str, extra: Mapping[str, str], seconds: float | None
    ) -> Message:
        opened = self._opened
        variables = {**opened.environment, **extra}
        directory = str(opened.workspace / _relative(cwd))
        command, own = list(argv), variables
        options = None
        if opened.options is not None:
            options = [*opened.options, *command_options(directory, variables)]
            command, own = [opened.bwrap, "--args", str(OPTIONS_FD), "--", *argv], MINIMAL_ENVIRONMENT
        return {
            "do": "start",
            "id": next(self._identities),
            "argv": command,
            "options": options,
            "environment": dict(own),
            "cwd": directory,
            "seconds": seconds,
            "rlimits": dict(opened.rlimits),
            "ports": opened.ports,
        }

    def _start(
        self, request: Message, argv: Sequence[str], *, channel: bool, stdin: bytes, output_bytes: int
    ) -> MachineProcess:
        with open_streams(channel, bool(stdin)) as (streams, inside):
            process = MachineProcess(self._control, request["id"], argv, streams, output_bytes)
            try:
                self._ask(request, fds=inside)
            except BaseException:
                self._control.forget(request["id"])
                raise
        process.begin(stdin)
        return process

    def write_files(self, files: Mapping[str, bytes | None]) -> None:
        """Put files into the workspace inside (None removes one). Nothing follows a link.

        Raises ValueError for a path that leaves the workspace, OSError (ENOSPC at the limit), MachineLost.
        """
        listing = [(path, None if data is None else len(data)) for path, data in files.items()]
        self._ask({"do": "write", "files": listing}, b"".join(data for data in files.values() if data))

    def renew(self, files: Mapping[str, bytes | None]) -> None:
        """Lay the workspace in as it is now, with `files` over it; what commands wrote in it is gone.

        A command that runs sees it under the same path, once it has gone there again (`os.chdir(os.getcwd())`);
        what it has open stays what it was. Raises OSError, ValueError where the Machine is not `renewable`,
        MachineLost.
        """
        if not self.renewable:
            raise ValueError("this Machine holds a copy of the workspace, which can't be laid in anew")
        self._ask({"do": "renew"})
        if files:
            self.write_files(files)

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
                    f"the workspace {self.workspace} was removed while a Machine used it: open a new one"
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
