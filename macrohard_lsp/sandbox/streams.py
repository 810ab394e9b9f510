"""The descriptors between a command and whoever started it."""

import contextlib
import os
import socket
from collections.abc import Generator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Streams:
    """Our ends. `stdin` is -1 when the command gets none."""

    stdin: int
    stdout: int
    stderr: int
    channel: socket.socket | None

    def close(self) -> None:
        for fd in (self.stdin, self.stdout, self.stderr):
            if fd >= 0:
                os.close(fd)
        if self.channel is not None:
            self.channel.close()


@contextlib.contextmanager
def open_streams(channel: bool, stdin: bool) -> Generator[tuple[Streams, tuple[int, ...]]]:
    """Our ends, and the command's in the order of their numbers inside, which are closed on the way out.

    Ours stay open, unless the block raises.
    """
    pipes = [os.pipe() for _ in range(3)]
    ours, theirs = socket.socketpair() if channel else (None, None)
    inside = [pipes[0][0], pipes[1][1], pipes[2][1]]
    if theirs is not None:
        inside.append(theirs.detach())
    if not stdin:
        os.close(pipes[0][1])
    streams = Streams(pipes[0][1] if stdin else -1, pipes[1][0], pipes[2][0], ours)
    try:
        yield streams, tuple(inside)
    except BaseException:
        streams.close()
        raise
    finally:
        for fd in inside:
            os.close(fd)
