"""Which paths of a workspace git would ignore, asked while walking down."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from macrohard_lsp.workspace.git_files import (
    GitFolder,
    find_git_folder,
    git_folder_at,
    read_small,
    tracked_paths,
)
from macrohard_lsp.workspace.ignore_rules import IgnoreRules, parse_rules


@dataclass(frozen=True, slots=True)
class Level:
    """Rules, and how many bytes of a path belong to the folder above them."""

    rules: IgnoreRules
    prefix: int


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a repository's index names, and the folders above those paths."""

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()


@dataclass(slots=True)
class Repository:
    """One repository of the walk; its index is read at the first path that a rule hides."""

    git: GitFolder | None
    _tracked: Tracked | None = field(default=None)

    def tracked(self) -> Tracked:
        if self._tracked is None:
            files = tracked_paths(self.git) if self.git is not None else frozenset[str]()
            folders = {path[:cut] for path in files for cut in range(len(path)) if path[cut] == "/"}
            self._tracked = Tracked(files, frozenset(folders))
        return self._tracked


@dataclass(frozen=True, slots=True)
class Scope:
    """The rules in force in one folder, weakest first. Paths are counted from the repository's top.

    `hidden` is set below a folder that the rules hide but that holds tracked files: only those count there.
    """

    repository: Repository
    top: str
    levels: tuple[Level, ...]
    hidden: bool = False

    def keeps(self, relative: str, name: str, *, is_folder: bool) -> bool:
        """Whether git would list this path, or look into this folder. `relative` counts from `top`."""
        if not self._ignored(relative, name, is_folder=is_folder):
            return True
        tracked = self.repository.tracked()
        return relative in (tracked.folders if is_folder else tracked.files)

    def enter(self, folder: str, relative: str, name: str) -> "Scope":
        """The scope inside the sub-folder at the absolute path `folder`."""
        if (git := _inner_repository(folder)) is not None:
            return _with_rules(Scope(Repository(git), folder, _base_levels(git)), folder, "")
        hidden = self._ignored(relative, name, is_folder=True)
        return _with_rules(Scope(self.repository, self.top, self.levels, hidden), folder, relative + "/")

    def _ignored(self, relative: str, name: str, *, is_folder: bool) -> bool:
        if self.hidden:
            return True
        if not self.levels:
            return False
        mark = b"/" if is_folder else b""
        raw_name, raw_path = os.fsencode(name) + mark, os.fsencode(relative) + mark
        for level in reversed(self.levels):
            verdict = level.rules.verdict(raw_name, raw_path[level.prefix :])
            if verdict is not None:
                return verdict
        return False


def root_scope(folder: Path) -> tuple[Scope, str]:
    """The scope of the workspace folder itself, and the folder's own path from the repository's top.

    Where a repository further up ignores the whole folder (a home directory kept in git often does),
    its rules say nothing about what the person opened, and don't count.
    """
    git = find_git_folder(folder)
    if git is None:
        return _with_rules(Scope(Repository(None), str(folder), ()), str(folder), ""), ""
    scope = _with_rules(Scope(Repository(git), str(git.top), _base_levels(git)), str(git.top), "")
    relative = ""
    for name in folder.relative_to(git.top).parts:
        relative = f"{relative}/{name}" if relative else name
        if not scope.keeps(relative, name, is_folder=True):
            return _with_rules(Scope(Repository(None), str(folder), ()), str(folder), ""), ""
        scope = scope.enter(str(git.top / relative), relative, name)
    return scope, relative


def _inner_repository(folder: str) -> GitFolder | None:
    return git_folder_at(Path(folder)) if os.path.lexists(os.path.join(folder, ".git")) else None  # noqa: PTH118


def _base_levels(git: GitFolder) -> tuple[Level, ...]:
    data = read_small(git.common_dir / "info" / "exclude")
    return (Level(parse_rules(data), 0),) if data else ()


def _with_rules(scope: Scope, folder: str, prefix: str) -> Scope:
    data = read_small(folder + "/.gitignore", follow=False)  # Git doesn't follow a link here either.
    if not data:
        return scope
    level = Level(parse_rules(data), len(os.fsencode(prefix)))
    return Scope(scope.repository, scope.top, (*scope.levels, level), scope.hidden)
