"""The program: understands its arguments, starts one command, turns what goes wrong into a sentence."""

import argparse
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from macrohard_lsp import __version__
from macrohard_lsp.cli import doctor, fix, learned, runs, serving, test, trust
from macrohard_lsp.cli.arguments import Parser, SubCommands, UsageProblem, common_options
from macrohard_lsp.cli.as_json import json_of_failure
from macrohard_lsp.cli.console import Console, OutputLost, console_for
from macrohard_lsp.cli.platforms import platform_problem
from macrohard_lsp.cli.serving import Serve
from macrohard_lsp.cli.signals import Stopped
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.requests import CouldNotRun

EXIT_COULD_NOT_RUN: Final = 2
EXIT_INTERRUPTED: Final = 130


class _Command(Protocol):
    def add(self, commands: SubCommands, common: Parser) -> None: ...

    def run(self, arguments: argparse.Namespace, console: Console) -> int: ...


_COMMANDS: Mapping[str, _Command] = {
    "test": test,
    "fix": fix,
    "trust": trust,
    "runs": runs,
    "learned": learned,
    "doctor": doctor,
}


def main(argv: Sequence[str] | None = None, serve: Serve = serving.nobody) -> int:
    """Run one command and return its exit code, as the README's table lists them. `serve` is the server."""
    words = list(sys.argv[1:] if argv is None else argv)
    # Before the arguments are understood, a program that asked for JSON must get its answer as JSON, too.
    console = console_for(as_json="--json" in words, quiet=False)
    named = next((word for word in words if word in _COMMANDS), None)
    arguments = argparse.Namespace(command=named, tier=None)
    started = time.monotonic()
    try:
        arguments = parser().parse_args(words)
        if arguments.command is None:
            return serving.run(arguments, serve)
        console = console_for(as_json=arguments.json, quiet=arguments.quiet)
        problem = platform_problem()
        if problem is not None and arguments.command != "doctor":
            raise CouldNotRun(problem)
        return _COMMANDS[arguments.command].run(arguments, console)
    except SystemExit as ended:  # How argparse ends --help and --version.
        return int(ended.code or 0)
    except KeyboardInterrupt:
        console.warn("Stopped.")
        console.result(json_of_failure(arguments.command, "Stopped.", None, time.monotonic() - started))
        return EXIT_INTERRUPTED
    except Exception as error:
        return _failed(error, arguments, console, time.monotonic() - started)


def parser() -> Parser:
    top = Parser(
        prog="macrohard-lsp",
        description="Runs your tests in a sandbox, repairs what fails, and hands back edits with proof. "
        "With no command it is a language server.",
        epilog="Exit codes: 0 all is well, 1 not all is, 2 could not run, 130 or 143 stopped by a signal.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"macrohard-lsp {__version__}")
    serving.add(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    common = common_options()
    for command in _COMMANDS.values():
        command.add(commands, common)
    return top


def _failed(error: Exception, arguments: argparse.Namespace, console: Console, seconds: float) -> int:
    """Say what went wrong, to people and to programs; returns the exit code."""
    message = str(error)
    if not isinstance(error, (UsageProblem, CouldNotRun, Stopped, OutputLost)):
        console.warn(traceback.format_exc())
        message = (
            f"macrohard-lsp itself failed ({type(error).__name__}: {error}). Please report it with the lines"
            " above; `macrohard-lsp runs list` shows what was recorded."
        )
    console.warn(message)
    if not isinstance(error, OutputLost):
        tier: Tier | None = getattr(arguments, "tier", None)
        console.result(json_of_failure(arguments.command, message, tier, seconds))
    return error.exit_code if isinstance(error, Stopped) else EXIT_COULD_NOT_RUN
