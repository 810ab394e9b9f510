"""What `doctor` finds out, part by part; a part that fails says why and doesn't stop the others."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macrohard_lsp.cli.state import state_dir_or_note
from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.commands import find_commands
from macrohard_lsp.engine.layout import runs_without_pytest
from macrohard_lsp.engine.machines import machine_environment
from macrohard_lsp.environment.errors import BadInterpreter, NoInterpreter
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.environment.probe import PROBE, parse_probe, pytest_missing_sentence
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.probe import TierReport, probe_tiers
from macrohard_lsp.sandbox.spec import MachineLost, MachineSpec, MachineUnavailable
from macrohard_lsp.settings.errors import SettingsError, StateUnavailable
from macrohard_lsp.settings.load import load_settings
from macrohard_lsp.settings.trust import TrustStore
from macrohard_lsp.workspace.folder import WorkspaceRefused, check_folder
from macrohard_lsp.workspace.read import read_snapshot

PROBE_SECONDS = 20.0
GIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`interpreter_words` says what it answered, or why it wasn't asked or none was found.

    `trusted_by` is the folder that makes this one trusted. `settings` maps dotted names to (value, source).
    `problems` are sentences about what stands in the way of `test` and `fix`. `commands` names what runs tests beside
    pytest and unittest.
    """

    folder: Path
    tiers: tuple[TierReport, ...]
    state_dir: Path | None
    git: str | None
    choice: InterpreterChoice | None
    interpreter: Interpreter | None
    interpreter_words: str
    trusted_by: Path | None
    settings: Mapping[str, tuple[Any, str]]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    commands: tuple[str, ...] = ()


def diagnose(folder: Path, asked: Tier | None) -> Diagnosis:
    """Look at this computer and at `folder`. Starts nothing of the folder's outside a Machine."""
    state, problems = state_dir_or_note()
    trusted_by, more = _trust(folder, state)
    settings, configured, notes, wrong = _settings(folder, trusted_by is not None)
    commands, plain = _tests(folder, trusted_by is not None)
    problems = (*problems, *more, *wrong, *_refusal(folder))
    tiers = probe_tiers()
    if not any(report.available for report in tiers):
        problems = (*problems, *(report.reason for report in tiers))
    choice, why = _choice(folder, configured)
    tier = _tier_for_probe(tiers, asked, trusted_by is not None)
    interpreter = None
    if choice is not None and tier is not None and not _refusal(folder):
        interpreter, why = _ask(folder, choice, tier)
    elif choice is not None:
        why = "not started: that needs a sandbox, or `--tier process`"
    # Where commands run a folder's tests, or unittest does, nothing stands in the way of those.
    if not commands and (choice is None or (interpreter is None and tier is not None)):
        problems = (*problems, why)
    elif not commands and not plain and interpreter is not None and interpreter.pytest is None:
        problems = (*problems, pytest_missing_sentence(interpreter))
    return Diagnosis(
        folder,
        tiers,
        state,
        _git(),
        choice,
        interpreter,
        why,
        trusted_by,
        settings,
        notes,
        problems,
        commands,
    )


def _tests(folder: Path, trusted: bool) -> tuple[tuple[str, ...], bool]:
    """The names of the commands that run tests here, and whether Python's tests are plain unittest."""
    try:
        loaded = load_settings(folder, trusted=trusted, overrides={}, variables=os.environ, home=Path.home())
        snapshot = read_snapshot(folder, exclude=loaded.settings.exclude)
    except (SettingsError, WorkspaceRefused):
        return (), False
    source = loaded.sources["test.commands"]
    commands = find_commands(snapshot, loaded.settings, source, os.environ, Path.home())
    return tuple(suite.command.name for suite in commands.suites), runs_without_pytest("", (), snapshot)


def _trust(folder: Path, state: Path | None) -> tuple[Path | None, tuple[str, ...]]:
    if state is None:
        return None, ()
    try:
        return TrustStore(state, Path.home()).trusted_by(folder), ()
    except StateUnavailable as error:
        return None, (str(error),)


def _settings(
    folder: Path, trusted: bool
) -> tuple[dict[str, tuple[Any, str]], str | None, tuple[str, ...], tuple[str, ...]]:
    """The settings in force with their sources, the interpreter they name, notes, and what is wrong."""
    try:
        loaded = load_settings(folder, trusted=trusted, overrides={}, variables=os.environ, home=Path.home())
    except SettingsError as error:
        return {}, None, (), (str(error),)
    tables = loaded.settings.model_dump(mode="json")
    values = {name: (_at(tables, name), source) for name, source in loaded.sources.items()}
    return values, loaded.settings.interpreter, loaded.notes, ()


def _at(tables: Mapping[str, Any], dotted: str) -> Any:
    value: Any = tables
    for key in dotted.split("."):
        value = value[key]
    return value


def _refusal(folder: Path) -> tuple[str, ...]:
    try:
        check_folder(folder)
    except WorkspaceRefused as refused:
        return (str(refused),)
    return ()


def _choice(folder: Path, configured: str | None) -> tuple[InterpreterChoice | None, str]:
    try:
        choice = find_interpreter(folder, "", configured=configured, variables=os.environ, home=Path.home())
    except NoInterpreter as error:
        return None, str(error)
    return choice, ""


def _tier_for_probe(tiers: tuple[TierReport, ...], asked: Tier | None, trusted: bool) -> Tier | None:
    """The tier in which the folder's interpreter may be started; None where it may not."""
    if asked is not None:
        return asked
    usable = [report.tier for report in tiers if report.available]
    allowed = [tier for tier in usable if tier is not Tier.PROCESS or trusted]
    return allowed[0] if allowed else None


def _ask(folder: Path, choice: InterpreterChoice, tier: Tier) -> tuple[Interpreter | None, str]:
    """What the interpreter answers inside a Machine, and that in words."""
    environment = machine_environment(choice.executable, os.environ)
    spec = MachineSpec(folder, {}, choice.mounts, environment)
    try:
        with open_machine(spec, tier) as machine:
            result = machine.run((str(choice.executable), "-c", PROBE), seconds=PROBE_SECONDS)
        if result.exit_code != 0:
            said = result.stderr.decode("utf-8", "replace").strip()[-300:] or "it ended silently"
            return None, f"{choice.executable} could not be started in a Machine: {said}"
        interpreter = parse_probe(choice, result.stdout)
    except (MachineUnavailable, MachineLost, BadInterpreter, OSError) as error:
        return None, str(error)
    pytest = f"pytest {interpreter.pytest}" if interpreter.pytest else "no pytest"
    plugins = f", plugins: {', '.join(sorted(interpreter.plugins))}" if interpreter.plugins else ""
    words = f"{interpreter.implementation} {interpreter.version_text}, {pytest}{plugins}"
    return interpreter, f"{words} (asked in a Machine, tier: {tier.value})"


def _git() -> str | None:
    """git's version; None where there is none."""
    try:
        done = subprocess.run(
            ["git", "--version"], capture_output=True, timeout=GIT_SECONDS, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().removeprefix("git version ")
