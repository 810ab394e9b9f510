"""Keeps one pytest of a folder started ahead, so that a save is answered without the time that starting takes."""

import contextlib
import threading
from dataclasses import dataclass, replace

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testcommand import Framework
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.machines import files_over
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.environment.installed import Installed, installed_in
from macrohard_lsp.sandbox.spec import MachineLost, MachineSpec, MachineUnavailable
from macrohard_lsp.testing.ahead import Ahead
from macrohard_lsp.testing.footprints.configuration import configurations, pytest_part

IDLE_SECONDS = 600.0
"""How long one waits that nobody has a use for."""
MOST_DOUBTS = 2
"""A test that fails now and then can look as if it were for how it was started; hardly twice."""


@dataclass(frozen=True, slots=True)
class _Conditions:
    """What has to be the same when it is used as when it was started; the user's own files are not among it."""

    tier: Tier
    spec: MachineSpec
    project: Project
    interpreter: Interpreter
    installed: Installed
    arguments: tuple[str, ...]
    configuration: tuple[str | None, ...]


class Standby:
    """One folder's. Safe from any thread; taken and prepared by the one of the folder's work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead: Ahead | None = None
        self._conditions: _Conditions | None = None
        self._workplace: Workplace | None = None
        self._directory = ""
        self._timer: threading.Timer | None = None
        self._closed = self._asleep = False
        self._doubts = 0

    @property
    def waits(self) -> bool:
        ahead = self._ahead
        return ahead is not None and ahead.alive

    def prepare(self, workplace: Workplace) -> None:
        """Have one started for what was run last. Where none can be, tests are run as if there were no such thing."""
        with self._lock:
            self._workplace = workplace
            self._start(workplace)

    def wake(self) -> None:
        """Somebody is at work again: start what was given up meanwhile."""
        if self._asleep:
            self._asleep = False
            threading.Thread(target=self._start_again, name="standby", daemon=True).start()

    def take(
        self, workplace: Workplace, project: Project, interpreter: Interpreter, cancel: Cancel
    ) -> Ahead | None:
        """The one that waits, with the workspace laid in as it is now; the caller closes it. None where there is none.

        Raises Cancelled.
        """
        with self._lock:
            self._directory = project.directory
            ahead, conditions = self._ahead, self._conditions
            self._ahead = self._conditions = None
        if ahead is None:
            return None
        usable = False
        try:
            usable = (
                conditions == _conditions_of(workplace, project, interpreter)
                and ahead.ready(cancel)
                and _renewed(ahead, workplace.snapshot)
            )
        finally:
            if not usable:
                ahead.close()
        return ahead if usable else None

    def doubt(self) -> bool:
        """A run ended otherwise than fresh ones did; said twice, none is started any more. True once that is so."""
        self._doubts += 1
        if self._doubts >= MOST_DOUBTS:
            self.close()
        return self._doubts >= MOST_DOUBTS

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._drop()

    def _start(self, workplace: Workplace) -> None:
        if self._closed or not workplace.projects or workplace.tier is not Tier.NAMESPACE:
            return
        found = [each for each in workplace.projects if each[0].directory == self._directory]
        project, interpreter = (found or list(workplace.projects))[0]
        if interpreter.framework is not Framework.PYTEST:
            return
        conditions = _conditions_of(workplace, project, interpreter)
        if self._ahead is None or not self._ahead.alive or self._conditions != conditions:
            self._drop()
            with contextlib.suppress(MachineUnavailable, MachineLost, OSError):
                self._open(workplace, project, interpreter)
                self._conditions = conditions
        self._wait()

    def _open(self, workplace: Workplace, project: Project, interpreter: Interpreter) -> None:
        room = replace(workplace.room, cancel=Cancel())
        machine = room.open(workplace.snapshot, interpreter.choice)
        try:
            if machine.renewable:
                self._ahead = Ahead(machine, interpreter, project, workplace.pytest_arguments(project))
            else:
                # The folder had to be copied, and will have to be each time.
                self._closed = True
        finally:
            if self._ahead is None:
                machine.close()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(IDLE_SECONDS, self._let_go)
        self._timer.daemon = True
        self._timer.start()

    def _start_again(self) -> None:
        with self._lock:
            if self._workplace is not None:
                self._start(self._workplace)

    def _let_go(self) -> None:
        with self._lock:
            self._asleep = self._ahead is not None
            self._drop()

    def _drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        ahead, self._ahead, self._conditions = self._ahead, None, None
        if ahead is not None:
            ahead.close()


def _conditions_of(workplace: Workplace, project: Project, interpreter: Interpreter) -> _Conditions:
    snapshot = workplace.snapshot
    files = ((path, snapshot.get(path)) for path in configurations(project.directory))
    return _Conditions(
        workplace.tier,
        replace(workplace.room.spec(snapshot, interpreter.choice), files={}),
        project,
        interpreter,
        installed_in(interpreter),
        workplace.pytest_arguments(project),
        tuple(
            None if file is None else pytest_part(path, file.text) if file.text is not None else file.digest
            for path, file in files
        ),
    )


def _renewed(ahead: Ahead, snapshot: Snapshot) -> bool:
    try:
        ahead.machine.renew(files_over(snapshot))
    except (MachineLost, OSError):
        return False
    return True
