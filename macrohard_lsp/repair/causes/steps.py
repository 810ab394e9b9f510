"""Edits made one after the other, as one ChangeSet against the text that the first was made for."""

from collections.abc import Sequence

from macrohard_lsp.core.changeset import ChangeSet, FileChange, ModifyFile, TextEdit
from macrohard_lsp.core.snapshot import Snapshot


def one_after_the_other(snapshot: Snapshot, first: ChangeSet, second: ChangeSet) -> ChangeSet | None:
    """`second` was made for the Snapshot with `first` in it; None where they meet, or do more than modify files."""
    before = {change.path: change.edits for change in first.changes if isinstance(change, ModifyFile)}
    if len(before) != len(first.changes):
        return None
    edits: dict[str, Sequence[TextEdit]] = dict(before)
    for change in second.changes:
        if not isinstance(change, ModifyFile) or change.path not in snapshot.files:
            return None
        earlier = before.get(change.path, ())
        moved = [_moved_back(edit, earlier) for edit in change.edits]
        kept = [edit for edit in moved if edit is not None]
        if len(kept) != len(moved):
            return None
        edits[change.path] = sorted((*earlier, *kept), key=lambda edit: (edit.start, edit.end))
    changes: list[FileChange] = [
        ModifyFile(path, snapshot.files[path].digest, tuple(edits[path])) for path in sorted(edits)
    ]
    return ChangeSet(tuple(changes))


def _moved_back(edit: TextEdit, earlier: Sequence[TextEdit]) -> TextEdit | None:
    """Where the edit is in the text before the `earlier` ones; None where it touches what one of them wrote."""
    shift = 0
    for other in earlier:
        start, end = other.start + shift, other.start + shift + len(other.new_text)
        if edit.end < start or (edit.end == start and edit.start < edit.end):
            break
        if edit.start < end:
            return None
        shift += len(other.new_text) - (other.end - other.start)
    return TextEdit(edit.start - shift, edit.end - shift, edit.new_text)
