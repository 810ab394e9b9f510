"""`macrohard-lsp learned [PATH]`: what accepted and dismissed fixes have taught the search, and how to forget it."""

import argparse
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macrohard_lsp.cli.arguments import Parser, SubCommands, existing_folder
from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.plain_text import visible

if TYPE_CHECKING:
    from macrohard_lsp.runs.decisions import Decided

_KIND_WIDTH = 26


def add(commands: SubCommands, common: Parser) -> None:
    parser = commands.add_parser(
        "learned",
        parents=[common],
        help="what your decisions on fixes changed in the order of the search, or forget it",
        description="Fixes that you accept or dismiss in a folder make edits of their kind be tried a little earlier "
        "or later there. What is kept are the kinds and how often, nothing of your code.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="the folder (default: the current one)"
    )
    parser.add_argument("--forget", action="store_true", help="forget what was learned in this folder")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from macrohard_lsp.cli.state import needed_state_dir
    from macrohard_lsp.engine.requests import CouldNotRun
    from macrohard_lsp.runs.decisions import DecisionBook, DecisionsUnavailable

    started = time.monotonic()
    folder = existing_folder(arguments.path)
    book = DecisionBook(needed_state_dir())
    try:
        known = not arguments.forget or book.forget(folder)
        decisions = book.of(folder)
    except DecisionsUnavailable as error:
        raise CouldNotRun(str(error)) from error
    if decisions.note:
        console.warn(f"Note: {decisions.note}")
    rows = _rows(decisions.kinds)
    if arguments.forget:
        message = f"What was learned in {folder} is forgotten." if known else _nothing(folder)
    else:
        message = _listed(folder, rows) if rows else _nothing(folder)
    console.say(visible(message))
    seconds = round(time.monotonic() - started, 3)
    console.result(
        {"message": message, "tier": None, "seconds": seconds, "folder": str(folder), "learned": rows}
    )
    return 0


def _rows(kinds: "Mapping[str, Decided]") -> list[dict[str, Any]]:
    """`cost` is what is added to the cost of edits of a kind: negative where they are tried earlier."""
    from macrohard_lsp.repair.learned import moves_of
    from macrohard_lsp.repair.operators import FAMILIES

    moves = moves_of(kinds, FAMILIES)
    return [
        {
            "kind": kind,
            "accepted": decided.accepted,
            "dismissed": decided.dismissed,
            "cost": round(moves.get(kind, 0.0), 2),
        }
        for kind, decided in sorted(kinds.items())
    ]


def _nothing(folder: Path) -> str:
    return f"Nothing was learned in {folder}: no fix was accepted or dismissed there."


def _listed(folder: Path, rows: list[dict[str, Any]]) -> str:
    lines = [f"Learned in {folder}, by kind of edit; what costs less is tried earlier:"]
    for row in rows:
        counts = f"{row['accepted']} accepted, {row['dismissed']} dismissed"
        lines.append(f"  {row['kind']:{_KIND_WIDTH}} {counts:26} cost {row['cost']:+.2f}")
    return "\n".join([*lines, f"To forget it: macrohard-lsp learned {shlex.quote(str(folder))} --forget"])
