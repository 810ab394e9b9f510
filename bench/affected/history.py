"""The edits of a library's history, and a folder that can be put into the state of each."""

import itertools
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class CannotReadError(Exception):
    """The history can't be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One step of the main line, from `before` to `after`; `python` are the Python files it changes."""

    before: str
    after: str
    python: tuple[str, ...]


def git(folder: Path, *arguments: str) -> str:
    """Raises CannotReadError."""
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise CannotReadError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout


def last_edits(repository: Path, count: int) -> tuple[Edit, ...]:
    """The last `count` steps of the main line that change a Python file, oldest first. Raises CannotReadError."""
    commits = git(repository, "rev-list", "--first-parent", "HEAD").split()
    edits: list[Edit] = []
    for after, before in itertools.pairwise(commits):
        if len(edits) == count:
            break
        names = git(repository, "diff", "--name-only", "--no-renames", "-z", before, after).split("\0")
        python = tuple(name for name in names if name.endswith(".py"))
        if python:
            edits.append(Edit(before, after, python))
    if len(edits) < count:
        raise CannotReadError(f"{repository} has {len(edits)} edits of Python files, fewer than {count}")
    return tuple(reversed(edits))


class Folder:
    """A clone of its own, in one state after the other."""

    def __init__(self, repository: Path, place: Path) -> None:
        git(repository, "clone", "-q", "--no-hardlinks", "--no-checkout", str(repository), str(place))
        self.place = place

    def show(self, commit: str) -> None:
        git(self.place, "checkout", "-q", "--force", commit)

    def start_at(self, commit: str) -> None:
        """Show a state with nothing left of what was done in others."""
        self.show(commit)
        git(self.place, "clean", "-q", "-f", "-d", "-x")

    def text(self, commit: str, path: str) -> str | None:
        try:
            return git(self.place, "show", f"{commit}:{path}")
        except CannotReadError:
            return None

    def write(self, texts: Sequence[tuple[str, str]]) -> None:
        for path, text in texts:
            (self.place / path).write_text(text, "utf-8")
