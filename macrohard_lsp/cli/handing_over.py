"""How a patch gets from this program into the user's files, and out again."""

import shlex
from collections.abc import Sequence
from pathlib import Path


def git_apply(folder: Path, *options: str) -> str:
    """The command line that applies a patch of `folder` from wherever the user stands.

    In a subdirectory of a repository `git apply` silently ignores what it takes to lie outside, so there the
    command names the repository and the directory.
    """
    top = _repository_of(folder)
    words = ["git"]
    if top is not None and top != folder:
        words += ["-C", str(top), "apply", f"--directory={folder.relative_to(top).as_posix()}"]
    elif folder != Path.cwd():
        words += ["-C", str(folder), "apply"]
    else:
        words += ["apply"]
    return shlex.join([*words, *options])


def how_to_apply(folder: Path, kept: str | None) -> str:
    """`kept` is the id of the Run whose journal holds the patch word for word, None when none does."""
    place = "" if folder == Path.cwd() else f" {shlex.quote(str(folder))}"
    again = f"macrohard-lsp fix{place} --apply"
    if kept is None:
        return f"To apply: {again}"
    return f"To apply: {_from_journal(kept)} | {git_apply(folder)}\nTo search again and apply: {again}"


def what_was_written(paths: Sequence[str], folder: Path, kept: str | None) -> str:
    """What `--apply` did and how to undo it."""
    written = f"Written: {', '.join(paths)}"
    back = git_apply(folder, "-R")
    if kept is None:
        return (
            f"{written}\nThe journal does not hold this patch word for word. To undo, keep what was printed"
            f" above and give it to: {back}"
        )
    return f"{written}\nTo undo: {_from_journal(kept)} | {back}"


def _from_journal(run_id: str) -> str:
    return f"macrohard-lsp runs show {run_id} --patch"


def _repository_of(folder: Path) -> Path | None:
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
