"""Files as a commit has them: what a rename or a move is told from."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from macrohard_lsp.workspace.git_command import GitProblem, run_git

MOST_FILES = 60
MOST_BYTES = 1_000_000


def parent_of(top: Path, folder: Path, commit: str) -> str | None:
    """The full name of a commit's first parent; None where it has none, or git can't be asked."""
    try:
        return run_git(top, folder, ["rev-parse", "--verify", "--quiet", f"{commit}^"]).decode().strip()
    except GitProblem:
        return None


def texts_at(top: Path, folder: Path, commit: str, paths: Iterable[str]) -> Mapping[str, str]:
    """The texts that files below `folder` had at a commit, at most MOST_FILES of them.

    Left out are those that weren't there, are no UTF-8, or are longer than MOST_BYTES.
    """
    texts: dict[str, str] = {}
    for path in sorted(paths)[:MOST_FILES]:
        try:
            data = run_git(top, folder, ["cat-file", "blob", f"{commit}:./{path}"])
            if len(data) <= MOST_BYTES:
                texts[path] = data.decode("utf-8-sig")
        except (GitProblem, UnicodeDecodeError):
            continue
    return texts
