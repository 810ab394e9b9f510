"""A pytest that was started ahead of its orders: by the time a file is saved, all but the user's own code is loaded."""

import time
from types import TracebackType

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.testing.attempt import start_suite
from macrohard_lsp.testing.channel import ChannelCorrupted
from macrohard_lsp.testing.messages import Waiting

READY_SECONDS = 20.0
POLL_SECONDS = 0.1


class Ahead:
    """Owns its Machine. Used by one thread at a time; good for one run."""

    def __init__(
        self, machine: Machine, interpreter: Interpreter, project: Project, arguments: tuple[str, ...]
    ) -> None:
        """Raises MachineLost."""
        self.machine = machine
        self.suite = start_suite(machine, interpreter, project, arguments, {"waits": True})

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        return self.suite.process.running

    def ready(self, cancel: Cancel) -> bool:
        """Wait until it waits. False where it came to an end, or holds code of the workspace's as it was.

        Raises Cancelled.
        """
        give_up = time.monotonic() + READY_SECONDS
        reader = self.suite.reader
        try:
            while not reader.closed and time.monotonic() < give_up:
                cancel.check()
                for message in reader.receive(POLL_SECONDS):
                    return isinstance(message, Waiting) and not message.loaded
        except ChannelCorrupted:
            return False
        return False

    def close(self) -> None:
        self.machine.close()
