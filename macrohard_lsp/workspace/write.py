"""Writes a ChangeSet to the user's disk, after checking that nothing moved underneath."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from macrohard_lsp.core.changeset import ChangeSet, RenameFile
from macrohard_lsp.core.files import FileNotEditable, SourceFile
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.workspace.read import read_file
from macrohard_lsp.workspace.replace_files import NotWritten, Replacement, replace_files


class MovedUnderneath(NotWritten):
    """A file on the disk is not what the ChangeSet was made for."""


def write_changes(
    old: Snapshot, change_set: ChangeSet, new_files: Mapping[str, SourceFile]
) -> tuple[str, ...]:
    """Bring the disk from `old` to `new_files` at the paths that `change_set` touches; returns those paths.

    `new_files` are the files of the Snapshot that the ChangeSet leads to. All or nothing. Folders that
    become empty stay. Raises MovedUnderneath or NotWritten with the disk as it was, and
    PartlyWritten where a second failure kept it from being put back.
    """
    renamed = {item.new_path: item.path for item in change_set.changes if isinstance(item, RenameFile)}
    replacements: list[Replacement] = []
    for path in change_set.paths:
        before, after = old.files.get(path), new_files.get(path)
        place = _place(old.root, path, keep_link=after is None)
        if before is None and after is None:
            continue  # Created and deleted, or renamed twice, within the one ChangeSet.
        if after is None:
            replacements.append(Replacement(place, None))
            continue
        source = path if before is not None else renamed.get(path)
        mode_from = _place(old.root, source, keep_link=False) if source is not None else None
        replacements.append(Replacement(place, _bytes_of(after), mode_from, after.executable))
    _check_places(replacements)

    def check() -> None:
        if not old.root.is_dir():
            raise MovedUnderneath(f"Nothing was changed: {old.root} is not there any more.")
        for path in change_set.paths:
            _check_unmoved(old, path)

    check()
    replace_files(replacements, check)
    return change_set.paths


def _place(root: Path, path: str, *, keep_link: bool) -> Path:
    """Where a path really is. A link is followed to its file, unless the link itself is meant."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\0" in path:
        raise NotWritten(f"Nothing was changed: {path!r} is not a path inside the workspace.")
    wanted = root / pure
    try:
        real = wanted.parent.resolve() / wanted.name if keep_link else wanted.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError is how pathlib reports a loop of links.
        raise NotWritten(f"Nothing was changed: {path} can't be found ({error}).") from error
    if root not in real.parents or ".git" in real.relative_to(root).parts:
        raise NotWritten(f"Nothing was changed: {path} leads to {real}, which is not the workspace's own.")
    return real


def _check_places(replacements: list[Replacement]) -> None:
    seen: set[Path] = set()
    for replacement in replacements:
        if replacement.path in seen:
            raise NotWritten(
                f"Nothing was changed: two changes are to one file, {replacement.path}, through a link."
            )
        seen.add(replacement.path)


def _bytes_of(file: SourceFile) -> bytes:
    try:
        return file.encode()
    except FileNotEditable as error:
        raise NotWritten(f"Nothing was changed: {error}.") from error


def _check_unmoved(old: Snapshot, path: str) -> None:
    before = old.files.get(path)
    if before is None:
        if os.path.lexists(old.root / path):
            raise MovedUnderneath(f"Nothing was changed: {path} exists on disk by now; {_ASK_AGAIN}.")
        return
    try:
        place = _place(old.root, path, keep_link=False)
        digest = read_file(old.root, place.relative_to(old.root).as_posix()).digest
    except OSError as error:
        raise MovedUnderneath(
            f"Nothing was changed: {path} can't be read any more ({(error.strerror or str(error)).lower()}); "
            f"{_ASK_AGAIN}."
        ) from error
    if digest != before.digest:
        what = "has unsaved changes" if path in old.overlaid else "changed on disk meanwhile"
        raise MovedUnderneath(f"Nothing was changed: {path} {what}; {_ASK_AGAIN}.")


_ASK_AGAIN = "run the command again on the folder as it is now"
