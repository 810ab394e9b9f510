"""`macrohard-lsp trust PATH`: whose code may run outside a sandbox, and whose settings count."""

import argparse
import time
from pathlib import Path

from macrohard_lsp.cli.arguments import Parser, SubCommands, UsageProblem, existing_folder
from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.plain_text import visible


def add(commands: SubCommands, common: Parser) -> None:
    parser = commands.add_parser(
        "trust",
        parents=[common],
        help="trust a folder, or take that back",
        description="A trusted folder's code may run where there is no sandbox, and its own settings "
        "may name programs and paths outside. Folders below it are trusted with it.",
        allow_abbrev=False,
    )
    parser.add_argument("path", nargs="?", metavar="PATH", help="the folder")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--revoke", action="store_true", help="take trust back from PATH")
    what.add_argument("--list", action="store_true", help="list the trusted folders")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from macrohard_lsp.cli.state import needed_state_dir
    from macrohard_lsp.engine.requests import CouldNotRun
    from macrohard_lsp.settings.errors import StateUnavailable, TrustRefused
    from macrohard_lsp.settings.trust import TrustStore

    started = time.monotonic()
    if arguments.list == (arguments.path is not None):
        raise UsageProblem("Say which folder: `macrohard-lsp trust PATH`, or `macrohard-lsp trust --list`.")
    store = TrustStore(needed_state_dir(), Path.home())
    try:
        if arguments.list:
            message = _listed(store.list())
        elif arguments.revoke:
            # The folder may be gone by now; trust in it can still be taken back.
            folder = Path(arguments.path).absolute()
            message = f"{folder} is {'no longer' if store.revoke(folder) else 'not'} trusted."
        else:
            folder = store.trust(existing_folder(arguments.path))
            message = f"{folder} is trusted. To take that back: macrohard-lsp trust --revoke {folder}"
        trusted = store.list()
    except (TrustRefused, StateUnavailable) as error:
        raise CouldNotRun(str(error)) from error
    console.say(visible(message))
    seconds = round(time.monotonic() - started, 3)
    console.result(
        {"message": message, "tier": None, "seconds": seconds, "trusted": [str(path) for path in trusted]}
    )
    return 0


def _listed(folders: tuple[Path, ...]) -> str:
    if not folders:
        return "No folder is trusted."
    return "\n".join(["Trusted folders:", *(f"  {folder}" for folder in folders)])
