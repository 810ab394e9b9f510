"""`macrohard-lsp test [PATH] [IDS…]`: run the tests in a Machine."""

import argparse
from pathlib import Path

from macrohard_lsp.cli.arguments import Parser, SubCommands, folder_and_rest
from macrohard_lsp.cli.console import Console
from macrohard_lsp.core.tier import Tier


def add(commands: SubCommands, common: Parser) -> None:
    parser = commands.add_parser(
        "test",
        parents=[common],
        help="run the tests in a sandbox",
        description="Runs the tests of a folder in a Machine and says what did not pass, where, and why. "
        "Exit code 0: all passed, 1: some did not, 2: could not run.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="PATH IDS",
        help="the folder (default: the current one), then ids of tests such as tests/test_a.py::test_b "
        "(default: all)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    folder, ids = folder_and_rest(arguments.words)
    return _test(folder, ids, arguments.tier, console)


def _test(folder: Path, ids: tuple[str, ...], tier: Tier | None, console: Console) -> int:
    from macrohard_lsp.cli.as_json import json_of_tests
    from macrohard_lsp.cli.show_tests import text_of_tests
    from macrohard_lsp.cli.working import working
    from macrohard_lsp.core.budget import Spent
    from macrohard_lsp.engine.engine import run_tests
    from macrohard_lsp.engine.requests import TestRequest

    request = TestRequest(folder, ids, tier)
    asked = {"ids": list(ids), "tier": tier}
    with working(console, "test", folder, asked, settings={}) as work:
        report = run_tests(request, work.context)
        work.check()
        work.recorder.finish(
            "passed" if report.all_passed else "failed", report.message, Spent(report.seconds)
        )
    console.say(text_of_tests(report, console))
    console.result(json_of_tests(report))
    return 0 if report.all_passed else 1
