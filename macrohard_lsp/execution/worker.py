"""A worker process: reads units from its stdin, writes results to its stdout, dies when its parent does.

Started by path, with the parent's `sys.path` as its first message, so that it imports the same code
whatever its own working directory and settings would offer.
"""

import os
import pickle
import queue
import signal
import struct
import sys
import threading
from typing import IO, Any

HEADER = struct.Struct(">Q")


def main() -> None:
    """Serve until the parent closes the pipe or dies."""
    requests, replies = _private_pipes()
    first = _receive(requests)
    if first is None:
        return
    sys.path[:] = pickle.loads(first)
    from macrohard_lsp.execution.units import Raised, carry_out

    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_all, args=(requests, waiting), daemon=True).start()
    while True:
        try:
            entry, payload = pickle.loads(waiting.get())
            answer = pickle.dumps(carry_out(entry, payload), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # A payload or an answer that can't be pickled is an answer, too.
            text = f"{type(error).__name__}: {error}"
            answer = pickle.dumps(
                Raised(text, f"The unit's data could not cross between processes.\n{text}\n")
            )
        replies.write(HEADER.pack(len(answer)))
        replies.write(answer)
        replies.flush()


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes for ourselves: what the work prints goes to stderr, what it reads is empty."""
    requests, replies = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    os.close(empty)
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


def _read_all(requests: IO[bytes], waiting: "queue.SimpleQueue[bytes]") -> None:
    """Runs beside the work, to notice at once that the parent is gone; then the whole process group ends."""
    while (message := _receive(requests)) is not None:
        waiting.put(message)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _receive(requests: IO[Any]) -> bytes | None:
    header = requests.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    message = requests.read(length)
    return message if len(message) == length else None


if __name__ == "__main__":
    main()
