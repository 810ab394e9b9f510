"""Finds the files of a workspace: what git would list, without environments, caches and special files."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from macrohard_lsp.workspace.folder import WorkspaceRefused
from macrohard_lsp.workspace.ignore_rules import IgnoreRules, parse_rules
from macrohard_lsp.workspace.ignored import Scope, root_scope

MAX_FILES = 50_000
MAX_ENTRIES = 1_000_000  # looked at in all, ignored ones included
MAX_SHOWN = 5  # names that one note lists

SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".bzr", "node_modules", "__pycache__", "__pypackages__", ".venv", ".tox", ".nox"}
    | {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".eggs", ".direnv"}
)
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


@dataclass(slots=True)
class Walk:
    """`files` and `links` are paths relative to the root; where a link leads is not known yet."""

    root: str
    exclude: IgnoreRules
    scope: Scope
    prefix: str
    files: list[str] = field(default_factory=list[str])
    links: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    unreadable: list[str] = field(default_factory=list[str])
    entries: int = 0


@dataclass(frozen=True, slots=True)
class _Folder:
    """`relative` counts from the workspace folder, `from_top` from the top of the folder's repository."""

    path: str
    relative: str
    from_top: str
    scope: Scope


def walk_workspace(root: Path, exclude: Sequence[str] = ()) -> Walk:
    """List the workspace, folder by folder from the top, so that a cap leaves out the deepest.

    `exclude` are further patterns in git's notation, counted from the root; they hide tracked files too.
    Raises WorkspaceRefused when the root itself can't be listed.
    """
    scope, prefix = root_scope(root)
    walk = Walk(str(root), parse_rules(os.fsencode("\n".join(exclude))), scope, prefix)
    pending = deque([_Folder(walk.root, "", prefix + "/" if prefix else "", scope)])
    while pending:
        if len(walk.files) >= MAX_FILES or walk.entries >= MAX_ENTRIES:
            walk.notes.append(_cap_note(walk))
            break
        pending.extend(_list_folder(walk, pending.popleft()))
    if walk.unreadable:
        walk.notes.append(f"Left out because they can't be read: {shown(walk.unreadable)}.")
    return walk


def is_listed(walk: Walk, relative: str) -> bool:
    """Whether the walk would list a file of this name, whether or not it exists."""
    folder, from_top, scope = walk.root, walk.prefix + "/" if walk.prefix else "", walk.scope
    *parents, name = relative.split("/")
    seen = ""
    for parent in parents:
        seen += parent
        if not _keeps(walk, scope, parent, seen, from_top + parent, is_folder=True):
            return False
        folder = f"{folder}/{parent}"
        inner = scope.enter(folder, from_top + parent, parent)
        from_top = f"{from_top}{parent}/" if inner.top == scope.top else ""
        scope, seen = inner, seen + "/"
    return _keeps(walk, scope, name, relative, from_top + name, is_folder=False)


def shown(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - MAX_SHOWN
    return ", ".join(names[:MAX_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _cap_note(walk: Walk) -> str:
    return (
        f"The folder is too large to read whole: reading stopped at {len(walk.files)} files. "
        "Open a smaller folder, or exclude what isn't source."
    )


def _list_folder(walk: Walk, folder: _Folder) -> Iterator[_Folder]:
    entries = _entries(walk, folder)
    if folder.relative and any(entry.name in _ENVIRONMENT_MARKS for entry in entries):
        return
    for entry in entries:
        walk.entries += 1
        relative, from_top = folder.relative + entry.name, folder.from_top + entry.name
        try:
            entry.name.encode("utf-8")
            is_folder = entry.is_dir(follow_symlinks=False)
            is_link, is_file = entry.is_symlink(), entry.is_file(follow_symlinks=False)
        except (OSError, UnicodeEncodeError):
            walk.unreadable.append(ascii(relative)[1:-1])
            continue
        if not (is_folder or is_link or is_file):
            continue  # A fifo, socket or device; opening one may block or do things.
        if not _keeps(walk, folder.scope, entry.name, relative, from_top, is_folder=is_folder):
            continue
        if is_folder:
            scope = folder.scope.enter(entry.path, from_top, entry.name)
            top = f"{from_top}/" if scope.top == folder.scope.top else ""
            yield _Folder(entry.path, relative + "/", top, scope)
        elif len(walk.files) < MAX_FILES:
            (walk.links if is_link else walk.files).append(relative)


def _entries(walk: Walk, folder: _Folder) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder.path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        if not folder.relative:
            raise WorkspaceRefused(f"{folder.path} can't be listed: {error.strerror}.") from error
        if not isinstance(error, FileNotFoundError):
            walk.unreadable.append(folder.relative)
        return []


def _keeps(walk: Walk, scope: Scope, name: str, relative: str, from_top: str, *, is_folder: bool) -> bool:
    if is_folder and name in SKIPPED_FOLDERS:
        return False
    if walk.exclude.groups:
        mark = b"/" if is_folder else b""
        if walk.exclude.verdict(os.fsencode(name) + mark, os.fsencode(relative) + mark):
            return False
    return scope.keeps(from_top, name, is_folder=is_folder)
