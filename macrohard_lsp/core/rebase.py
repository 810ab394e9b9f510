"""A ChangeSet carried over to a later Snapshot: a three-way merge that gives up rather than guess."""

from dataclasses import replace
from itertools import pairwise

from macrohard_lsp.core.apply import ChangeConflict, apply_changes
from macrohard_lsp.core.changeset import (
    ChangeSet,
    CreateFile,
    DeleteFile,
    FileChange,
    ModifyFile,
    RenameFile,
    TextEdit,
)
from macrohard_lsp.core.files import SourceFile
from macrohard_lsp.core.line_diff import Region, changed_regions
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.text import LineIndex


def rebase(change_set: ChangeSet, old: Snapshot, new: Snapshot) -> ChangeSet:
    """The same changes against `new`, given that `change_set` fits `old`.

    Edits move with the lines around them. Between an edit and what changed there must be an unchanged line,
    as in git's own merges. A renamed file may have changed, a deleted one may not.
    Raises ChangeConflict, with a sentence, for anything else, and when `change_set` doesn't fit `old`.
    """
    apply_changes(old, change_set)
    renamed = {
        change.new_path: change.path for change in change_set.changes if isinstance(change, RenameFile)
    }
    result = ChangeSet(tuple(_rebased(change, old, new, renamed) for change in change_set.changes))
    apply_changes(new, result)
    return result


def _rebased(change: FileChange, old: Snapshot, new: Snapshot, renamed: dict[str, str]) -> FileChange:
    if isinstance(change, CreateFile):
        return change
    path = renamed.get(change.path, change.path) if isinstance(change, ModifyFile) else change.path
    before, now = old.files[path], new.get(path)
    if now is None:
        raise ChangeConflict(path, "the file is gone since this edit was made; ask again.")
    if now.digest == before.digest:
        return change
    match change:
        case DeleteFile():
            raise ChangeConflict(path, "the file has changed since it was to be deleted; ask again.")
        case RenameFile():
            return replace(change, base_digest=now.digest)
        case ModifyFile():
            return replace(change, base_digest=now.digest, edits=_moved(change.edits, before, now))


def _moved(edits: tuple[TextEdit, ...], before: SourceFile, now: SourceFile) -> tuple[TextEdit, ...]:
    if before.text is None or now.text is None:
        raise ChangeConflict(now.path, f"it can't be edited: {now.not_text or before.not_text}.")
    old_index, new_index = LineIndex(before.text), LineIndex(now.text)
    regions = changed_regions(_lines(old_index), _lines(new_index))
    moved: list[TextEdit] = []
    for edit in edits:
        first, last = _touched(edit, old_index)
        shift = 0
        for region in regions:
            if region.old_start <= last and region.old_end >= first:
                raise ChangeConflict(now.path, _overlap(region))
            if region.old_end < first:
                shift = new_index.line_start(region.new_end) - old_index.line_start(region.old_end)
        moved.append(TextEdit(edit.start + shift, edit.end + shift, edit.new_text))
    return tuple(moved)


def _overlap(region: Region) -> str:
    return (
        f"line {region.new_start + 1} has changed since, where this edit changes it, too, or right beside it;"
        " ask again for the file as it is now."
    )


def _lines(index: LineIndex) -> list[str]:
    starts = [index.line_start(line) for line in range(index.line_count + 1)]
    return [index.text[start:end] for start, end in pairwise(starts)]


def _touched(edit: TextEdit, index: LineIndex) -> tuple[int, int]:
    """The lines an edit touches, from 0: the first, and the one after the last.

    Whole lines put between two others touch neither; whole lines replaced don't touch the next one.
    """
    first, last = index.line_of(edit.start), index.line_of(edit.end)
    starts_line = index.line_start(first) == edit.start
    ends_line = index.line_start(last) == edit.end and (
        edit.new_text.endswith(("\n", "\r")) or (not edit.new_text and starts_line)
    )
    whole = ends_line and (starts_line or last > first)
    return first, last if whole else last + 1
