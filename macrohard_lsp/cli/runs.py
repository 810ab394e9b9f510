"""`macrohard-lsp runs list | show | prune`: the journal of what was done."""

import argparse
import time
from typing import TYPE_CHECKING, Any

from macrohard_lsp.cli.arguments import Parser, SubCommands, whole_number
from macrohard_lsp.cli.console import Console, write_output

if TYPE_CHECKING:
    from macrohard_lsp.runs.journal import Journal

MAX_LISTED = 10_000
MAX_DAYS = 3650
PATCH = "fix.patch"
"""The attachment that holds the patch of a `fix`, whether it was applied or not."""
WRITTEN = "written"
"""The attachment that names the files which `fix --apply` has written."""

_SECONDS_A_DAY = 24 * 3600.0


def add(commands: SubCommands, common: Parser) -> None:
    parser = commands.add_parser(
        "runs",
        help="what was done: list, show, prune",
        description="The journal of all runs. It keeps 30 days and 64 MiB at most; secrets in it are masked.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(
        dest="action", metavar="list|show|prune", parser_class=Parser, required=True
    )
    listing = actions.add_parser("list", parents=[common], help="the newest runs", allow_abbrev=False)
    listing.add_argument("--limit", type=_limit, default=20, metavar="N", help="how many (default: 20)")
    show = actions.add_parser("show", parents=[common], help="one run, event by event", allow_abbrev=False)
    show.add_argument("id", metavar="ID", help="the run's id, or the beginning of it")
    show.add_argument("--patch", action="store_true", help="print the patch of a fix, on stdout")
    prune = actions.add_parser("prune", parents=[common], help="delete old runs", allow_abbrev=False)
    prune.add_argument("--days", type=_days, metavar="N", help="delete runs older than N days (default: 30)")
    prune.add_argument("--keep", type=_keep, metavar="N", help="delete all but the newest N runs")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from macrohard_lsp.cli.state import needed_state_dir
    from macrohard_lsp.engine.requests import CouldNotRun
    from macrohard_lsp.runs.journal import JOURNAL_FILE, Journal, UnknownRun
    from macrohard_lsp.runs.storage import JournalUnavailable

    actions = {"list": _list, "show": _show, "prune": _prune}
    started = time.monotonic()
    try:
        with Journal.open(needed_state_dir() / JOURNAL_FILE) as journal:
            for note in journal.notes:
                console.warn(f"Note: {note}")
            answer = actions[arguments.action](journal, arguments, console)
    except (JournalUnavailable, UnknownRun) as error:
        raise CouldNotRun(str(error)) from error
    console.result({"tier": None, "seconds": round(time.monotonic() - started, 3), **answer})
    return 0


def _list(journal: "Journal", arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    from macrohard_lsp.cli.show_runs import json_of_run, text_of_list

    records = journal.recent(arguments.limit)
    console.say(text_of_list(records, console))
    return {"message": f"{len(records)} runs.", "runs": [json_of_run(record) for record in records]}


def _show(journal: "Journal", arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    from macrohard_lsp.cli.show_runs import json_of_run_with_events, text_of_run
    from macrohard_lsp.engine.requests import CouldNotRun

    record = journal.show(arguments.id)
    if arguments.patch:
        patch = dict(record.attachments).get(PATCH)
        if patch is None:
            raise CouldNotRun(f"Run {record.id} has no patch; only a `fix` that found something has.")
        if not console.as_json:
            write_output(patch.encode("utf-8"))
    else:
        console.say(text_of_run(record, console))
    return {"message": f"Run {record.id}: {record.state_text}.", "run": json_of_run_with_events(record)}


def _prune(journal: "Journal", arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    from macrohard_lsp.runs.journal import MAX_AGE_SECONDS, MAX_BYTES

    age = MAX_AGE_SECONDS if arguments.days is None else arguments.days * _SECONDS_A_DAY
    removed = journal.prune(older_than=age, keep=arguments.keep, max_bytes=MAX_BYTES)
    message = f"Deleted {removed} {'run' if removed == 1 else 'runs'}."
    console.say(message)
    return {"message": message, "removed": removed}


def _limit(text: str) -> int:
    return whole_number(text, 1, MAX_LISTED)


def _days(text: str) -> int:
    return whole_number(text, 0, MAX_DAYS)


def _keep(text: str) -> int:
    return whole_number(text, 0, MAX_LISTED)
