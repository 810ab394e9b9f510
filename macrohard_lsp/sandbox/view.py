"""What a command of the namespace tier sees: the options for bwrap, and the small files of /etc."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.sandbox.spec import Openings

TMP_BYTES = 512 * 2**20
SHM_BYTES = 256 * 2**20
USER = 1000
HOST_NAME = "sandbox"
MINIMAL_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
"""What bwrap and the launcher themselves get: a command can read it in /proc/1/environ."""

SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SYSTEM_DIRECTORIES = ("/usr", "/nix/store")
ETC_SHOWN = (
    "alternatives",
    "debian_version",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "os-release",
    "pki/ca-trust/extracted",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
)
"""What of the real /etc is shown where it exists: nothing that tells who uses the computer, and no keys."""

NAME_SERVICES = ("passwd", "group", "shadow", "hosts", "services", "protocols")

NAMES_OF_THE_NETWORK = ("gai.conf", "host.conf", "hosts", "nsswitch.conf", "resolv.conf")
"""What of the real /etc is shown, in place of what is made for the Machine, where it is on the host's network."""

RESERVED = (
    "/",
    "/bin",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/nix",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
)
"""Paths a Machine fills itself, so that none of them can be a workspace."""


READ_ONLY, WRITABLE = "--ro-bind", "--bind"


@dataclass(frozen=True, slots=True)
class Bind:
    """A path to show: bwrap's option, where it is found in the launcher's mounts, and where it is inside."""

    option: str
    place: str
    path: Path


def uid_inside() -> int:
    """Root is shown as an ordinary user: programs that believe they have its powers break without them."""
    return os.geteuid() or USER


def gid_inside() -> int:
    return os.getegid() or USER


def etc_files(network: bool = False) -> dict[str, str]:
    """The files of /etc made for the Machine, by name; on the host's network those that say it are not made."""
    uid, gid = uid_inside(), gid_inside()
    made = {
        "passwd": f"user:x:{uid}:{gid}:user:/tmp/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        "group": f"user:x:{gid}:\nnogroup:x:65534:\n",
        "hosts": f"127.0.0.1 localhost {HOST_NAME}\n::1 localhost ip6-localhost\n",
        "nsswitch.conf": "".join(f"{name}: files\n" for name in NAME_SERVICES),
        "hostname": f"{HOST_NAME}\n",
    }
    return {name: text for name, text in made.items() if not (network and name in NAMES_OF_THE_NETWORK)}


def etc_shown(network: bool) -> tuple[str, ...]:
    """What of the real /etc is shown, where it exists."""
    return (*ETC_SHOWN, *(NAMES_OF_THE_NETWORK if network else ()))


def fixed_options(
    workspace: Path, base: str, shown: Sequence[Bind], seccomp_fd: int | None, openings: Openings
) -> list[str]:
    """The options that are the same for every command of a Machine.

    `base` is where `launcher/mounts.py` has laid out the workspace, in the launcher's own mounts; `shown`
    are the further paths to show.
    """
    options = [
        *("--unshare-user", "--uid", str(uid_inside()), "--gid", str(gid_inside())),
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *(() if openings.network else ("--unshare-net",)),
        *("--hostname", HOST_NAME, "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *_system(),
        *("--dev", "/dev", "--size", str(SHM_BYTES), "--perms", "1777", "--tmpfs", "/dev/shm"),
        # bwrap's /dev is a tmpfs without a size limit.
        *("--remount-ro", "/dev"),
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
        *("--dir", "/run", "--symlink", "/tmp", "/var/tmp"),
        *("--bind", f"{base}/tmp", "/tmp", "--dir", "/tmp/home"),
        # Each bind costs bwrap about as much as a whole overlay costs us, so that /etc is one.
        *("--ro-bind", f"{base}/etc", "/etc"),
    ]
    for bind in shown:
        options += [bind.option, bind.place, str(bind.path)]
    options += ["--bind", f"{base}/merged", str(workspace)]
    if seccomp_fd is not None:
        options += ["--seccomp", str(seccomp_fd)]
    return [*options, "--remount-ro", "/", "--clearenv"]


def command_options(cwd: str, environment: Mapping[str, str]) -> list[str]:
    """The options that belong to one command."""
    options: list[str] = []
    for name, value in environment.items():
        options += ["--setenv", name, value]
    return [*options, "--chdir", cwd]


def _system() -> list[str]:
    options: list[str] = []
    for path in SYSTEM_DIRECTORIES:
        if Path(path).is_dir():
            options += ["--ro-bind", path, path]
    for name in SYSTEM_LINKS:
        path = Path("/") / name
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    return options


def shows(path: Path, workspace: Path, further: tuple[Path, ...]) -> bool:
    """Whether a Machine has this absolute path of the real file system; its own /tmp and /etc are not that."""
    system = (*map(Path, SYSTEM_DIRECTORIES), *(Path("/") / name for name in SYSTEM_LINKS))
    etc = (Path("/etc") / name for name in (*ETC_SHOWN, *etc_files()))
    own = (Path("/dev"), Path("/proc"))
    return any(path.is_relative_to(shown) for shown in (workspace, *system, *etc, *own, *further))


def further(workspace: Path, read_only: tuple[Path, ...], writable: tuple[Path, ...]) -> list[Bind]:
    """What to show beside the system's directories and how, outermost first, so that what lies inside wins.

    What lies in the workspace is part of its layer already.
    """
    wanted = dict.fromkeys(read_only, READ_ONLY) | dict.fromkeys(writable, WRITABLE)
    shown = {Path(path): READ_ONLY for path in SYSTEM_DIRECTORIES}
    further: list[Bind] = []
    for path in sorted(wanted, key=_depth):
        around = max((one for one in shown if path.is_relative_to(one)), key=_depth, default=None)
        shown_so = around is not None and shown[around] == wanted[path]
        if not shown_so and not path.is_relative_to(workspace) and path.exists():
            shown[path] = wanted[path]
            further.append(Bind(wanted[path], str(path), path))
    return further


def _depth(path: Path) -> int:
    return len(path.parts)


def refuse_workspace(workspace: Path) -> str:
    """A sentence where the workspace can't be shown in a Machine, else empty."""
    if not workspace.is_absolute() or not workspace.is_dir():
        return f"{workspace} is not a folder that can be opened: choose the project's own folder"
    if str(workspace) in RESERVED:
        return f"{workspace} can't be a workspace, a Machine fills that path itself: open a folder below it"
    return ""
