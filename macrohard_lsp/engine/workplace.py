"""Everything that is settled before a test can run: folder, settings, trust, tier, Snapshot, interpreters."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.core.events import MachineOpened, StageStarted
from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.commands import Commands, find_commands
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.interpreters import InterpreterBook
from macrohard_lsp.engine.layout import ignore_arguments, runs_without_pytest
from macrohard_lsp.engine.machines import PASSED_ON, MachineRoom, choose_tier
from macrohard_lsp.engine.openings import openings_of
from macrohard_lsp.engine.requests import CouldNotRun, FixRequest, TestRequest, TrustNeeded
from macrohard_lsp.engine.withheld import WithheldHere
from macrohard_lsp.environment.errors import BadInterpreter, NoInterpreter
from macrohard_lsp.environment.probe import pytest_missing_sentence
from macrohard_lsp.environment.projects import find_projects, has_test_modules, nested_directories
from macrohard_lsp.settings.load import SettingsError, load_settings
from macrohard_lsp.settings.model import Settings
from macrohard_lsp.settings.trust import TrustStore
from macrohard_lsp.testing.needs import need_of
from macrohard_lsp.workspace.folder import WorkspaceRefused
from macrohard_lsp.workspace.read import read_snapshot

OF_THE_PROCESS_TIER = (
    "The tier is `process`: the tests reach the network and the services on this computer; "
    "`macrohard-lsp doctor` says what else it keeps them from here, and what not."
)
NOTHING_TO_RUN = (
    "`test.detect` is false and `test.commands` names no command, so that there are no tests to run. Name a "
    "command, or let tests be detected."
)


@dataclass(frozen=True, slots=True)
class Workplace:
    """`projects` are in path order, `commands` what else runs tests. `notes` are sentences for a person about what was
    left out or done differently.
    """

    snapshot: Snapshot
    settings: Settings
    room: MachineRoom
    projects: tuple[tuple[Project, Interpreter], ...]
    notes: tuple[str, ...]
    withheld: WithheldHere
    commands: Commands

    def pytest_arguments(self, project: Project) -> tuple[str, ...]:
        """What a project's pytest is given beside which tests to run."""
        projects = [each for each, _ in self.projects]
        return (*self.settings.test.arguments, *ignore_arguments(project, projects))

    def needs(self, results: Iterable[TestResult]) -> dict[str, str]:
        """Those of the broken results that only want a setting of the sandbox, each with the sentence that names it."""
        needs = ((result.id, need_of(result, self.withheld)) for result in results)
        return {name: need.sentence(self.settings.sandbox) for name, need in needs if need is not None}

    @property
    def tier(self) -> Tier:
        return self.room.tier


def open_workplace(request: TestRequest | FixRequest, context: EngineContext) -> Workplace:
    """Settle everything. Raises CouldNotRun with a sentence, MachineUnavailable, and Cancelled."""
    folder = request.folder
    context.listener(StageStarted("snapshot", f"Reading {folder}"))
    try:
        trusted = _is_trusted(folder, context)
        loaded = load_settings(
            folder,
            trusted=trusted,
            overrides=context.settings_overrides,
            overrides_from=context.overrides_from,
        )
        settings = loaded.settings
        snapshot = read_snapshot(
            folder,
            buffers=request.buffers,
            exclude=settings.exclude,
            sequence=request.sequence,
            home=context.home,
        )
    except (WorkspaceRefused, SettingsError) as reason:
        raise CouldNotRun(str(reason)) from reason
    settled = choose_tier(request.tier, settings.tier, trusted, snapshot.root)
    notes = [*loaded.notes, *snapshot.notes, *((OF_THE_PROCESS_TIER,) if settled is Tier.PROCESS else ())]
    openings, refused = openings_of(settings.sandbox, snapshot.root, context.variables, context.home)
    notes.extend(refused)
    room = MachineRoom(settled, context.variables, context.cancel, openings)
    named_in = loaded.sources["test.commands"]
    commands = find_commands(snapshot, settings, named_in, context.variables, context.home)
    notes.extend(commands.notes)
    projects: tuple[tuple[Project, Interpreter], ...] = ()
    if _has_python(snapshot, settings, commands, loaded.notes):
        projects = _find_projects(snapshot, settings, room, context)
    choices = (*(project.choice for project, _ in projects), *(suite.choice for suite in commands.suites))
    if not projects:
        _announce(choices, snapshot, room, context)
    withheld = withheld_from(room, snapshot.root, choices, context.home)
    workplace = Workplace(snapshot, settings, room, projects, tuple(notes), withheld, commands)
    if context.on_workplace is not None:
        context.on_workplace(workplace)
    return workplace


def _has_python(snapshot: Snapshot, settings: Settings, commands: Commands, notes: tuple[str, ...]) -> bool:
    """Whether Python projects are looked for. Where commands test the folder, a file has to be named as a test.

    Raises CouldNotRun where all that could test the folder is put aside; `notes` say what of the settings is.
    """
    if settings.test.detect and has_test_modules(snapshot.files):
        return True
    if commands:
        return False
    if untrusted := [note for note in notes if note.startswith("`test.commands` ")]:
        raise TrustNeeded(" ".join(untrusted))
    if commands.notes:
        raise CouldNotRun(" ".join(commands.notes))
    if not settings.test.detect:
        raise CouldNotRun(NOTHING_TO_RUN)
    return True


def withheld_from(
    room: MachineRoom, folder: Path, choices: tuple[InterpreterChoice, ...], home: Path
) -> WithheldHere:
    shown = tuple(path for choice in choices for path in choice.mounts)
    return WithheldHere(room.tier, folder, shown, room.openings, room.variables, PASSED_ON, home)


def _is_trusted(folder: Path, context: EngineContext) -> bool:
    if context.trusted is not None:
        return context.trusted
    return context.state_dir is not None and TrustStore(context.state_dir).is_trusted(folder)


def _find_projects(
    snapshot: Snapshot, settings: Settings, room: MachineRoom, context: EngineContext
) -> tuple[tuple[Project, Interpreter], ...]:
    context.listener(StageStarted("environment", "Looking for the interpreter"))

    def read(path: str) -> str | None:
        file = snapshot.get(path)
        return file.text if file is not None else None

    try:
        projects = find_projects(
            snapshot.root,
            snapshot.files,
            configured=settings.interpreter,
            variables=context.variables,
            home=context.home,
            read=read,
        )
        book = context.interpreters or InterpreterBook()
        # What isolates the first Machine isolates all of this Run.
        found = tuple(
            (project, book.ask(project, snapshot, room, None if number else context.listener))
            for number, project in enumerate(projects)
        )
        for project, interpreter in found:
            if interpreter.pytest is None and not runs_without_pytest(
                project.directory, nested_directories(project, projects), snapshot
            ):
                raise CouldNotRun(pytest_missing_sentence(interpreter))
        return found
    except (NoInterpreter, BadInterpreter) as reason:
        raise CouldNotRun(str(reason)) from reason


def _announce(
    choices: tuple[InterpreterChoice, ...], snapshot: Snapshot, room: MachineRoom, context: EngineContext
) -> None:
    """Tell once what isolates a Run without interpreters to ask; all its Machines are of this kind."""
    for choice in choices[:1]:
        with room.open(snapshot, choice) as machine:
            context.listener(MachineOpened(machine.tier, machine.protections))
