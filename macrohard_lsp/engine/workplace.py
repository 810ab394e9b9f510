"""Everything that is settled before a test can run: folder, settings, trust, tier, Snapshot, interpreters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.core.events import MachineOpened, RunEvent, StageStarted
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.machines import PASSED_ON, MachineRoom, choose_tier
from macrohard_lsp.engine.openings import openings_of
from macrohard_lsp.engine.requests import CouldNotRun, FixRequest, TestRequest
from macrohard_lsp.engine.withheld import WithheldHere
from macrohard_lsp.environment.errors import BadInterpreter, NoInterpreter
from macrohard_lsp.environment.probe import PROBE, parse_probe, pytest_missing_sentence
from macrohard_lsp.environment.projects import find_projects
from macrohard_lsp.settings.load import SettingsError, load_settings
from macrohard_lsp.settings.model import Settings
from macrohard_lsp.settings.trust import TrustStore
from macrohard_lsp.testing.needs import need_of
from macrohard_lsp.workspace.folder import WorkspaceRefused
from macrohard_lsp.workspace.read import read_snapshot

PROBE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Workplace:
    """`projects` are in path order. `notes` are sentences for a person about what was left out or done differently."""

    snapshot: Snapshot
    settings: Settings
    room: MachineRoom
    projects: tuple[tuple[Project, Interpreter], ...]
    notes: tuple[str, ...]
    withheld: WithheldHere

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
    notes = [*loaded.notes, *snapshot.notes]
    if settled is Tier.PROCESS:
        notes.append(
            "The tier is `process`: the tests reach the network and the services on this computer; "
            "`macrohard-lsp doctor` says what else it keeps them from here, and what not."
        )
    openings, refused = openings_of(settings.sandbox, snapshot.root, context.variables, context.home)
    notes.extend(refused)
    room = MachineRoom(settled, context.variables, context.cancel, openings)
    projects = _find_projects(snapshot, settings, room, context)
    withheld = withheld_from(room, snapshot.root, projects, context.home)
    workplace = Workplace(snapshot, settings, room, projects, tuple(notes), withheld)
    if context.on_workplace is not None:
        context.on_workplace(workplace)
    return workplace


def withheld_from(
    room: MachineRoom, folder: Path, projects: tuple[tuple[Project, Interpreter], ...], home: Path
) -> WithheldHere:
    shown = tuple(path for project, _ in projects for path in project.choice.mounts)
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
        return tuple(
            (project, _probe(project, snapshot, room, None if number else context.listener))
            for number, project in enumerate(projects)
        )
    except (NoInterpreter, BadInterpreter) as reason:
        raise CouldNotRun(str(reason)) from reason


def _probe(
    project: Project, snapshot: Snapshot, room: MachineRoom, listener: Callable[[RunEvent], None] | None
) -> Interpreter:
    """Ask the interpreter what it is, inside a Machine: it may lie in a folder that nobody trusts yet.

    The listener, where one is given, is told what isolates this Machine, as it does all of the Run's.
    """
    choice = project.choice
    with room.open(snapshot, choice) as machine:
        if listener is not None:
            listener(MachineOpened(machine.tier, machine.protections))
        answer = machine.run((str(choice.executable), "-c", PROBE), seconds=PROBE_SECONDS, cancel=room.cancel)
    if answer.exit_code != 0:
        words = answer.stderr.decode("utf-8", "replace").strip()[-300:]
        raise CouldNotRun(
            f"{choice.executable} ({choice.origin}) could not be started in a Machine: {words or 'it ended silently'}. "
            "Name another interpreter as `interpreter` in [tool.macrohard]."
        )
    interpreter = parse_probe(choice, answer.stdout)
    if interpreter.pytest is None:
        raise CouldNotRun(pytest_missing_sentence(interpreter))
    return interpreter
