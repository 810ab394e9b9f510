"""From the settings of `[tool.macrohard.sandbox]` to what a Machine lets through, and why not to what else."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from macrohard_lsp.sandbox.spec import Openings
from macrohard_lsp.settings.model import SandboxSettings

KERNEL = tuple(map(Path, ("/proc", "/sys", "/dev")))
SYSTEM = tuple(map(Path, ("/bin", "/boot", "/etc", "/lib", "/lib64", "/nix", "/sbin", "/usr")))
FILLED = frozenset(map(Path, ("/", "/etc", "/run", "/tmp", "/var")))
"""Directories that a Machine fills itself; what lies in them can be shown."""


def openings_of(
    settings: SandboxSettings, folder: Path, variables: Mapping[str, str], home: Path
) -> tuple[Openings, tuple[str, ...]]:
    """What can be let through, and a sentence for each path that can't be. `folder` is the workspace's, resolved.

    A variable that is not set is not passed on, and nothing is said of it: it may be set elsewhere.
    """
    notes: list[str] = []

    def settled(field: str, named: tuple[str, ...]) -> tuple[Path, ...]:
        paths: dict[Path, None] = {}
        for text in named:
            path = _absolute(text, folder, home)
            why = refusal(path, folder, home, writing=field == "write")
            if why:
                notes.append(f"`sandbox.{field}` names {text}, which {why}")
            else:
                # A Machine has none of the links on the way, so that the path is shown by both its names.
                paths |= {path: None, path.resolve(): None}
        return tuple(paths)

    openings = Openings(
        read=settled("read", settings.read),
        write=settled("write", settings.write),
        environment={name: variables[name] for name in settings.environment if name in variables},
        ports=tuple(dict.fromkeys(settings.ports)),
        network=settings.network,
    )
    return openings, tuple(notes)


def _absolute(text: str, folder: Path, home: Path) -> Path:
    inside_home = text.removeprefix("~/")
    path = home / inside_home if inside_home != text or text == "~" else folder / text
    return Path(os.path.normpath(path if text != "~" else home))


def refusal(path: Path, folder: Path, home: Path, *, writing: bool) -> str:
    """Why a path is not let through, to follow `which`; empty where it is."""
    if not path.exists():
        return "does not exist. Make it, or take it out of the settings."
    names = {path, path.resolve()}
    if any(own.is_relative_to(name) for name in names for own in (home, home.resolve())):
        return "holds your whole home directory. Name the directories in it that the tests need."
    if names & FILLED or any(_below(name, KERNEL) for name in names):
        return "a Machine fills itself. Name what in it the tests need."
    if writing:
        return next(_why_not_written(names, folder), "")
    return ""


def _why_not_written(names: set[Path], folder: Path) -> Iterator[str]:
    """What is written for real must not be the user's work, nor the system's."""
    for name in names:
        if name.is_relative_to(folder):
            yield (
                "lies in the workspace folder. Tests may write there anyway, in a copy that goes away: your own "
                "files stay as they are."
            )
        if folder.is_relative_to(name):
            yield "holds the workspace folder, whose files tests never change. Name a directory beside it."
        if _below(name, SYSTEM):
            yield "belongs to the system. Name a directory that is there for the tests."


def _below(path: Path, directories: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(directory) for directory in directories)
