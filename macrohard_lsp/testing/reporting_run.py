"""Runs a command that writes a report, cold and in full, and makes a TestRun of what it wrote."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testcommand import ReportingCommand, ReportKind
from macrohard_lsp.core.testrun import TestResult, TestRun
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.machine import CommandResult, Machine
from macrohard_lsp.testing.problems import describe_end, last_words
from macrohard_lsp.testing.reports.junit import parse_junit
from macrohard_lsp.testing.reports.model import MOST_BYTES, BadReport, Report
from macrohard_lsp.testing.reports.places import Places, go_modules
from macrohard_lsp.testing.reports.results import results_of
from macrohard_lsp.testing.reports.tap import parse_tap

LISTING_SECONDS = 30.0
MOST_LISTED_BYTES = 1 << 20
MOST_FILES = 2000
CANNOT_START = 127
NODE_MODULES = "node_modules"
_PRUNED = ("(", "-name", NODE_MODULES, "-o", "-name", ".git", ")", "-prune", "-o")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a command is run. `program` is what is started for the first word of its `argv`, `path` its PATH."""

    machine: Machine
    snapshot: Snapshot
    program: str
    path: str
    cancel: Cancel


@dataclass(frozen=True, slots=True)
class Commanded:
    """`note` is a sentence about what is odd and no fault; empty where nothing is."""

    run: TestRun
    note: str = ""


def run_command(command: ReportingCommand, site: Site) -> Commanded:
    """Run it to its end. Raises Cancelled and MachineLost.

    What keeps its report from being the whole truth is the TestRun's `problem`; a run that has none and no broken
    result is a green one.
    """
    began = time.monotonic()
    _link_installed(command, site)
    _remove_old_reports(command, site)
    ended = site.machine.run(
        (site.program, *command.argv[1:]),
        cwd=command.directory,
        seconds=command.seconds,
        # Each stream keeps half of it at its beginning and half at its end.
        output_bytes=2 * MOST_BYTES if not command.report else 1 << 18,
        environment={"PATH": site.path},
        cancel=site.cancel,
    )
    results: tuple[TestResult, ...] = ()
    problem = _why_not_run(command, ended)
    # What was printed until time was up is told all the same.
    if problem is None or (ended.timed_out and not command.report):
        try:
            report = _read(command, site, ended)
            results = results_of(report.tests, command, _places(command, site))
            problem = problem or _what_is_wrong(report, results, command, ended)
        except BadReport as error:
            problem = problem or f"{_report_name(command)} {error}; {_said(ended)}"
    run = TestRun(results, command.argv, site.machine.tier, time.monotonic() - began, problem)
    return Commanded(run, _oddity(run, ended))


def _oddity(run: TestRun, ended: CommandResult) -> str:
    if ended.exit_code != 0 or not run.broken:
        return ""
    count = "1 test" if len(run.broken) == 1 else f"{len(run.broken)} tests"
    return f"`{' '.join(run.command)}` ended with exit status 0 although {count} failed in its report, which counts."


def _why_not_run(command: ReportingCommand, ended: CommandResult) -> str | None:
    shown = " ".join(command.argv)
    if ended.exit_code == CANNOT_START and not ended.stdout:
        return f"`{shown}` could not be started ({last_words(ended) or 'no such program'}); check `command`"
    if ended.timed_out:
        return f"`{shown}` was stopped after {command.seconds:g} s; allow more with `timeout_seconds`"
    if ended.killed_by:
        return f"`{shown}` was stopped because it used too much ({ended.killed_by}); {_said(ended)}"
    return None


def _what_is_wrong(
    report: Report, results: Sequence[TestResult], command: ReportingCommand, ended: CommandResult
) -> str | None:
    shown = " ".join(command.argv)
    if report.problem is not None:
        return f"{report.problem}; `{shown}` ended with {describe_end(ended)}; {_said(ended)}"
    if not results:
        return f"`{shown}` reports no tests at all; check which tests it is told to run ({_said(ended)})"
    if ended.exit_code != 0 and not any(result.broken for result in results):
        return (
            f"`{shown}` ended with {describe_end(ended)}, but no test in its report failed, so that something "
            f"else did; {_said(ended)}"
        )
    return None


def _said(ended: CommandResult) -> str:
    words = last_words(ended)
    return f"its last words: {words}" if words else "it printed nothing"


def _report_name(command: ReportingCommand) -> str:
    return f"the report {command.report}" if command.report else f"what `{' '.join(command.argv)}` prints"


