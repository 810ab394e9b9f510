"""Opening Machines."""

import os
import platform
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import process_view, view
from macrohard_lsp.sandbox.control import Control, RequestFailed
from macrohard_lsp.sandbox.launcher.protocol import Message
from macrohard_lsp.sandbox.machine import SECCOMP_FD, STATUS_FD, Machine, Opened
from macrohard_lsp.sandbox.seccomp import filter_bytes
from macrohard_lsp.sandbox.spec import Limits, MachineLost, MachineSpec, MachineUnavailable, Openings
from macrohard_lsp.sandbox.zygote import LaunchFailed

SKIPPED_IN_COPIES = (
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    "env",
    "node_modules",
    "__pycache__",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
)
"""Directories that the process tier's copy leaves out: large, and not needed or found where they are."""
INSTALL_BWRAP = "install it (apt install bubblewrap, dnf install bubblewrap)"
ALLOW_NAMESPACES = (
    "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "user.max_user_namespaces above 0, and on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0 "
    "or an AppArmor profile for bwrap)"
)
MEBIBYTE = 2**20
NAMESPACED_PROCESS_LIMIT = (5, 14)
HARD_TASKS_PER_PROCESS = 16
"""Twice what the watcher allows, so that a command over the limit is killed with a reason where possible."""
CHECK_SECONDS = 20.0
_working_bwraps: set[str] = set()
_kept_root: dict[str, str] = {}
"""Where an ordinary user can't use a bwrap that root can use, and why."""


def open_machine(spec: MachineSpec, tier: Tier, cancel: Cancel | None = None) -> Machine:
    """Open a Machine of exactly this tier.

    Raises MachineUnavailable, Cancelled, and what `Machine.write_files` raises for `spec.files`.
    """
    if cancel is not None:
        cancel.check()
    refusal = view.refuse_workspace(spec.workspace)
    if refusal:
        raise MachineUnavailable(refusal)
    if tier is Tier.VM:
        raise MachineUnavailable(
            "Machines of the tier vm don't exist yet: use --tier namespace or --tier process"
        )
    bwrap = shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin") or ""
    if tier is Tier.NAMESPACE and not bwrap:
        raise MachineUnavailable(f"the tier namespace needs the program bwrap: {INSTALL_BWRAP}")
    while True:
        machine = _open(spec, tier, bwrap, cancel)
        problem = _check_once(machine, bwrap) if tier is Tier.NAMESPACE else ""
        if not problem:
            return machine
        machine.close()
        if bwrap in _kept_root or os.geteuid() != 0:
            raise MachineUnavailable(f"the tier namespace can't be used here: {problem}; {ALLOW_NAMESPACES}")
        # What an ordinary user may not do here, root may still be able to.
        _kept_root[bwrap] = problem


def _open(spec: MachineSpec, tier: Tier, bwrap: str, cancel: Cancel | None) -> Machine:
    try:
        control = Control(_recipe(spec, bwrap) if tier is Tier.NAMESPACE else {})
    except LaunchFailed as error:
        raise MachineUnavailable(str(error)) from error
    take_back = cancel.on_cancel(control.kill) if cancel is not None else None
    try:
        opened = (
            _open_namespace(control, spec, bwrap) if tier is Tier.NAMESPACE else _open_process(control, spec)
        )
        machine = Machine(control, opened)
        if spec.files:
            machine.write_files(spec.files)
    except BaseException as error:
        control.close()
        if cancel is not None:
            cancel.check()
        if isinstance(error, MachineLost):
            raise MachineUnavailable(str(error)) from error
        raise
    finally:
        if take_back is not None:
            take_back()
    return machine


def _check_once(machine: Machine, bwrap: str) -> str:
    """Run a command in the first Machine: only then does it show what bwrap is not allowed to do. Says what."""
    if bwrap in _working_bwraps:
        return ""
    try:
        result = machine.run(["true"], seconds=CHECK_SECONDS)
    except BaseException:
        machine.close()
        raise
    if result.exit_code == 0:
        _working_bwraps.add(bwrap)
        return ""
    return result.stderr.decode(errors="replace").strip().rpartition("\n")[2] or "`true` did not end well"


