"""`macrohard-lsp fix [PATH]`: repair failing tests, and hand back edits with proof."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from macrohard_lsp.cli.arguments import Parser, SubCommands, existing_folder, jobs, seconds, seed
from macrohard_lsp.cli.console import Console, output_is_terminal, write_output

if TYPE_CHECKING:
    from macrohard_lsp.cli.working import Working
    from macrohard_lsp.core.changeset import ChangeSet
    from macrohard_lsp.engine.requests import FixReport, FixRequest

_EXITS = {"fixed": 0, "nothing-failing": 0, "partly-fixed": 1, "no-fix": 1, "error": 2}


def add(commands: SubCommands, common: Parser) -> None:
    parser = commands.add_parser(
        "fix",
        parents=[common],
        help="repair failing tests; prints a patch, or applies it",
        description="Looks for edits that make failing tests pass and break none, and proves each in fresh "
        "Machines. The patch goes to stdout, so `macrohard-lsp fix > fix.patch` keeps it. "
        "Exit code 0: all failing tests fixed or none failing, 1: not, or only partly, 2: could not run.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="the folder (default: the current one)"
    )
    parser.add_argument(
        "--test", action="append", default=[], metavar="ID", help="repair this test (repeatable)"
    )
    parser.add_argument("--apply", action="store_true", help="write the first fix for each test to the files")
    parser.add_argument("--seed", type=seed, metavar="N", help="the same seed gives the same search")
    parser.add_argument("--jobs", type=jobs, metavar="N", help="how many workers search at once")
    parser.add_argument("--budget-seconds", type=seconds, metavar="N", help="stop searching after so long")
    parser.add_argument(
        "--budget-cpu-seconds", type=seconds, metavar="N", help="stop searching after so much processor time"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    return _repair(_request(arguments), arguments, console)


def _repair(request: "FixRequest", arguments: argparse.Namespace, console: Console) -> int:
    from macrohard_lsp.cli.as_json import json_of_fix
    from macrohard_lsp.cli.handing_over import how_to_apply
    from macrohard_lsp.cli.plain_text import visible
    from macrohard_lsp.cli.show_fix import text_of_fix
    from macrohard_lsp.cli.working import working
    from macrohard_lsp.core.budget import Spent
    from macrohard_lsp.core.unified_diff import to_unified_diff_bytes
    from macrohard_lsp.engine.engine import run_fix

    with working(console, "fix", request.folder, _asked(request, arguments), _settings(arguments)) as work:
        report = run_fix(request, work.context)
        work.check()
        selection = report.selection
        kept, last_words = None, ""
        if selection.taken:
            kept = _keep(report, selection.change_set, work)
            last_words = how_to_apply(request.folder, kept)
        if selection.taken and arguments.apply:
            report, last_words = _apply(report, selection.change_set, kept, work)
        spent = Spent(seconds=report.seconds, cpu_seconds=report.cpu_seconds)
        work.recorder.finish(report.status.value, report.message, spent)
    console.say(text_of_fix(report, console))
    if selection.taken and not console.as_json:
        _print_patch(to_unified_diff_bytes(report.snapshot, selection.change_set))
    if len(selection.taken) > 1:
        console.say("Each of these fixes was proven alone, and all of them together.")
    if last_words:
        console.say(visible(last_words))
    console.result(json_of_fix(report))
    return _EXITS[report.status.value]


def _request(arguments: argparse.Namespace) -> "FixRequest":
    from macrohard_lsp.core.budget import Budget
    from macrohard_lsp.engine.requests import FixRequest

    return FixRequest(
        folder=existing_folder(arguments.path),
        tests=tuple(dict.fromkeys(arguments.test)),
        tier=arguments.tier,
        seed=arguments.seed or 0,
        jobs=arguments.jobs,
        budget=Budget(seconds=arguments.budget_seconds, cpu_seconds=arguments.budget_cpu_seconds),
    )


def _settings(arguments: argparse.Namespace) -> dict[str, object]:
    return {
        "fix.seed": arguments.seed,
        "fix.jobs": arguments.jobs,
        "fix.budget_seconds": arguments.budget_seconds,
    }


def _asked(request: "FixRequest", arguments: argparse.Namespace) -> dict[str, Any]:
    """The request as the journal keeps it."""
    return {
        "tests": list(request.tests),
        "tier": request.tier,
        "apply": arguments.apply,
        "seed": request.seed,
        "jobs": request.jobs,
        "budget_seconds": request.budget.seconds,
        "budget_cpu_seconds": request.budget.cpu_seconds,
    }


def _print_patch(patch: bytes) -> None:
    """The patch, byte for byte for a program; on a terminal, with nothing in it that could command one."""
    from macrohard_lsp.cli.plain_text import visible

    if output_is_terminal():
        patch = visible(patch.decode("utf-8", "replace")).encode()
    write_output(patch)


def _keep(report: "FixReport", change_set: "ChangeSet", work: "Working") -> str | None:
    """Put the patch into the journal; the Run's id if it is there word for word, so that it can be used."""
    from macrohard_lsp.cli.runs import PATCH
    from macrohard_lsp.core.unified_diff import to_unified_diff

    whole = work.recorder.attach(PATCH, to_unified_diff(report.snapshot, change_set))
    return work.recorder.run_id if whole else None


def _apply(
    report: "FixReport", change_set: "ChangeSet", kept: str | None, work: "Working"
) -> "tuple[FixReport, str]":
    """Write the selection to the files. The report, an error by now if that failed, and what to tell a person.

    The patch is in the journal already: a kill in the middle must not leave a change that nobody can undo.
    """
    from macrohard_lsp.cli.handing_over import what_was_written
    from macrohard_lsp.cli.runs import WRITTEN
    from macrohard_lsp.core.apply import apply_changes
    from macrohard_lsp.core.change_paths import PathRefused, check_paths
    from macrohard_lsp.engine.decisions import accept
    from macrohard_lsp.engine.requests import FixStatus
    from macrohard_lsp.workspace.replace_files import NotWritten, PartlyWritten
    from macrohard_lsp.workspace.write import write_changes

    try:
        check_paths(change_set)
        after = apply_changes(report.snapshot, change_set)
        work.check()
        paths = write_changes(report.snapshot, change_set, after.files)
    except (PathRefused, NotWritten, PartlyWritten) as refused:
        message = f"A proven fix was found but could not be written. {refused}"
        return replace(report, status=FixStatus.ERROR, message=message), ""
    work.recorder.attach(WRITTEN, "\n".join(paths))
    root = report.snapshot.root
    notes = accept(report.selection.taken, root, work.context.state_dir)
    return replace(report, notes=(*report.notes, *notes)), what_was_written(paths, root, kept)
