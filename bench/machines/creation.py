"""A Machine that runs `true`, beside the same namespaces, mounts and bwrap options without anything of ours."""

import ctypes
import os
import resource
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.server.figures import percentile
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import view
from macrohard_lsp.sandbox.control import processor_seconds_of_closed
from macrohard_lsp.sandbox.launcher.trees import children
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.seccomp import filter_bytes
from macrohard_lsp.sandbox.spec import MachineSpec, Openings

FOLDERS, FILES_EACH = 100, 50
ROUNDS = 100
SETTLE_SECONDS = 0.02
"""Between two measurements: what the kernel still clears away after the one must not slow down the other."""
COMMAND_SECONDS = 60.0
SECCOMP_FD = 9
CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x00020000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
LAYER_BYTES = b"size=1073741824,mode=0755"

_libc = ctypes.CDLL(None, use_errno=True)


class CreationFailedError(Exception):
    """What was to be measured did not work; the message says what."""


@dataclass(frozen=True, slots=True)
class Series:
    """Seconds of the clock and of the processor, one each for every round."""

    name: str
    seconds: tuple[float, ...]
    processor: tuple[float, ...]

    @property
    def median(self) -> float:
        return percentile(self.seconds, 0.5)

    @property
    def median_processor(self) -> float:
        return percentile(self.processor, 0.5)


def measure(folder: Path, rounds: int) -> tuple[Series, Series]:
    """In turn, after one round of each that doesn't count. Bare first, then ours. Raises CreationFailedError."""
    make_repository(folder)
    kinds: tuple[tuple[str, Callable[[Path], None]], ...] = (("bare", bare), ("Machine", machine))
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name, _ in kinds}
    for number in range(rounds + 1):
        for name, kind in kinds:
            before = _zygote_seconds()
            seconds, processor = _timed(kind, folder)
            time.sleep(SETTLE_SECONDS)
            if number:
                taken[name].append((seconds, processor + _zygote_seconds() - before))
    first, second = (Series(name, *zip(*taken[name], strict=True)) for name, _ in kinds)
    return first, second


def make_repository(folder: Path) -> None:
    """Write `FOLDERS` times `FILES_EACH` small modules; what was at `folder` is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(FOLDERS):
        package = folder / f"package{number:03}"
        package.mkdir(parents=True)
        for module in range(FILES_EACH):
            (package / f"module{module:02}.py").write_text("NUMBER = 1\n" * 100)


def machine(folder: Path) -> None:
    with open_machine(MachineSpec(folder, {}, (), {}), Tier.NAMESPACE) as opened:
        ended = opened.run(["true"], seconds=COMMAND_SECONDS)
    if ended.exit_code != 0:
        raise CreationFailedError(f"`true` failed in a Machine: {ended.stderr.decode(errors='replace')}")


def bare(folder: Path) -> None:
    """Fork, unshare, mount, exec bwrap with the options that a Machine gives it, wait."""
    pid = os.fork()
    if pid == 0:
        try:
            _become_bwrap(folder)
        finally:
            os._exit(99)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != 0:
        raise CreationFailedError(f"the bare overlay and bwrap ended with {status}")


def _become_bwrap(folder: Path) -> None:
    user, group = os.geteuid(), os.getegid()
    _must(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNS))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text)
    _must(_libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    lower = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    _must(_libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", MS_NOSUID | MS_NODEV, LAYER_BYTES))
    os.chdir(folder)
    for name in ("upper", "work", "merged", "tmp", "etc"):
        os.mkdir(name)  # noqa: PTH102 - nothing slower than what it is compared to.
    layers = f"lowerdir=/proc/self/fd/{lower},upperdir=upper,workdir=work,userxattr".encode()
    _must(_libc.mount(b"overlay", b"merged", b"overlay", MS_NOSUID | MS_NODEV, layers))
    _fill_etc()
    memory = os.memfd_create("filter")
    os.write(memory, filter_bytes())
    os.lseek(memory, 0, os.SEEK_SET)
    os.dup2(memory, SECCOMP_FD)
    options = view.fixed_options(folder, str(folder), [], SECCOMP_FD if filter_bytes() else None, Openings())
    os.execvpe("bwrap", ["bwrap", *options, "--chdir", str(folder), "--", "true"], view.MINIMAL_ENVIRONMENT)


def _fill_etc() -> None:
    for name, text in view.etc_files().items():
        Path("etc", name).write_text(text)
    for name in view.ETC_SHOWN:
        source, target = Path("/etc", name), Path("etc", name)
        if source.is_dir():
            target.mkdir(parents=True)
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        else:
            continue
        _must(_libc.mount(os.fsencode(source), os.fsencode(target), None, MS_BIND | MS_REC, None))


def _must(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _timed(kind: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    processor, started = _processor_seconds(), time.perf_counter()
    kind(folder)
    return time.perf_counter() - started, _processor_seconds() - processor


def _zygote_seconds() -> float:
    """What our living children have used: that is the process which forks launchers, also ahead of the next round."""
    used = (Path(f"/proc/{pid}/schedstat").read_text().split()[0] for pid in children(os.getpid()))
    return sum(map(int, used)) / 1e9


def _processor_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return processor_seconds_of_closed() + sum(usage.ru_utime + usage.ru_stime for usage in usages)
