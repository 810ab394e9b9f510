"""A library's whole test suite: `python -m pytest` as it is, beside the same in a Machine."""

import os
import time
from pathlib import Path

from bench.machines.creation import CreationFailedError, Series
from bench.real.bugs import ONE_EXPRESSION, Bug, load_bugs
from bench.real.prepare import fresh_copy, prepare
from bench.real.suite import clean_environment, run_in
from macrohard_lsp.core.interpreter import InterpreterChoice
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.machines import machine_environment
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec

LIBRARY = "more-itertools"
ROUNDS = 5
SUITE_SECONDS = 300.0


def library() -> Bug:
    return next(bug for bug in load_bugs() if (bug.list, bug.name) == (ONE_EXPRESSION, LIBRARY))


def measure(rounds: int) -> tuple[Series, Series]:
    """In turn, after a plain run that writes the bytecode both then find. Plain first, then ours.

    Raises CreationFailedError where the suite doesn't pass, and CannotPrepareError.
    """
    bug = library()
    place = prepare(bug)
    folder = fresh_copy(bug, place, buggy=False).resolve()
    found = find_interpreter(folder, "", configured=str(place.python), variables=os.environ, home=Path.home())
    command = [str(place.python), "-m", "pytest", "-q"]
    environment = clean_environment()
    environment.pop("PYTHONDONTWRITEBYTECODE")
    _plain(folder, command, environment)
    plain: list[float] = []
    inside: list[tuple[float, float]] = []
    for _ in range(rounds):
        plain.append(_plain(folder, command, environment))
        inside.append(_inside(folder, command, found))
    seconds, processor = zip(*inside, strict=True)
    return Series("plain", tuple(plain), ()), Series("Machine", seconds, processor)


def _plain(folder: Path, command: list[str], environment: dict[str, str]) -> float:
    code, seconds, output = run_in(folder, command, environment, SUITE_SECONDS)
    if code != 0:
        raise CreationFailedError(f"the suite of {LIBRARY} failed: {output[-300:]}")
    return seconds


def _inside(folder: Path, command: list[str], found: InterpreterChoice) -> tuple[float, float]:
    """Opening and closing included."""
    spec = MachineSpec(folder, {}, found.mounts, machine_environment(found.executable, os.environ))
    started = time.monotonic()
    with open_machine(spec, Tier.NAMESPACE) as machine:
        ended = machine.run(command, seconds=SUITE_SECONDS)
    if ended.exit_code != 0:
        words = (ended.stdout + ended.stderr).decode(errors="replace")[-300:]
        raise CreationFailedError(f"the suite of {LIBRARY} failed in a Machine: {words}")
    return time.monotonic() - started, ended.cpu_seconds
