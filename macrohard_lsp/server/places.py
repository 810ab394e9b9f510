"""Between the editor's URIs and the host's folders and paths."""

import os
from dataclasses import dataclass
from pathlib import Path

from pygls.uris import from_fs_path, to_fs_path

PROJECT_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", ".git")


@dataclass(frozen=True, slots=True)
class Place:
    """A file: its folder, and its path below it, with `/`."""

    folder: str
    path: str


class Folders:
    """The workspace folders, in the order in which they came."""

    def __init__(self) -> None:
        self._folders: list[str] = []

    def __contains__(self, folder: str) -> bool:
        return folder in self._folders

    def __len__(self) -> int:
        return len(self._folders)

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(self._folders)

    def add(self, folder: str) -> bool:
        """False for one that is there already. `folder` is absolute, without a slash at its end."""
        if folder in self._folders:
            return False
        self._folders.append(folder)
        return True

    def remove(self, folder: str) -> None:
        if folder in self._folders:
            self._folders.remove(folder)

    def place(self, uri: str) -> Place | None:
        """Where a document is, in the innermost folder that holds it; None outside of all, or for no file."""
        path = path_of(uri)
        for spelled in (path, os.path.realpath(path)) if path is not None else ():
            holding = [folder for folder in self._folders if spelled.startswith(f"{folder}/")]
            if holding:
                folder = max(holding, key=len)
                return Place(folder, spelled[len(folder) + 1 :])
        return None

    def holding(self, uri: str) -> str | None:
        """The folder that a URI names, or that holds the document it names."""
        place = self.place(uri)
        return (
            place.folder if place is not None else next((f for f in self._folders if f == path_of(uri)), None)
        )


def path_of(uri: str) -> str | None:
    """The absolute path that a `file:` URI names; None for any other."""
    if not uri.startswith("file:"):
        return None
    path = to_fs_path(uri)
    return os.path.normpath(path) if path and path.startswith("/") else None


def uri_of(folder: str, path: str) -> str:
    uri = from_fs_path(f"{folder.rstrip('/')}/{path}" if path else folder)
    assert uri is not None
    return uri


def project_around(path: str) -> str | None:
    """For a file that was opened without a folder: the nearest folder above that looks like a project.

    Never the home directory or what lies above it: walking those would read everything a person owns.
    """
    home = Path.home()
    for folder in Path(path).parents:
        if folder == home or folder in home.parents or folder == folder.parent:
            return None
        if any((folder / mark).exists() for mark in PROJECT_MARKS):
            return str(folder)
    return None
