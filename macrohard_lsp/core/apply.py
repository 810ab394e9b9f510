"""A ChangeSet applied to a Snapshot, all or nothing, and undone again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from macrohard_lsp.core.changeset import (
    ChangeSet,
    CreateFile,
    DeleteFile,
    FileChange,
    ModifyFile,
    RenameFile,
    TextEdit,
)
from macrohard_lsp.core.files import FileNotEditable, SourceFile, source_file
from macrohard_lsp.core.snapshot import Snapshot


class ChangeConflict(ValueError):
    """A ChangeSet doesn't fit a Snapshot. The message names the file and says what to do."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """The text with every edit made; insertions at one place keep their order.

    Offsets count in `text` as given. Raises ValueError for edits that overlap, are unsorted or lie outside.
    """
    pieces: list[str] = []
    here = 0
    for edit in edits:
        if edit.start < here:
            raise ValueError(
                f"the edit at {edit.start}..{edit.end} overlaps or precedes the one that ends at {here}"
            )
        if edit.end > len(text):
            raise ValueError(
                f"the edit at {edit.start}..{edit.end} is outside the text of length {len(text)}"
            )
        pieces += (text[here : edit.start], edit.new_text)
        here = edit.end
    pieces.append(text[here:])
    return "".join(pieces)


def inverse_edits(text: str, edits: Sequence[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits that lead back from `apply_edits(text, edits)` to `text`."""
    undone: list[TextEdit] = []
    moved = 0
    for edit in edits:
        start = edit.start + moved
        undone.append(TextEdit(start, start + len(edit.new_text), text[edit.start : edit.end]))
        moved += len(edit.new_text) - (edit.end - edit.start)
    return tuple(undone)


@dataclass(frozen=True, slots=True)
class FileStep:
    """What a ChangeSet does to one file: `before` is None where it creates, `after` where it deletes."""

    before: SourceFile | None
    after: SourceFile | None


def file_steps(snapshot: Snapshot, change_set: ChangeSet) -> tuple[FileStep, ...]:
    """One step for each file, in order; a rename and the modification that follows it are one step.

    Raises ChangeConflict where the ChangeSet doesn't fit. A path may be named once only, but a renamed
    file may then be modified under its new name.
    """
    work = _Work(snapshot, dict(snapshot.files))
    for change in change_set.changes:
        work.take(change)
    for step in work.steps:
        if step.after is not None and (step.before is None or step.before.path != step.after.path):
            work.check_room(step.after.path)
    return tuple(work.steps)


def apply_changes(snapshot: Snapshot, change_set: ChangeSet) -> Snapshot:
    """The Snapshot with every change made; sequence and notes stay. Raises ChangeConflict, or makes them all.

    `overlaid` and `deleted` grow so that together they name every path that may differ from the disk's.
    """
    files = dict(snapshot.files)
    overlaid, deleted = set(snapshot.overlaid), set(snapshot.deleted)
    steps = file_steps(snapshot, change_set)
    for step in steps:
        if step.before is not None and (step.after is None or step.after.path != step.before.path):
            del files[step.before.path]
            overlaid.discard(step.before.path)
            deleted.add(step.before.path)
    for step in steps:
        if step.after is not None:
            files[step.after.path] = step.after
            overlaid.add(step.after.path)
            deleted.discard(step.after.path)
    return replace(snapshot, files=files, overlaid=frozenset(overlaid), deleted=frozenset(deleted))


def inverse(snapshot: Snapshot, change_set: ChangeSet) -> ChangeSet:
    """The ChangeSet that undoes `change_set` on `apply_changes(snapshot, change_set)`.

    Raises ChangeConflict as `apply_changes` does, and where a deleted file's bytes aren't held.
    """
    edits = {change.path: change.edits for change in change_set.changes if isinstance(change, ModifyFile)}
    undo: list[FileChange] = []
    for step in reversed(file_steps(snapshot, change_set)):
        before, after = step.before, step.after
        if before is None:
            assert after is not None
            undo.append(DeleteFile(after.path, after.digest))
        elif after is None:
            undo.append(CreateFile(before.path, _bytes_of(before), before.executable))
        else:
            if before.path != after.path:
                undo.append(RenameFile(after.path, before.path, after.digest))
            if before.text is not None and after.path in edits:
                undo.append(
                    ModifyFile(before.path, after.digest, inverse_edits(before.text, edits[after.path]))
                )
    return ChangeSet(tuple(undo))


