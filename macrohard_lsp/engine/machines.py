"""Opens Machines for one workspace: which tier, what they show, and what of the environment commands get."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import InterpreterChoice
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.requests import CouldNotRun, TrustNeeded
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.probe import probe_tier
from macrohard_lsp.sandbox.spec import MachineSpec, MachineUnavailable, Openings
from macrohard_lsp.testing.warm import INSIDE

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
# The user's environment is not passed on; these names change how honest tests behave and hold no secrets.
PASSED_ON = frozenset({"LANG", "LC_ALL", "LC_CTYPE", "TZ", "SOURCE_DATE_EPOCH", "PYTHONHASHSEED"})


@dataclass(frozen=True, slots=True)
class MachineRoom:
    """Where this Run's Machines come from; the tier is settled once, so that all evidence is of one kind.

    `openings` are what the settings ask to let through.
    """

    tier: Tier
    variables: Mapping[str, str]
    cancel: Cancel
    openings: Openings

    def spec(self, snapshot: Snapshot, choice: InterpreterChoice) -> MachineSpec:
        return MachineSpec(
            workspace=snapshot.root,
            files=files_over(snapshot),
            read_only=(*choice.mounts, INSIDE),
            environment=machine_environment(choice.executable, self.variables),
            openings=self.openings,
        )

    def open(self, snapshot: Snapshot, choice: InterpreterChoice) -> Machine:
        """A fresh Machine holding `snapshot`. Raises MachineUnavailable."""
        try:
            return open_machine(self.spec(snapshot, choice), self.tier, self.cancel)
        except MachineUnavailable as reason:
            raise MachineUnavailable(gone(snapshot.root) or str(reason)) from reason


def files_over(snapshot: Snapshot) -> dict[str, bytes | None]:
    """What a Snapshot has otherwise than the disk; None is deleted."""
    files: dict[str, bytes | None] = {path: snapshot.files[path].encode() for path in snapshot.overlaid}
    return {**files, **dict.fromkeys(snapshot.deleted)}


def gone(folder: Path) -> str:
    """A sentence for a workspace that was there when it was read; empty while it still is."""
    if folder.is_dir():
        return ""
    return f"{folder} was deleted or moved while it was being worked on; run again once it is back."


def machine_environment(executable: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """What commands in a Machine get: an allow-list, and the interpreter's environment as if it were activated."""
    prefix = executable.parent.parent
    kept = {name: value for name, value in variables.items() if name in PASSED_ON}
    activated = {"VIRTUAL_ENV": str(prefix)} if (prefix / "pyvenv.cfg").is_file() else {}
    return {"LANG": "C.UTF-8", **kept, **activated, "PATH": f"{executable.parent}:{SYSTEM_PATH}"}


def choose_tier(asked: Tier | None, configured: Tier | None, trusted: bool, folder: Path) -> Tier:
    """The tier of this Run. Raises CouldNotRun when the folder may not be run at the tier there is.

    Before a folder is trusted nothing in it runs outside a `namespace` or `vm` Machine, except that
    `--tier process` allows it for one call.
    """
    if asked is not None:
        _require(asked)
        return asked
    if configured is not None:
        _require(configured)
        if configured is Tier.PROCESS and not trusted:
            raise TrustNeeded(_untrusted(folder, "The settings ask for the tier `process`"))
        return configured
    namespace = probe_tier(Tier.NAMESPACE)
    if namespace is not None and namespace.available:
        return Tier.NAMESPACE
    if trusted:
        return Tier.PROCESS
    reason = namespace.reason if namespace is not None else "this version has none"
    raise TrustNeeded(_untrusted(folder, f"The tier `namespace` is not available: {reason}"))


def _require(tier: Tier) -> None:
    report = probe_tier(tier)
    if report is None:
        raise CouldNotRun(f"The tier `{tier.value}` is not part of this version; use `namespace`.")
    if not report.available:
        raise CouldNotRun(f"The tier `{tier.value}` is not available: {report.reason}")


def _untrusted(folder: Path, why: str) -> str:
    return (
        f"{why}, and {folder} is not trusted. To run its tests without a sandbox this once: "
        f"--tier process. To trust the folder from now on: macrohard-lsp trust {folder}"
    )
