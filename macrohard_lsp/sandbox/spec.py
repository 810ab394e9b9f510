"""What a Machine is asked to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class Openings:
    """What a Machine lets through because somebody asked for it by name.

    `read` and `write` are existing absolute paths (files or directories) outside the workspace; what commands
    write below `write` is written for real. `environment` is added to theirs. `ports` of the computer's own
    loopback are reachable on the Machine's; with `network` nothing keeps commands from the network at all.
    """

    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    ports: tuple[int, ...] = ()
    network: bool = False

    @property
    def protections(self) -> tuple[str, ...]:
        """For each a phrase that says what is not isolated, beginning with `not`."""
        named = (
            ("reading {}, as `sandbox.read` asks", self.read),
            ("writing to {}, as `sandbox.write` asks", self.write),
            ("the variables {}, as `sandbox.environment` asks", tuple(self.environment)),
            ("the host's loopback on port {}, as `sandbox.ports` asks", self.ports),
        )
        phrases = [phrase.format(", ".join(map(str, names))) for phrase, names in named if names]
        if self.network:
            phrases.append("the network and the host's loopback, as `sandbox.network` asks")
        return tuple(f"not: {phrase}" for phrase in phrases)


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """`workspace` is absolute with links resolved, and appears at that same path inside.

    `files` are laid over it by relative path (None is deleted); the workspace itself is never
    written. `read_only` are further directories to show. `environment` is all that commands get;
    PATH, HOME and LANG are added where absent. `openings` are what was asked for by name beside that.
    """

    workspace: Path
    files: Mapping[str, bytes | None]
    read_only: tuple[Path, ...]
    environment: Mapping[str, str]
    limits: Limits = Limits()
    openings: Openings = Openings()