def _bytes_of(file: SourceFile) -> bytes:
    try:
        return file.encode()
    except FileNotEditable as error:
        raise ChangeConflict(
            file.path, f"its content is not held here ({file.not_text}), so it can't be moved or brought back"
        ) from error


@dataclass(slots=True)
class _Work:
    """The files while the changes are taken one after the other."""

    snapshot: Snapshot
    files: dict[str, SourceFile]
    steps: list[FileStep] = field(default_factory=list[FileStep])
    named: set[str] = field(default_factory=set[str])
    renamed: dict[str, int] = field(default_factory=dict[str, int])

    def take(self, change: FileChange) -> None:
        match change:
            case CreateFile():
                self._name(change.path)
                self._free(change.path)
                self._put(None, source_file(change.path, change.data, change.executable))
            case DeleteFile():
                self._name(change.path)
                del self.files[self._standing(change.path, change.base_digest).path]
                self.steps.append(FileStep(self.snapshot.files[change.path], None))
            case RenameFile():
                self._rename(change)
            case ModifyFile():
                self._modify(change)

    def _rename(self, change: RenameFile) -> None:
        self._name(change.path)
        self._name(change.new_path)
        before = self._standing(change.path, change.base_digest)
        self._free(change.new_path)
        if before.text is None:
            _bytes_of(before)
        del self.files[change.path]
        self.renamed[change.new_path] = len(self.steps)
        self._put(before, replace(before, path=change.new_path))

    def _modify(self, change: ModifyFile) -> None:
        place = self.renamed.pop(change.path, None)
        if place is None:
            self._name(change.path)
        file = self._standing(change.path, change.base_digest)
        if file.text is None:
            raise ChangeConflict(change.path, f"it can't be edited: {file.not_text}.")
        try:
            after = file.with_text(apply_edits(file.text, change.edits))
        except FileNotEditable as error:
            raise ChangeConflict(change.path, f"the edit can't be written: {error}.") from error
        except ValueError as error:
            raise ChangeConflict(change.path, f"the edits don't fit the file: {error}.") from error
        if place is None:
            self._put(file, after)
        else:
            self.files[change.path] = after
            self.steps[place] = FileStep(self.steps[place].before, after)

    def _put(self, before: SourceFile | None, after: SourceFile) -> None:
        self.files[after.path] = after
        self.steps.append(FileStep(before, after))

    def _name(self, path: str) -> None:
        if path in self.named:
            raise ChangeConflict(path, "it is changed twice; say what becomes of each file once.")
        self.named.add(path)

    def _standing(self, path: str, base_digest: str) -> SourceFile:
        file = self.files.get(path)
        if file is None:
            raise ChangeConflict(path, "the file is missing; ask again for the workspace as it is now.")
        if file.digest != base_digest:
            raise ChangeConflict(
                path, "the file has changed since this edit was made; rebase the edit or ask again."
            )
        return file

    def _free(self, path: str) -> None:
        if path in self.files:
            raise ChangeConflict(
                path, "a file of that name already exists; modify it or choose another name."
            )

    def check_room(self, path: str) -> None:
        """A file needs directories above it and none in its place."""
        parents = path.split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            if (parent := "/".join(parents[:depth])) in self.files:
                raise ChangeConflict(path, f"{parent} is a file, so nothing can be put below it.")
        below = path + "/"
        if any(other.startswith(below) for other in self.files):
            raise ChangeConflict(path, "there is a directory of that name; choose another name.")
