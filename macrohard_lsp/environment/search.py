"""What a search for an interpreter starts from, and what one place answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Search:
    """`folder` and `directory` are absolute; `directory` is `folder` or lies in it."""

    folder: Path
    directory: Path
    variables: Mapping[str, str]
    home: Path

    @property
    def upward(self) -> tuple[Path, ...]:
        """The project directory and its parents, up to and with the workspace folder."""
        if self.directory == self.folder:
            return (self.folder,)
        parents = tuple(p for p in self.directory.parents if p.is_relative_to(self.folder))
        return (self.directory, *parents)

    def variable_path(self, name: str, default: str) -> Path:
        """The directory an environment variable names, or `default` below the home directory.

        A relative value is not used: it would depend on where this program was started.
        """
        value = self.expand(self.variables.get(name, ""))
        return value if value is not None else self.home / default

    def expand(self, text: str) -> Path | None:
        """An absolute path, `~` standing for the home directory; None for anything else."""
        if text == "~" or text.startswith("~/"):
            return self.home / text[2:]
        return Path(text) if text.startswith("/") else None


@dataclass(frozen=True, slots=True)
class Hit:
    """An interpreter. `origin` says in words for a person where it was found."""

    executable: Path
    origin: str


@dataclass(frozen=True, slots=True)
class Miss:
    """Nothing here. `looked` says in words for a person where was looked and why that led nowhere."""

    looked: str


Answer = Hit | Miss