def _numbers(limits: Limits) -> Message:
    return {
        "writable_bytes": limits.writable_bytes,
        "memory_bytes": limits.memory_bytes,
        "processes": limits.processes,
    }


def _recipe(spec: MachineSpec, bwrap: str) -> Message:
    """What a Machine of the tier namespace has that doesn't depend on its folder."""
    network = spec.openings.network
    return {
        "tmp_bytes": view.TMP_BYTES,
        "etc": view.etc_files(network),
        "etc_shown": view.etc_shown(network),
        "drop": bwrap not in _kept_root,
        **_numbers(spec.limits),
    }


def _environment(given: Mapping[str, str], home: str, extra: Mapping[str, str]) -> dict[str, str]:
    defaults = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", **extra}
    return {**defaults, **given}


def _rlimits(limits: Limits) -> dict[str, int]:
    return {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": limits.open_files}


def _process_rlimit(limits: Limits, own_user: bool) -> dict[str, int]:
    """A hard bound on processes and threads, where the kernel counts those of one Machine alone.

    It does for a user that is nobody else's, and on newer kernels for each user namespace. Older ones count
    everything the user runs, and for root the limit doesn't hold.
    """
    release = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
    if not own_user and (os.geteuid() == 0 or release < NAMESPACED_PROCESS_LIMIT):
        return {}
    return {"RLIMIT_NPROC": limits.processes * HARD_TASKS_PER_PROCESS}


def _watcher(limits: Limits) -> str:
    memory = limits.memory_bytes // MEBIBYTE
    return f"watched every 100 ms: {memory} MiB of memory, {limits.processes} processes"


def _kernel_limits(answer: Message, limits: Limits) -> str:
    if not answer["groups"]:
        return f"not: limits of the kernel's on memory and processes ({answer['no_groups']})"
    tasks, memory = answer["tasks"], limits.memory_bytes // MEBIBYTE
    version = answer["groups"]
    return f"control groups (version {version}): {memory} MiB of memory with files in it, {tasks} threads"


def _open_namespace(control: Control, spec: MachineSpec, bwrap: str) -> Opened:
    seccomp, openings = filter_bytes(), spec.openings
    further = view.further(spec.workspace, (*spec.read_only, *openings.read), openings.write)
    shown = _to_show(further, openings)
    request = {
        "do": "namespace",
        "workspace": str(spec.workspace),
        "shown": shown,
    }
    try:
        answer, _ = control.request(request, seccomp)
    except RequestFailed as failure:
        raise MachineUnavailable(_why_no_namespace(failure, spec)) from failure
    places = _places(answer, further)
    number = SECCOMP_FD if seccomp else None
    options = view.fixed_options(spec.workspace, answer["base"], places, number, openings)
    return Opened(
        Tier.NAMESPACE,
        spec.workspace,
        spec.workspace,
        _isolation(spec, answer, bool(seccomp), (*_bare(answer, shown), *_of_root(answer, bwrap))),
        _environment({**spec.environment, **openings.environment}, "/tmp/home", {}),
        {**_rlimits(spec.limits), **_process_rlimit(spec.limits, answer["user"] is not None)},
        bwrap,
        ("--json-status-fd", str(STATUS_FD), *options),
        ports=() if openings.network else openings.ports,
        renewable=not answer["copied"],
    )


def _to_show(further: list[view.Bind], openings: Openings) -> list[Message]:
    """Further paths as the launcher is told of them: what was asked for by name is shown with the sockets in it."""
    asked = {*openings.read, *openings.write}
    return [
        {"path": str(each.path), "writable": each.option == view.WRITABLE, "veiled": each.path not in asked}
        for each in further
    ]


def _isolation(
    spec: MachineSpec, answer: Message, filtered: bool, further: tuple[str, ...]
) -> tuple[str, ...]:
    """What isolates a Machine of the tier namespace, and what doesn't."""
    network = spec.openings.network
    return (
        f"own process, mount, {'' if network else 'network, '}IPC and host name namespaces",
        *(() if network else ("no network but its own loopback",)),
        "read-only system, nothing of the home directory",
        _layer(answer["copied"], spec.limits),
        "system call filter" if filtered else "not: system call filter (unknown processor architecture)",
        _kernel_limits(answer, spec.limits),
        _watcher(spec.limits),
        f"own /tmp ({view.TMP_BYTES // MEBIBYTE} MiB) and /dev/shm ({view.SHM_BYTES // MEBIBYTE} MiB)",
        "an environment of named variables only",
        *further,
        *spec.openings.protections,
    )


def _places(answer: Message, further: list[view.Bind]) -> list[view.Bind]:
    """Where each further path is bound from: what the launcher laid out for it, or itself."""
    base = Path(answer["base"])
    placed = zip(further, answer["shown"], strict=True)
    return [view.Bind(bind.option, str(base / place), bind.path) for bind, (place, _) in placed]


def _bare(answer: Message, shown: list[Message]) -> Iterator[str]:
    """What is to be said of those directories that no layer lies over, though one should."""
    for wanted, (_, veiled) in zip(shown, answer["shown"], strict=True):
        if wanted["veiled"] and not veiled and Path(wanted["path"]).is_dir():
            yield f"not: Unix sockets and pipes with names in {wanted['path']}"


def _of_root(answer: Message, bwrap: str) -> tuple[str, ...]:
    """What is to be said of Machines that root opens."""
    if os.geteuid() != 0:
        return ()
    if answer["user"] is not None:
        return ("run by an unprivileged user of its own, though started by root (id-mapped mounts)",)
    reason = _kept_root.get(bwrap) or answer["no_user"]
    return (f"not: a user other than root outside ({reason}); /proc/sys is read-only",)


def _layer(copied: str, limits: Limits) -> str:
    size = f"at most {limits.writable_bytes // MEBIBYTE} MiB"
    if copied:
        return f"a private copy of the workspace, {size}, because {copied}"
    return f"copy-on-write workspace, {size}"


def _why_no_namespace(failure: RequestFailed, spec: MachineSpec) -> str:
    if failure.answer["error"] == "copy-too-large":
        return _too_large(spec)
    reason = f"the tier namespace can't be used here: {failure}"
    return f"{reason}; {ALLOW_NAMESPACES}"


def _too_large(spec: MachineSpec) -> str:
    size = spec.limits.writable_bytes // MEBIBYTE
    return (
        f"the workspace is too large to copy: it holds more than {size} MiB; "
        "open a smaller folder, or raise the limit"
    )


def _open_process(control: Control, spec: MachineSpec) -> Opened:
    given = {**spec.environment, **spec.openings.environment}
    temporary = Path(tempfile.gettempdir()).resolve() / f"macrohard-{uuid.uuid4().hex}"
    request = {
        "do": "process",
        "workspace": str(spec.workspace),
        "temporary": str(temporary),
        "skip": SKIPPED_IN_COPIES,
        "rules": process_view.rules(temporary, (*spec.read_only, *spec.openings.read), spec.openings.write),
        "most_abi": process_view.MOST_ABI,
        **_numbers(spec.limits),
    }
    try:
        answer, _ = control.request(request, filter_bytes())
    except RequestFailed as failure:
        if failure.answer["error"] == "copy-too-large":
            raise MachineUnavailable(_too_large(spec)) from failure
        raise MachineUnavailable(
            f"the workspace can't be copied to {temporary.parent}: {failure}"
        ) from failure
    protections = (
        *process_view.protections(answer["landlock"], answer["filtered"], spec.limits, _watcher(spec.limits)),
        *spec.openings.protections,
    )
    return Opened(
        Tier.PROCESS,
        Path(answer["workspace"]),
        spec.workspace,
        protections,
        _environment(given, str(temporary / "home"), {"TMPDIR": str(temporary / "tmp")}),
        {**_rlimits(spec.limits), "RLIMIT_FSIZE": spec.limits.writable_bytes},
        "",
        None,
        temporary,
    )
