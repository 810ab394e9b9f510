"""The user's Python, as found: never the one that runs this program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from macrohard_lsp.core.testcommand import Framework


@dataclass(frozen=True, slots=True)
class InterpreterChoice:
    """An interpreter, or another program that tests are run by, found by reading files only; nothing has been executed.

    `executable` is the path to start, links not resolved (a venv's `bin/python` must be started by
    that name). `mounts` are the directories a Machine must show, read-only, for it to run: the
    environment's prefix, the base installation, and the places its links go through. `origin` is where it
    was found, in words for a person, such as "VIRTUAL_ENV" or ".venv".
    """

    executable: Path
    origin: str
    mounts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A choice that was started once (inside a Machine) and answered.

    `plugins` maps the distribution names of installed pytest plugins to versions. `pytest` is its version or None.
    `path` is where it looks for modules before a project adds to it.
    """

    choice: InterpreterChoice
    version: tuple[int, int, int]
    implementation: str
    pytest: str | None
    plugins: Mapping[str, str] = field(default_factory=dict[str, str])
    path: tuple[str, ...] = ()

    @property
    def framework(self) -> Framework:
        """What runs its tests: pytest runs those written for unittest as well."""
        return Framework.PYTEST if self.pytest is not None else Framework.UNITTEST

    @property
    def version_text(self) -> str:
        return ".".join(str(part) for part in self.version)


@dataclass(frozen=True, slots=True)
class Project:
    """A directory of the workspace folder with tests and an interpreter of its own.

    `directory` is relative to the folder, "" for the folder itself; tests are started there.
    """

    directory: str
    choice: InterpreterChoice
