"""Asks interpreters what they are, inside a Machine, and remembers the answers as long as nothing is installed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from macrohard_lsp.core.events import MachineOpened, RunEvent
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.machines import MachineRoom
from macrohard_lsp.engine.requests import CouldNotRun
from macrohard_lsp.environment.installed import Installed, installed_in
from macrohard_lsp.environment.probe import PROBE, parse_probe
from macrohard_lsp.sandbox.spec import MachineSpec

PROBE_SECONDS = 30.0
MOST_KNOWN = 100

Listener = Callable[[RunEvent], None]


@dataclass(frozen=True, slots=True)
class _Known:
    """An answer, what was installed then, and the Machine in which it was given."""

    interpreter: Interpreter
    installed: Installed
    tier: Tier
    spec: MachineSpec
    protections: tuple[str, ...]


class InterpreterBook:
    """One a process. Each folder's work is done by one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}

    def ask(
        self, project: Project, snapshot: Snapshot, room: MachineRoom, listener: Listener | None
    ) -> Interpreter:
        """What the interpreter is: it may lie in a folder that nobody trusts yet, so that it answers in a Machine.

        The listener, where one is given, is told what isolates such Machines. Raises CouldNotRun,
        BadInterpreter, MachineUnavailable and Cancelled.
        """
        spec = replace(room.spec(snapshot, project.choice), files={})
        key = (str(snapshot.root), project.directory)
        known = self._known.get(key)
        current = known is not None and (
            (known.interpreter.choice, known.tier, known.spec) == (project.choice, room.tier, spec)
            and known.installed == installed_in(known.interpreter)
        )
        if known is None or not current:
            interpreter, protections = _ask(project, snapshot, room)
            known = _Known(interpreter, installed_in(interpreter), room.tier, spec, protections)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = known
        if listener is not None:
            listener(MachineOpened(known.tier, known.protections))
        return known.interpreter


def _ask(project: Project, snapshot: Snapshot, room: MachineRoom) -> tuple[Interpreter, tuple[str, ...]]:
    choice = project.choice
    with room.open(snapshot, choice) as machine:
        answer = machine.run((str(choice.executable), "-c", PROBE), seconds=PROBE_SECONDS, cancel=room.cancel)
        protections = machine.protections
    if answer.exit_code != 0:
        words = answer.stderr.decode("utf-8", "replace").strip()[-300:]
        raise CouldNotRun(
            f"{choice.executable} ({choice.origin}) could not be started in a Machine: {words or 'it ended silently'}. "
            "Name another interpreter as `interpreter` in [tool.macrohard]."
        )
    return parse_probe(choice, answer.stdout), protections
