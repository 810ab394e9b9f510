"""The two ways out: stdout for a program (JSON, or a patch), stderr for people."""

import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

SCHEMA = 1
"""The version of every JSON object this command line prints."""

CLEAR_LINE = "\r\x1b[K"
"""Takes the live progress line away; only ever written to a terminal."""

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


class OutputLost(Exception):
    """stdout can't be written. The text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where output goes. `quiet` leaves what was asked for and what went wrong; `color` is for stderr."""

    as_json: bool = False
    quiet: bool = False
    color: bool = False
    live: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def say(self, text: str = "") -> None:
        """A line, or several, for people."""
        if not self.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """As `say`, but also with `--quiet`: something went wrong, or needs to be known."""
        with self.lock:
            write_error(f"{CLEAR_LINE if self.live else ''}{text}\n")

    def result(self, values: Mapping[str, Any]) -> None:
        """The one JSON object, if JSON was asked for."""
        if self.as_json:
            write_output((json.dumps({"schema": SCHEMA, **values}) + "\n").encode())

    def styled(self, text: str, *styles: str) -> str:
        if not self.color or not text:
            return text
        return f"\x1b[{';'.join(_STYLES[style] for style in styles)}m{text}\x1b[0m"


def console_for(as_json: bool, quiet: bool) -> Console:
    """A Console that fits this process's stderr. `NO_COLOR` and `TERM=dumb` are respected."""
    terminal = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"
    return Console(
        as_json=as_json,
        quiet=quiet,
        color=terminal and not os.environ.get("NO_COLOR"),
        live=terminal and not quiet,
    )


def output_is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def write_output(data: bytes) -> None:
    """Write to stdout, byte for byte, whatever the locale.

    A reader that went away is no error: what it didn't want needs no words. Raises OutputLost otherwise.
    """
    stream = sys.stdout
    if stream is None:
        return
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        _point_at_nothing(stream)
    except OSError as error:
        _point_at_nothing(stream)
        raise OutputLost(f"The output can't be written: {error.strerror}. Send it somewhere else.") from error


def write_error(text: str) -> None:
    """Write to stderr. Where that is gone nobody can be told, so the loss is accepted."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        _point_at_nothing(stream)


def _point_at_nothing(stream: TextIO) -> None:
    """Let the interpreter's own last flush succeed, which would print a traceback otherwise."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
