"""`macrohard-lsp` with no command, or `--stdio`, `--tcp HOST:PORT`: the language server."""

import argparse
import ipaddress
from collections.abc import Callable
from pathlib import Path

from macrohard_lsp.cli.arguments import Parser, UsageProblem
from macrohard_lsp.engine.requests import CouldNotRun

MOST_PORT = 65535

Serve = Callable[[tuple[str, int] | None, Path | None], int]
"""Serves on an address, or on stdin and stdout; the log goes to a file or to stderr. Returns the exit code."""


def nobody(address: tuple[str, int] | None, log_file: Path | None) -> int:
    """For those who call the command line from a program: the server is `python -m macrohard_lsp`'s."""
    del address, log_file
    raise UsageProblem("Name a command; `macrohard-lsp --help` lists them.")


def add(parser: Parser) -> None:
    group = parser.add_argument_group("language server (with no command)")
    group.add_argument("--stdio", action="store_true", help="speak on stdin and stdout (the default)")
    group.add_argument(
        "--tcp", type=_address, metavar="HOST:PORT", help="wait for one client on this address"
    )
    group.add_argument(
        "--log-file", type=Path, metavar="FILE", help="write the log here instead of to stderr"
    )


def run(arguments: argparse.Namespace, serve: Serve) -> int:
    """Serve until the client is gone. Raises CouldNotRun where the address or the log can't be had."""
    if arguments.stdio and arguments.tcp:
        raise UsageProblem("--stdio and --tcp exclude one another; give one.")
    try:
        return serve(arguments.tcp, arguments.log_file)
    except OSError as error:
        what = arguments.log_file if error.filename else ":".join(map(str, arguments.tcp or ()))
        raise CouldNotRun(f"{what} can't be used: {error.strerror or error}. Choose another.") from error


def _address(text: str) -> tuple[str, int]:
    """A loopback address: whoever reaches the server can have code run."""
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host in ("", "localhost") else host.strip("[]")
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise argparse.ArgumentTypeError(
            f"{host!r} is not a loopback address; use 127.0.0.1, since whoever reaches the server can run code"
        )
    if not port.isdigit() or int(port) > MOST_PORT:
        raise argparse.ArgumentTypeError(f"{port!r} is not a port; give a number up to 65535, or 0 for any")
    return host, int(port)
