"""What a command of the process tier may reach: the rules for Landlock, and in words what holds and what doesn't."""

from collections.abc import Sequence
from pathlib import Path

from macrohard_lsp.sandbox import view
from macrohard_lsp.sandbox.spec import Limits

MOST_ABI = 7
"""The newest version of Landlock whose rules are known here; a newer kernel is asked for no more."""
FILES_ABI, TRUNCATE_ABI, DEVICE_ABI, SCOPE_ABI = 2, 3, 5, 6
MEBIBYTE = 2**20

# The names are those of the host here: it has its own users and its network, unlike a namespace.
ETC_READ = (
    *view.ETC_SHOWN,
    "gai.conf",
    "group",
    "host.conf",
    "hostname",
    "hosts",
    "nsswitch.conf",
    "passwd",
    "resolv.conf",
)
KERNEL_READ = ("/proc", "/sys/devices/system", "/sys/fs/cgroup")
DEVICES = ("full", "null", "ptmx", "pts", "random", "tty", "urandom", "zero")
SHARED_MEMORY = "/dev/shm"

Rule = tuple[str, str]


def rules(temporary: Path, read_only: Sequence[Path], writable: Sequence[Path] = ()) -> list[Rule]:
    """Each path with the rights below it, as `launcher/landlock.py` names them.

    `temporary` is one rule as a whole: a command can't put a link in the place of a part of it, which a
    later command's rules would then follow.
    """
    system = [*view.SYSTEM_DIRECTORIES, *(f"/{name}" for name in view.SYSTEM_LINKS)]
    readable = [*system, *(f"/etc/{name}" for name in ETC_READ), *KERNEL_READ, *map(str, read_only)]
    return [
        *((path, "read") for path in readable),
        *((f"/dev/{name}", "device") for name in DEVICES),
        (SHARED_MEMORY, "shared-memory"),
        *((str(path), "write") for path in writable),
        (str(temporary), "write"),
    ]


def protections(abi: int, filtered: bool, limits: Limits, watcher: str) -> tuple[str, ...]:
    """What is in force with this version of Landlock (0: none), and what is not."""
    size = limits.writable_bytes // MEBIBYTE
    held = [
        "a private copy of the workspace",
        watcher,
        f"files of at most {size} MiB each",
        "everything it starts is killed at its end",
        "an environment of named variables only",
        "no privileges, also not through setuid programs",
    ]
    missing = ["not: network access, the services on this computer included"]
    if filtered:
        held.append("system call filter")
    else:
        missing.append("not: system calls")
    if abi >= FILES_ABI:
        held.append(
            f"Landlock (version {abi}): opens files only of the system, the interpreter and its own copy"
        )
        missing += [
            "not: the names, modes and owners of files elsewhere",
            "not: Unix sockets with a path",
            "not: terminals and shared memory of yours",
        ]
    else:
        missing.append("not: reading and writing files outside the workspace with your permissions")
    if FILES_ABI <= abi < TRUNCATE_ABI:
        missing.append("not: cutting files elsewhere short")
    if abi >= SCOPE_ABI:
        held.append("no signals to processes outside, no abstract Unix sockets of theirs")
        missing.append("not: the names of other processes")
    else:
        missing.append("not: other processes of yours")
    missing.append("not: how much it writes to the disk in many files")
    return (*held, *missing)
