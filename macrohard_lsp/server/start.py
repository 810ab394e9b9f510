"""Starts the server on a pipe or a socket, and keeps everything else away from the protocol's stream."""

import gc
import logging
import os
import socket
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from macrohard_lsp.server.handlers import register
from macrohard_lsp.server.server import MacrohardServer

PARENT_SECONDS = 2.0
"""How often it is looked whether the editor still lives."""

_log = logging.getLogger(__name__)


def serve_stdio(log_file: Path | None) -> int:
    """Speak the protocol on stdin and stdout until told to exit, or until the other end is gone."""
    _log_to(log_file)
    output = _private_stdout()
    server = _server(os.getppid())
    server.start_io(sys.stdin.buffer, output)
    return _end(server)


def serve_tcp(host: str, port: int, log_file: Path | None) -> int:
    """Wait for one client on a loopback address; port 0 takes a free one. The port is said on stderr.

    Raises OSError where the address can't be had.
    """
    _log_to(log_file)
    server = _server(None)
    with socket.create_server((host, port)) as listening:
        address = listening.getsockname()
        print(f"macrohard-lsp listens on {address[0]}:{address[1]}", file=sys.stderr, flush=True)
        connection, _ = listening.accept()
    with connection, connection.makefile("rb") as reader, connection.makefile("wb") as writer:
        server.start_io(reader, writer)
    return _end(server)


def _server(parent: int | None) -> MacrohardServer:
    server = MacrohardServer()
    register(server)
    # What is loaded by now stays: looking for garbage in it, time and again, would hold up answers for 15 ms each.
    gc.freeze()
    threading.Thread(target=_watch_parent, args=(server, parent), daemon=True).start()
    return server


def _end(server: MacrohardServer) -> int:
    """The stream has ended, by `exit` or because the editor died: what was started ends, too."""
    if hasattr(server, "bridge"):
        server.bridge.kill()
    logging.shutdown()
    sys.stderr.flush()
    # A thread that still reads the stream would keep the process; there is nothing left to wait for.
    os._exit(0 if server.ended_in_order else 1)


def _private_stdout() -> BinaryIO:
    """stdout for the protocol alone: whatever else is printed, here or by a child, goes to stderr."""
    sys.stdout.flush()
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return output


def _watch_parent(server: MacrohardServer, parent: int | None) -> None:
    """An editor that was killed may leave its end of the pipe open in a child of its own.

    The number that the client gives counts only once it was seen alive: in another container it means nothing.
    """
    waiting, seen = threading.Event(), False
    while not waiting.wait(PARENT_SECONDS):
        lives = server.process_id is not None and _lives(server.process_id)
        seen = seen or lives
        orphaned = parent is not None and os.getppid() != parent
        if orphaned or (seen and not lives):
            _log.warning("the editor is gone")
            if hasattr(server, "bridge"):
                server.bridge.kill()
            os._exit(1)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _log_to(file: Path | None) -> None:
    """pygls logs every message it sends, source code included, and every refusal as an error; ours says enough."""
    target: logging.Handler = (
        logging.StreamHandler() if file is None else logging.FileHandler(file, "a", "utf-8")
    )
    target.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[target])
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
