"""Tells failures that only want something the sandbox withholds from those that are faults of the code.

Two things have to come together: an exception that says what was not there, and that it is there outside and
withheld inside. A failed assertion never counts, whatever it speaks of.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from macrohard_lsp.core.testrun import Ending, TestResult, Wanted, WantedKind
from macrohard_lsp.settings.model import SandboxSettings

MOST_LOOKED_AT = 40
ASSERTIONS = frozenset({"AssertionError", "Failed", "_pytest.outcomes.Failed"})

_REFUSED = re.compile(r"connection refused|connect call failed|errno 111|error 111", re.IGNORECASE)
_PORT = re.compile(
    r"\bport[ =:]+(\d{1,5})\b|(?:localhost|127\.0\.0\.1|::1\]?)[\"']?[:,] ?(\d{1,5})\b", re.IGNORECASE
)
_UNRESOLVED = re.compile(
    r"temporary failure in name resolution|name or service not known|could not translate host name"
    r"|nodename nor servname",
    re.IGNORECASE,
)
_UNREACHABLE = re.compile(r"network is unreachable|no route to host", re.IGNORECASE)
_HOST = re.compile(r"host(?: ?name)?[ =:]+[\"']?([a-z0-9][a-z0-9.-]*)", re.IGNORECASE)
_VARIABLE = re.compile(r"environment variable|env(?:ironment)?[ -]?var\b", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Z][A-Z0-9_]{2,}\b")
_ABSENT = re.compile(r"no such file or directory|permission denied", re.IGNORECASE)
_READ_ONLY = re.compile(r"read-only file system", re.IGNORECASE)
_PATH = re.compile(r"[\"'](/[^\"'\n]+)[\"']")


class Withheld(Protocol):
    """What the computer has and a Machine withholds: True, or the path, only where a setting would give it."""

    def port(self, number: int) -> bool:
        """Whether something listens on this port of the computer's loopback."""
        ...

    def network(self, host: str) -> bool:
        """Whether the computer has a network that `host` (empty: any) may be on."""
        ...

    def variable(self, name: str) -> bool: ...

    def readable(self, path: Path) -> Path | None:
        """What to show so that `path` can be read."""
        ...

    def writable(self, path: Path) -> Path | None:
        """The directory to open so that `path` can be written."""
        ...


@dataclass(frozen=True, slots=True)
class Need:
    """`field` of `[tool.macrohard.sandbox]` and the value it lacks; `what` is a clause that says what is withheld."""

    field: str
    value: str | int | bool
    what: str

    def line(self, current: SandboxSettings) -> str:
        """The line of TOML to put in place of the one that is in force."""
        if isinstance(self.value, bool):
            return f"{self.field} = true"
        values = (*getattr(current, self.field), self.value)
        return f"{self.field} = [{', '.join(map(_toml, values))}]"

    def sentence(self, current: SandboxSettings) -> str:
        return (
            f"Looks like a matter of the sandbox, not of the code: {self.what}. To let the tests have it, set "
            f"`{self.line(current)}` in [tool.macrohard.sandbox] of pyproject.toml (honoured once the folder is "
            "trusted) or in your own settings. Until then no fix is looked for."
        )


def need_of(result: TestResult, withheld: Withheld) -> Need | None:
    """The setting that a broken test fails for want of, or None: then its failure is like any other."""
    if not result.broken or result.ending is not Ending.NORMAL or _is_assertion(result):
        return None
    wanted = result.wanted or _told_by(result.message)
    needs = (_need(one, withheld) for one in dict.fromkeys(wanted[:MOST_LOOKED_AT]))
    return next((need for need in needs if need is not None), None)


def _is_assertion(result: TestResult) -> bool:
    return result.exception in ASSERTIONS


def _need(wanted: Wanted, withheld: Withheld) -> Need | None:
    match wanted.kind:
        case WantedKind.PORT:
            number = int(wanted.name) if wanted.name.isascii() and wanted.name.isdigit() else 0
            if 0 < number < 65_536 and withheld.port(number):
                what = f"something listens on port {number} of this computer, and a Machine has a loopback of its own"
                return Need("ports", number, what)
        case WantedKind.HOST | WantedKind.NETWORK:
            if withheld.network(wanted.name):
                what = f"`{wanted.name}` is on the network" if wanted.name else "the test uses the network"
                return Need("network", True, f"{what}, and a Machine has none")
        case WantedKind.VARIABLE:
            if withheld.variable(wanted.name):
                what = f"the variable {wanted.name} is set outside, and a Machine gets none that is not named"
                return Need("environment", wanted.name, what)
        case WantedKind.READ:
            shown = withheld.readable(Path(wanted.name))
            if shown is not None:
                return Need("read", str(shown), f"{wanted.name} exists, and a Machine does not show it")
        case WantedKind.WRITE:
            opened = withheld.writable(Path(wanted.name))
            if opened is not None:
                what = f"{opened} is outside of the workspace, and a Machine lets nothing be written there"
                return Need("write", str(opened), what)
    return None


def _told_by(message: str) -> tuple[Wanted, ...]:
    """What libraries say in words that wrap no exception of Python's, such as drivers of databases."""
    found: list[Wanted] = []
    if _REFUSED.search(message):
        found += [Wanted(WantedKind.PORT, one or other) for one, other in _PORT.findall(message)]
    if _UNRESOLVED.search(message):
        found += [Wanted(WantedKind.HOST, name) for name in _HOST.findall(message)[:1] or [""]]
    if _UNREACHABLE.search(message):
        found.append(Wanted(WantedKind.NETWORK))
    if _VARIABLE.search(message):
        found += [Wanted(WantedKind.VARIABLE, name) for name in _NAME.findall(message)]
    if _READ_ONLY.search(message):
        found += [Wanted(WantedKind.WRITE, path) for path in _PATH.findall(message)]
    elif _ABSENT.search(message):
        found += [Wanted(WantedKind.READ, path) for path in _PATH.findall(message)]
    return tuple(found)


def _toml(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
