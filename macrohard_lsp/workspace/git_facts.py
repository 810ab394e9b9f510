"""What git knows of the workspace. Every failure is a value with a sentence, never an exception."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from macrohard_lsp.workspace.git_command import GitProblem, check_git, run_git, untrusted_filters
from macrohard_lsp.workspace.git_files import GitFolder, find_git_folder

MAX_COMMITS = 2_000  # looked through for the last change of each file

_COMMIT = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True, slots=True)
class GitFacts:
    """Paths are relative to the workspace folder. `top` is the working tree the folder lies in.

    `head` is the commit's full name, None in a repository without commits. `branch` is None where HEAD
    is detached. `changed` are tracked files that differ from HEAD; `untracked` those that are new and not
    ignored. When `problem` is not empty it says why the rest is missing.
    """

    top: Path | None = None
    head: str | None = None
    branch: str | None = None
    changed: frozenset[str] = frozenset()
    untracked: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def dirty(self) -> frozenset[str]:
        return self.changed | self.untracked


@dataclass(frozen=True, slots=True)
class GitPaths:
    """Files that differ from a commit; `problem` says why they aren't known."""

    paths: frozenset[str] = frozenset()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class LastChange:
    """`seconds` is the committer's time since 1970."""

    commit: str
    seconds: int


@dataclass(frozen=True, slots=True)
class GitHistory:
    """The last change of each file, as far back as was looked."""

    changes: Mapping[str, LastChange] = field(default_factory=dict[str, LastChange])
    problem: str = ""


def git_facts(folder: Path) -> GitFacts:
    """Whether the folder is in a repository, and its state there. Nothing is raised."""
    top: Path | None = None
    try:
        git = _repository(folder)
        top = git.top
        output = run_git(
            top,
            folder,
            [
                *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all"),
                *("--ignore-submodules=all", "--no-renames", "--", "."),
            ],
            filters=untrusted_filters(top, folder),
        )
    except GitProblem as problem:
        return GitFacts(top=top, problem=str(problem))
    return _read_status(top, _prefix(git, folder), output)


def changed_since(folder: Path, commit: str) -> GitPaths:
    """Tracked files that differ between `commit` (its full name) and the disk. Nothing is raised."""
    if not _COMMIT.fullmatch(commit):
        return GitPaths(problem=f"{commit!r} is not the full name of a commit.")
    try:
        git = _repository(folder)
        output = run_git(
            git.top,
            folder,
            [
                *(
                    "diff",
                    "--name-only",
                    "-z",
                    "--no-ext-diff",
                    "--no-textconv",
                    "--no-renames",
                    "--relative",
                ),
                *("--ignore-submodules=all", commit, "--", "."),
            ],
            filters=untrusted_filters(git.top, folder),
        )
    except GitProblem as problem:
        return GitPaths(problem=str(problem))
    return GitPaths(frozenset(os.fsdecode(path) for path in output.split(b"\0") if path))


def last_changes(folder: Path) -> GitHistory:
    """For each file below the folder the newest of the last MAX_COMMITS commits that touched it. Nothing is raised."""
    try:
        git = _repository(folder)
        output = run_git(
            git.top,
            folder,
            [
                *(
                    "log",
                    f"--max-count={MAX_COMMITS}",
                    "--format=%x01%H %ct",
                    "--name-only",
                    "-z",
                    "--relative",
                ),
                *("--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--", "."),
            ],
        )
    except GitProblem as problem:
        return GitHistory(problem=str(problem))
    return GitHistory(_read_log(output))


def _repository(folder: Path) -> GitFolder:
    try:
        git = find_git_folder(folder.resolve())
        bare = git is None and (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise GitProblem(f"{folder} can't be looked into: {error}.") from error
    if bare:
        raise GitProblem("this is a bare git repository, which has no files of its own to work on.")
    if git is None:
        raise GitProblem("this folder is not in a git repository.")
    check_git()
    return git


def _prefix(git: GitFolder, folder: Path) -> str:
    relative = folder.resolve().relative_to(git.top).as_posix()
    return "" if relative == "." else relative + "/"


def _read_status(top: Path, prefix: str, output: bytes) -> GitFacts:
    head = branch = None
    changed: set[str] = set()
    untracked: set[str] = set()
    for record in output.split(b"\0"):
        kind, _, rest = os.fsdecode(record).partition(" ")
        if kind == "#":
            name, _, value = rest.partition(" ")
            if name == "branch.oid" and value != "(initial)":
                head = value
            if name == "branch.head" and value != "(detached)":
                branch = value
        elif kind == "?":
            untracked.add(rest.removeprefix(prefix))
        elif kind in _FIELDS_BEFORE_PATH:
            changed.add(rest.split(" ", _FIELDS_BEFORE_PATH[kind])[-1].removeprefix(prefix))
    return GitFacts(top, head, branch, frozenset(changed), frozenset(untracked))


# Of a changed and of an unmerged file; renames are not asked for.
_FIELDS_BEFORE_PATH = {"1": 7, "u": 9}


def _read_log(output: bytes) -> dict[str, LastChange]:
    changes: dict[str, LastChange] = {}
    current: LastChange | None = None
    for record in output.split(b"\0"):
        piece = record.lstrip(b"\n")
        if piece.startswith(b"\x01"):
            commit, _, seconds = os.fsdecode(piece[1:]).partition(" ")
            current = LastChange(commit, int(seconds))
        elif piece and current is not None:
            changes.setdefault(os.fsdecode(piece), current)
    return changes
