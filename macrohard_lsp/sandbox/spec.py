"""What a Machine is asked to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class MachineUnavailable(Exception):
    """A Machine of this tier can't be had here; the message says why and what to do next."""


class MachineLost(Exception):
    """A Machine that was open is gone: its launcher died, or its workspace was removed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command of a Machine may use.

    `writable_bytes` is for the workspace's layer; /tmp and /dev/shm have their own. Where control groups
    limit the memory, what a command has written into those counts, too.
    """

    memory_bytes: int = 4 * 2**30
    processes: int = 512
    writable_bytes: int = 2**30
    open_files: int = 4096


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """`workspace` is absolute with links resolved, and appears at that same path inside.

    `files` are laid over it by relative path (None is deleted); the workspace itself is never
    written. `read_only` are further directories to show. `environment` is all that commands get;
    PATH, HOME and LANG are added where absent.
    """

    workspace: Path
    files: Mapping[str, bytes | None]
    read_only: tuple[Path, ...]
    environment: Mapping[str, str]
    limits: Limits = Limits()
