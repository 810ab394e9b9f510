"""Which commands of a folder report on tests: those the settings name, and `node --test` where package.json says so."""

import contextlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from macrohard_lsp.core.interpreter import InterpreterChoice
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testcommand import ReportingCommand, ReportKind
from macrohard_lsp.environment.errors import NoInterpreter, NoProgram
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.environment.node_script import PACKAGE, node_test_arguments, test_line
from macrohard_lsp.environment.programs import NODE, find_program
from macrohard_lsp.settings.model import CommandSettings, Settings
from macrohard_lsp.testing.reporting_run import NODE_MODULES, installed_directories

PYPROJECT = "pyproject.toml"
MOST_DETECTED = 20
LONGEST_NAME = 60
SAMPLES = frozenset({"test", "tests", "fixtures", "__fixtures__", "testdata", "examples", NODE_MODULES})
"""A package below one of these is a sample, not the project."""


@dataclass(frozen=True, slots=True)
class CommandSuite:
    """A command that can be started. `choice` is its program with what a Machine shows of it, `path` its PATH there."""

    command: ReportingCommand
    choice: InterpreterChoice
    path: str


@dataclass(frozen=True, slots=True)
class Commands:
    """`unusable` are those that the settings name and that can't be started, each with the reason."""

    suites: tuple[CommandSuite, ...] = ()
    unusable: tuple[tuple[ReportingCommand, str], ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.suites or self.unusable)


def find_commands(
    snapshot: Snapshot, settings: Settings, source: str, variables: Mapping[str, str], home: Path
) -> Commands:
    """`source` says where the setting `test.commands` is from. Only files are read."""
    configured = tuple(_configured(snapshot, settings.test.commands, source))
    taken = {command.directory for command in configured}
    detected = tuple(_detected(snapshot, taken)) if settings.test.detect else ()
    suites: list[CommandSuite] = []
    unusable: list[tuple[ReportingCommand, str]] = []
    notes: list[str] = []
    for command in _distinct((*configured, *detected)):
        try:
            suites.append(_suite(command, snapshot.root, settings.interpreter, variables, home))
        except (NoProgram, NoInterpreter) as reason:
            if command.configured.endswith(PACKAGE):
                # Nobody asked for it, so that it is no failure: the person may never have had Node.
                notes.append(f"The tests that {command.configured} names did not run: {reason}.")
            else:
                unusable.append((command, str(reason)))
    return Commands(tuple(suites), tuple(unusable), tuple(notes))


def _suite(
    command: ReportingCommand,
    root: Path,
    configured: str | None,
    variables: Mapping[str, str],
    home: Path,
) -> CommandSuite:
    """`configured` is the setting `interpreter`."""
    program = find_program(command.argv[0], root, command.directory, variables=variables, home=home)
    mounts = [*program.mounts, *installed_directories(command, root)]
    with contextlib.suppress(NoInterpreter):
        # Links in an environment that lies in the folder must lead somewhere: Node looks behind each of them.
        found = find_interpreter(
            root, command.directory, configured=configured, variables=variables, home=home
        )
        mounts += found.mounts
    choice = InterpreterChoice(program.executable, command.name, tuple(dict.fromkeys(mounts)))
    return CommandSuite(command, choice, program.path)


def _configured(
    snapshot: Snapshot, commands: Iterable[CommandSettings], source: str
) -> Iterator[ReportingCommand]:
    of_folder = source.startswith(str(snapshot.root / PYPROJECT)) and PYPROJECT in snapshot.files
    lines = _lines_of_commands(snapshot.files[PYPROJECT].text or "") if of_folder else ()
    for place, given in enumerate(commands):
        directory = posixpath.normpath(given.directory)
        yield ReportingCommand(
            name=(given.name or " ".join(given.command))[:LONGEST_NAME],
            argv=given.command,
            kind=given.kind,
            report=given.report,
            directory="" if directory == "." else directory,
            configured=PYPROJECT if of_folder else "",
            line=lines[place] if place < len(lines) else 1,
            seconds=given.timeout_seconds,
        )


def _lines_of_commands(text: str) -> list[int]:
    """The lines of pyproject.toml at which the commands begin, where each is a table of its own."""
    header = re.compile(r"\s*\[\[\s*tool\s*\.\s*macrohard\s*\.\s*test\s*\.\s*commands\s*\]\]")
    return [number for number, line in enumerate(text.split("\n"), 1) if header.match(line)]


def _detected(snapshot: Snapshot, taken: set[str]) -> Iterator[ReportingCommand]:
    paths = [path for path in sorted(snapshot.files) if posixpath.basename(path) == PACKAGE]
    own = [path for path in paths if SAMPLES.isdisjoint(path.split("/"))]
    for path in own[:MOST_DETECTED]:
        directory = posixpath.dirname(path)
        if directory in taken:
            continue
        text = snapshot.files[path].text or ""
        start = f"{directory}/" if directory else ""
        below = [name.removeprefix(start) for name in snapshot.files if name.startswith(start)]
        arguments = node_test_arguments(text, below)
        if arguments is not None:
            argv = (NODE, "--test-reporter=tap", *arguments)
            name = f"{directory}: node --test" if directory else "node --test"
            line = test_line(text)
            yield ReportingCommand(name, argv, ReportKind.TAP, "", directory, path, line)


def _distinct(commands: Iterable[ReportingCommand]) -> Iterator[ReportingCommand]:
    """Names tell results apart, so that each is there once."""
    seen: dict[str, int] = {}
    for command in commands:
        number = seen[command.name] = seen.get(command.name, 0) + 1
        yield replace(command, name=f"{command.name} #{number}") if number > 1 else command
