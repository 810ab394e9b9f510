"""What this computer has and the Machines of a Run withhold.

The names asked about come from code that nobody has read. So nothing is connected to and no name is looked up
here, which would carry them out of the sandbox: the kernel's tables and the file system are only read.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.openings import refusal
from macrohard_lsp.sandbox.spec import Openings
from macrohard_lsp.sandbox.view import shows

LISTENING = "0A"
LOOPBACK = frozenset(
    {
        "0100007F",
        "00000000",
        "00000000000000000000000000000000",
        "00000000000000000000000001000000",
        "0000000000000000FFFF00000100007F",
    }
)
"""Addresses as /proc/net/tcp writes them: 127.0.0.1, any, and the same of IPv6."""
NOWHERE = ("localhost", "invalid", "test", "example", "local", "internal")
"""Names that end so are on no network, or on none that a lookup would find."""
GIVEN = frozenset({"PATH", "HOME", "LANG", "VIRTUAL_ENV", "PWD", "TMPDIR"})
"""Variables that a Machine has values of its own for."""
ROUTE_TO_ALL = "00000000"
PROC_NET = Path("/proc/net")


@dataclass(frozen=True, slots=True)
class WithheldHere:
    """Implements `testing.needs.Withheld`. `shown` are the directories that Machines show beside the workspace."""

    tier: Tier
    folder: Path
    shown: tuple[Path, ...]
    openings: Openings
    variables: Mapping[str, str]
    passed_on: frozenset[str]
    home: Path

    def port(self, number: int) -> bool:
        if self._is_open or number in self.openings.ports:
            return False
        return any(number in _listening(name) for name in ("tcp", "tcp6"))

    def network(self, host: str) -> bool:
        if self._is_open or not _has_route():
            return False
        name = host.rstrip(".").lower()
        if not name:
            return True
        if "." not in name:
            return name not in NOWHERE and name in _named_hosts()
        return name.rpartition(".")[2] not in NOWHERE

    @property
    def _is_open(self) -> bool:
        return self.tier is Tier.PROCESS or self.openings.network

    def variable(self, name: str) -> bool:
        given = GIVEN | self.passed_on | self.openings.environment.keys()
        return name in self.variables and name not in given

    def readable(self, path: Path) -> Path | None:
        if self._is_shown(path) or not os.access(path, os.R_OK):
            return None
        return None if refusal(path, self.folder, self.home, writing=False) else path

    def writable(self, path: Path) -> Path | None:
        directory = path if path.is_dir() else path.parent
        below = any(directory.is_relative_to(opened) for opened in self.openings.write)
        if self.tier is Tier.PROCESS or below or not os.access(directory, os.W_OK):
            return None
        return None if refusal(directory, self.folder, self.home, writing=True) else directory

    def _is_shown(self, path: Path) -> bool:
        if self.tier is Tier.PROCESS:
            return True
        return shows(path, self.folder, (*self.shown, *self.openings.read, *self.openings.write))


def _listening(name: str) -> frozenset[int]:
    """The ports that something listens on, as one of the kernel's tables says."""
    rows = (line.split() for line in _read(PROC_NET / name).splitlines()[1:])
    places = (row[1].partition(":") for row in rows if len(row) > 3 and row[3] == LISTENING)
    return frozenset(int(port, 16) for address, _, port in places if address in LOOPBACK)


def _has_route() -> bool:
    """Whether the computer itself knows a way out."""
    rows = (line.split() for line in _read(PROC_NET / "route").splitlines()[1:])
    if any(len(row) > 1 and row[1] == ROUTE_TO_ALL for row in rows):
        return True
    far = (line.split() for line in _read(PROC_NET / "ipv6_route").splitlines())
    return any(len(row) > 9 and set(row[0]) == {"0"} and row[1] == "00" and row[9] != "lo" for row in far)


def _named_hosts() -> frozenset[str]:
    lines = (line.partition("#")[0].split() for line in _read(Path("/etc/hosts")).splitlines())
    return frozenset(name.lower() for line in lines for name in line[1:])


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
