"""A unified diff read as a ChangeSet against a Snapshot: every line must be where the patch says, no fuzz."""

from collections.abc import Sequence

from macrohard_lsp.core.apply import apply_changes
from macrohard_lsp.core.changeset import (
    ChangeSet,
    CreateFile,
    DeleteFile,
    FileChange,
    ModifyFile,
    RenameFile,
)
from macrohard_lsp.core.diff_parsing import Hunk, HunkLine, PatchRefused, Section, parse_patch
from macrohard_lsp.core.files import FileNotEditable, SourceFile
from macrohard_lsp.core.git_format import blob_name
from macrohard_lsp.core.line_diff import byte_lines, edits_between
from macrohard_lsp.core.snapshot import Snapshot

_UTF8 = frozenset({"utf-8", "utf-8-sig", "utf8", "ascii"})


def from_unified_diff(patch: str | bytes, snapshot: Snapshot) -> ChangeSet:
    """The ChangeSet a patch describes, with git's headers and binary literals or with `---` and `+++` alone.

    In bytes, lines are compared with the files' bytes; in a str, with their text, whatever their encoding.
    Raises PatchRefused where the patch is not well formed or its lines are not the file's, and
    ChangeConflict where its files don't fit the Snapshot. Paths are as given: check them with `check_paths`.
    """
    as_text = isinstance(patch, str)
    data = patch.encode("utf-8", "surrogateescape") if isinstance(patch, str) else patch
    changes: list[FileChange] = []
    for section in parse_patch(data):
        changes += _changes(section, snapshot, as_text)
    change_set = ChangeSet(tuple(changes))
    apply_changes(snapshot, change_set)
    return change_set


def _changes(section: Section, snapshot: Snapshot, as_text: bool) -> list[FileChange]:
    if section.old_path is None:
        assert section.new_path is not None
        data = (
            section.binary if section.binary is not None else _patched(b"", section.hunks, section.new_path)
        )
        return [CreateFile(section.new_path, data, section.executable)]
    file = snapshot.get(section.old_path)
    if file is None:
        raise PatchRefused(section.line, f"there is no file {section.old_path} in the workspace")
    data = _result(section, file, as_text)
    if section.new_path is None:
        if data:
            raise PatchRefused(section.line, f"it deletes {file.path} but leaves content in it")
        return [DeleteFile(file.path, file.digest)]
    changes: list[FileChange] = []
    if section.new_path != file.path:
        changes.append(RenameFile(file.path, section.new_path, file.digest))
    edits = edits_between(file.text or "", _text(section, file, data)) if data is not None else ()
    if edits:
        changes.append(ModifyFile(section.new_path, file.digest, edits))
    return changes


def _result(section: Section, file: SourceFile, as_text: bool) -> bytes | None:
    """The file's bytes after the section; None where it leaves them as they are."""
    if section.binary is None and not section.hunks and section.new_path is not None:
        return None
    try:
        data = file.encode()
    except FileNotEditable as error:
        raise PatchRefused(section.line, f"{error}, so what the patch does to it can't be checked") from error
    if section.binary is None:
        return _patched(data, section.hunks, file.path, file.encoding if as_text else "utf-8")
    if section.old_blob != blob_name(data):
        raise PatchRefused(section.line, f"it was made for other content of {file.path}; make it again")
    return section.binary


def _text(section: Section, file: SourceFile, data: bytes) -> str:
    try:
        text = data.decode(file.encoding)
        same = file.with_text(text).encode() == data
    except (UnicodeError, FileNotEditable) as error:
        raise PatchRefused(
            section.line, f"what it makes of {file.path} is not text in {file.encoding}"
        ) from error
    if not same:
        raise PatchRefused(
            section.line, f"what it makes of {file.path} would not be written back byte for byte"
        )
    return text


def _patched(data: bytes, hunks: Sequence[Hunk], path: str, encoding: str = "utf-8") -> bytes:
    old = byte_lines(data)
    new: list[bytes] = []
    here = 0
    for hunk in hunks:
        if hunk.old_start < here:
            raise PatchRefused(hunk.line, "the hunk begins before the one above it ends")
        if hunk.old_start > len(old):
            raise PatchRefused(hunk.line, f"{path} has only {len(old)} lines")
        new += old[here : hunk.old_start]
        here = hunk.old_start
        for line in hunk.lines:
            content = _encoded(line, encoding, path)
            if line.mark != b"+":
                _expect(line, content, old, here, path)
                here += 1
            if line.mark != b"-":
                new.append(content)
    new += old[here:]
    if any(not line.endswith(b"\n") for line in new[:-1]):
        raise PatchRefused(
            hunks[-1].line, "it says `No newline at end of file` of a line that isn't the last"
        )
    return b"".join(new)


def _encoded(line: HunkLine, encoding: str, path: str) -> bytes:
    if encoding in _UTF8:
        return line.data
    try:
        return line.data.decode("utf-8").encode(encoding)
    except UnicodeError as error:
        raise PatchRefused(
            line.line, f"the line can't be written in {path}'s encoding, {encoding}"
        ) from error


def _expect(line: HunkLine, content: bytes, old: Sequence[bytes], here: int, path: str) -> None:
    if here >= len(old):
        raise PatchRefused(line.line, f"{path} has only {len(old)} lines")
    if old[here] != content:
        wanted, found = (repr(each.decode("utf-8", "replace")) for each in (content, old[here]))
        raise PatchRefused(line.line, f"expected {wanted} in line {here + 1} of {path}, but found {found}")