def _read(command: ReportingCommand, site: Site, ended: CommandResult) -> Report:
    """Raises BadReport."""
    if not command.report:
        if len(ended.stdout) > 2 * MOST_BYTES:
            raise BadReport(f"is more than {2 * MOST_BYTES >> 20} MiB, which is the most that is read")
        return _parse(command.kind, _from_first_element(command.kind, ended.stdout))
    files = _reports(command, site)
    if not files:
        raise BadReport(
            f"was not written (`{' '.join(command.argv)}` ended with {describe_end(ended)}); "
            "check `report`, and the option that makes the command write it"
        )
    left = MOST_BYTES
    reports: list[Report] = []
    for path in files:
        try:
            data = site.machine.read_file(path, left + 1)
        except (OSError, ValueError) as error:
            raise BadReport(f"can't be read at {path}: {error}") from error
        left -= len(data)
        if left < 0:
            raise BadReport(f"is larger than {MOST_BYTES >> 20} MiB, which is the most that is read")
        reports.append(_parse(command.kind, data))
    problem = next((report.problem for report in reports if report.problem), None)
    return Report(tuple(test for report in reports for test in report.tests), problem)


def _from_first_element(kind: ReportKind, printed: bytes) -> bytes:
    """Without what npm and the like print around XML; in TAP it is no matter."""
    starts = [place for mark in (b"<?xml", b"<testsuite") if (place := printed.find(mark)) >= 0]
    if kind is ReportKind.TAP or not starts:
        return printed
    return printed[min(starts) : printed.rfind(b">") + 1]


def _parse(kind: ReportKind, data: bytes) -> Report:
    if kind is ReportKind.TAP:
        return parse_tap(data.decode("utf-8", "replace"))
    if not data.strip():
        raise BadReport("is empty")
    return parse_junit(data)


def _remove_old_reports(command: ReportingCommand, site: Site) -> None:
    """What an earlier run has left in the folder must not be taken for this one's."""
    if command.report and (old := _reports(command, site)):
        site.machine.write_files(dict.fromkeys(old))


def _reports(command: ReportingCommand, site: Site) -> tuple[str, ...]:
    """The report's files in the Machine, relative to the workspace, in the order of their names."""
    fixed, pattern = _pattern(command)
    start = site.machine.workspace / command.directory / fixed
    listing = site.machine.run(
        ("find", str(start), *_PRUNED, "-type", "f", "-name", _name_for_find(command.report), "-print0"),
        seconds=LISTING_SECONDS,
        output_bytes=2 * MOST_LISTED_BYTES,
        cancel=site.cancel,
    )
    base = f"{site.machine.workspace}/"
    names = (name for name in listing.stdout.decode("utf-8", "surrogateescape").split("\0"))
    inside = (name.removeprefix(base) for name in names if name.startswith(base))
    return tuple(sorted(name for name in inside if pattern.fullmatch(name)))[:MOST_FILES]


def _name_for_find(report: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", PurePosixPath(report).name)


def _pattern(command: ReportingCommand) -> tuple[str, re.Pattern[str]]:
    """The part of the report's path without a `*` that can be looked in, and what all of it has to match."""
    parts = PurePosixPath(command.report).parts
    plain = next((place for place, part in enumerate(parts) if "*" in part or "?" in part), len(parts))
    words = [_of_part(part) for part in (*PurePosixPath(command.directory).parts, *parts)]
    return "/".join(parts[:plain]), re.compile("".join(words).removesuffix("/"), re.DOTALL)


def _of_part(part: str) -> str:
    if part == "**":
        return "(?:[^/]+/)*"
    pieces = ("[^/]*" if piece == "*" else "[^/]" if piece == "?" else re.escape(piece) for piece in part)
    return f"{''.join(pieces)}/"


def _places(command: ReportingCommand, site: Site) -> Places:
    machine, files = site.machine, site.snapshot.files
    folders = dict.fromkeys((machine.workspace, machine.original, Path(machine.workspace).resolve()))
    texts = {path: files[path].text or "" for path in files if PurePosixPath(path).name == "go.mod"}
    return Places(files, map(PurePosixPath, folders), command.directory, go_modules(texts))


def installed_directories(command: ReportingCommand, folder: Path) -> tuple[Path, ...]:
    """Where a command of Node's finds its packages: beside it and in the directories above, within the folder."""
    start = folder / command.directory
    around = (start, *(parent for parent in start.parents if parent.is_relative_to(folder)))
    return tuple(path for place in around if (path := place / NODE_MODULES).is_dir())


def _link_installed(command: ReportingCommand, site: Site) -> None:
    """The process tier's copy leaves out what is installed in the folder: a link stands for it there."""
    machine = site.machine
    if machine.tier is not Tier.PROCESS:
        return
    for path in installed_directories(command, machine.original):
        place = machine.workspace / path.relative_to(machine.original)
        site.machine.run(("ln", "-s", str(path), str(place)), seconds=LISTING_SECONDS, cancel=site.cancel)
