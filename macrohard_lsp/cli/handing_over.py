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


def how_to_apply(folder: Path) -> str:
    place = "" if folder == Path.cwd() else f" {shlex.quote(str(folder))}"
    return (
        f"To apply: macrohard-lsp fix{place} --apply\n"
        f"Or keep the patch, macrohard-lsp fix{place} > fix.patch, and: {git_apply(folder, 'fix.patch')}"
    )


def what_was_written(paths: Sequence[str], folder: Path, run_id: str | None, recorded: bool) -> str:
    """What `--apply` did and how to undo it. `recorded`: the journal holds the patch word for word."""
    files = ", ".join(paths)
    if recorded:
        undo = f"To undo: macrohard-lsp runs show {run_id} --patch | {git_apply(folder, '-R')}"
    else:
        undo = (
            "The journal does not hold this patch word for word. To undo, keep the patch printed above and"
            f" give it to: {git_apply(folder, '-R')}"
        )
    return f"Written: {files}\n{undo}"


def _repository_of(folder: Path) -> Path | None:
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
