"""Which paths a ChangeSet may touch, and which of them are tests: rules on names alone.

Where links lead is a question for the disk and is asked where the disk is read. Names are compared without
regard to case, since some disks do not regard it either.
"""

import re
import unicodedata
from itertools import pairwise

from macrohard_lsp.core.changeset import ChangeSet, CreateFile, FileChange, ModifyFile

MAX_FILES = 200
MAX_BYTES = 5_000_000
MAX_PATH_BYTES = 4000
MAX_NAME_BYTES = 255


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_DRIVE = re.compile(r"[A-Za-z]:")

# Files and directories, anywhere in the tree, that tell an editor, a shell or an assistant what to run or do.
_SETTINGS = _names(
    ".vscode .idea .fleet .zed .vs .helix .nova .vim .nvim .nvim.lua .nvimrc .exrc .vimrc .gvimrc .lvimrc"
    " .dir-locals.el .dir-locals-2.el .editorconfig .envrc .direnv .devcontainer .devcontainer.json"
    " .macrohard .macrohard.toml .macrohard-lsp .macrohard-lsp.toml macrohard.toml"
    " .cursor .cursorrules .claude .mcp.json .aider.conf.yml .continue .windsurf"
    " .gitmodules .gitconfig .gitattributes"
)
_SETTINGS_SUFFIXES = (".code-workspace", ".sublime-project", ".sublime-workspace")

_CI_NAMES = _names(
    ".ci .circleci .buildkite .woodpecker .teamcity .semaphore .gitlab .azure-pipelines .husky .githooks"
    " jenkinsfile"
)
_CI_STEMS = _names(
    ".gitlab-ci azure-pipelines .azure-pipelines .travis .drone .woodpecker .cirrus appveyor .appveyor"
    " bitbucket-pipelines buildspec cloudbuild .pre-commit-config .pre-commit-hooks"
)
_CI_GITHUB = frozenset({"workflows", "actions"})

_TEST_DIRECTORY = re.compile(r"tests?|tests?_.*|.*_tests?|__snapshots__")
_TEST_FILE = re.compile(r"(?:test_.*|.*_test|tests?|conftest)\.pyi?")
_TEST_CONFIGURATION = _names(
    "pytest.ini .pytest.ini pytest.toml .pytest.toml tox.ini tox.toml setup.cfg pyproject.toml"
    " noxfile.py .coveragerc .coveragerc.toml"
)
# Modules that every Python, or every pytest, loads by name: one in the workspace could decide how tests end.
_LOADED_BY_NAME = frozenset({"sitecustomize", "usercustomize", "pytest", "_pytest", "pluggy"})


class PathRefused(ValueError):
    """A ChangeSet touches what it may not touch. The message is a sentence."""


class ConfirmationNeeded(PathRefused):
    """A ChangeSet touches CI files, which only a person's separate confirmation allows; `paths` are those."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        super().__init__(
            f"{', '.join(paths)}: this decides what runs on other machines; confirm it separately."
        )
        self.paths = paths


def check_paths(change_set: ChangeSet, *, ci_confirmed: bool = False) -> None:
    """Raises PathRefused for a path or a size that is never allowed, else ConfirmationNeeded for CI files."""
    paths = change_set.paths
    if len(paths) > MAX_FILES:
        raise PathRefused(
            f"the edit touches {len(paths)} files and {MAX_FILES} is the most; split it into several."
        )
    if (size := sum(_size(change) for change in change_set.changes)) > MAX_BYTES:
        raise PathRefused(f"the edit brings {size} bytes and {MAX_BYTES} is the most; split it into several.")
    for path in paths:
        if problem := path_problem(path):
            raise PathRefused(f"{path!r}: {problem}")
    ci_paths = tuple(path for path in paths if is_ci_path(path))
    if ci_paths and not ci_confirmed:
        raise ConfirmationNeeded(ci_paths)


def path_problem(path: str) -> str | None:
    """Why no ChangeSet may touch the path, as a sentence; None where it may. CI files may, here."""
    return _shape_problem(path) or _place_problem(path)


def is_ci_path(path: str) -> bool:
    """Whether the path decides what a CI service or a commit hook runs."""
    names = [_plain(name) for name in path.split("/")]
    github = any(name == ".github" and after in _CI_GITHUB for name, after in pairwise(names))
    stem = names[-1].removesuffix(".yml").removesuffix(".yaml")
    return github or stem in _CI_STEMS or any(name in _CI_NAMES for name in names)


def is_test_path(path: str) -> bool:
    """Whether the path is a test, belongs to tests, or configures how they run; in doubt it does."""
    *directories, name = path.casefold().split("/")
    modules = {each.removesuffix(".py") for each in (*directories, name)}
    return (
        any(_TEST_DIRECTORY.fullmatch(directory) for directory in directories)
        or _TEST_FILE.fullmatch(name) is not None
        or name in _TEST_CONFIGURATION
        or not modules.isdisjoint(_LOADED_BY_NAME)
        or name.endswith(".pth")
    )


def touches_tests(change_set: ChangeSet) -> bool:
    """Whether the ChangeSet is a `test-change`: it touches a test, a conftest or test configuration."""
    return any(is_test_path(path) for path in change_set.paths)


def _size(change: FileChange) -> int:
    if isinstance(change, CreateFile):
        return len(change.data)
    if isinstance(change, ModifyFile):
        return sum(len(edit.new_text.encode("utf-8", "surrogatepass")) for edit in change.edits)
    return 0


def _shape_problem(path: str) -> str | None:
    names = path.split("/")
    if not path or "\0" in path:
        return "a path can't be empty or hold a NUL character."
    if path.startswith("/") or _DRIVE.match(path) or "\\" in path:
        return "a path is relative to the workspace folder and has `/` between its parts."
    if any(name in ("", ".", "..") for name in names):
        return "a path is written without `.`, `..` or empty parts."
    lengths = [len(name.encode("utf-8", "surrogatepass")) for name in names]
    if max(lengths) > MAX_NAME_BYTES or sum(lengths) + len(names) > MAX_PATH_BYTES:
        return "the path is too long for a disk."
    return None


def _place_problem(path: str) -> str | None:
    names = [_plain(name) for name in path.split("/")]
    if ".git" in names or "git~1" in names:
        return "what git keeps for itself is never edited."
    if any(name in _SETTINGS or name.endswith(_SETTINGS_SUFFIXES) for name in names):
        return "settings of editors and tools are never edited; change them yourself."
    return None


def _plain(name: str) -> str:
    """The name as the least careful disk compares it: no case, nothing invisible, no dots at the end."""
    visible = "".join(each for each in name if unicodedata.category(each) != "Cf")
    return unicodedata.normalize("NFKC", visible).casefold().rstrip(" .")
