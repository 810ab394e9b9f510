"""A ChangeSet written as a patch that `git apply` and `patch -p1` take, and read back.

A patch speaks of bytes. `to_unified_diff_bytes` shows the lines of every file without NUL bytes as they are,
so one patch may be in several encodings. `to_unified_diff` is for places that carry text, such as JSON: it is
UTF-8, so a file in another encoding appears there in git's binary form, which `git apply` takes and `patch`
does not. Lines end at `\\n` only; every other character, a carriage return too, is content.
"""

from collections.abc import Iterator, Sequence

from macrohard_lsp.core.apply import ChangeConflict, FileStep, file_steps
from macrohard_lsp.core.changeset import ChangeSet
from macrohard_lsp.core.diff_reading import PatchRefused, from_unified_diff
from macrohard_lsp.core.files import FileNotEditable, SourceFile
from macrohard_lsp.core.git_format import blob_name, path_bytes, quote_name, write_literal
from macrohard_lsp.core.line_diff import Region, byte_lines, changed_regions
from macrohard_lsp.core.snapshot import Snapshot

__all__ = ["PatchRefused", "from_unified_diff", "to_unified_diff", "to_unified_diff_bytes"]

CONTEXT_LINES = 3
_NO_FILE = "0" * 40
_NO_NEWLINE = b"\n\\ No newline at end of file\n"


def to_unified_diff(snapshot: Snapshot, change_set: ChangeSet) -> str:
    """The patch as text; encode it as UTF-8 to apply it. Raises ChangeConflict."""
    patch = b"".join(_section(step, text_only=True) for step in file_steps(snapshot, change_set))
    return patch.decode("utf-8")


def to_unified_diff_bytes(snapshot: Snapshot, change_set: ChangeSet) -> bytes:
    """The patch with every text file's lines in that file's encoding. Raises ChangeConflict."""
    return b"".join(_section(step, text_only=False) for step in file_steps(snapshot, change_set))


def _section(step: FileStep, *, text_only: bool) -> bytes:
    """What the patch says of one file; nothing where nothing changes."""
    before, after = step.before, step.after
    old_data, new_data = _bytes_of(before), _bytes_of(after)
    old_path, new_path = _path(before, after), _path(after, before)
    if old_path == new_path and before and after and old_data == new_data:
        return b""
    head = [b"diff --git %s %s\n" % (_header_name("a/" + old_path), _header_name("b/" + new_path))]
    if before is None:
        head.append(b"new file mode %s\n" % _mode(after))
    elif after is None:
        head.append(b"deleted file mode %s\n" % _mode(before))
    elif old_path != new_path:
        head += _renamebyte_lines(old_path, new_path, old_data, new_data)
    if before and after and old_data == new_data:
        return b"".join(head)
    old_name = blob_name(old_data) if before else _NO_FILE
    new_name = blob_name(new_data) if after else _NO_FILE
    suffix = b" " + _mode(after) if before and after else b""
    head.append(b"index %s..%s%s\n" % (old_name.encode(), new_name.encode(), suffix))
    if _is_binary(old_data, text_only) or _is_binary(new_data, text_only):
        return b"".join([*head, b"GIT binary patch\n", write_literal(new_data), write_literal(old_data)])
    if old_data != new_data:
        head.append(b"--- %s\n" % (_line_name("a/" + old_path) if before else b"/dev/null"))
        head.append(b"+++ %s\n" % (_line_name("b/" + new_path) if after else b"/dev/null"))
    return b"".join([*head, *_hunks(byte_lines(old_data), byte_lines(new_data))])


def _bytes_of(file: SourceFile | None) -> bytes:
    try:
        return file.encode() if file else b""
    except FileNotEditable as error:
        raise ChangeConflict(
            file.path if file else "", "its content is not held here, so no patch can show it."
        ) from error


def _path(file: SourceFile | None, other: SourceFile | None) -> str:
    named = file or other
    assert named is not None
    return named.path


def _mode(file: SourceFile | None) -> bytes:
    return b"100755" if file and file.executable else b"100644"


def _is_binary(data: bytes, text_only: bool) -> bool:
    if b"\0" in data:
        return True
    if text_only:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return True
    return False


def _header_name(name: str) -> bytes:
    """A name in git's header lines: `patch` finds the end of a name with spaces only if it is quoted."""
    return quote_name(name, spaces=True)


def _line_name(name: str) -> bytes:
    """A name in a `---` or `+++` line; a tab after it tells where a name with spaces ends."""
    return quote_name(name) + (b"\t" if b" " in path_bytes(name) else b"")


def _renamebyte_lines(old_path: str, new_path: str, old: bytes, new: bytes) -> list[bytes]:
    old_lines, new_lines = byte_lines(old), byte_lines(new)
    kept = len(old) - sum(
        len(line)
        for region in changed_regions(old_lines, new_lines)
        for line in old_lines[region.old_start : region.old_end]
    )
    similar = 100 if old == new else min(99, 100 * kept // max(len(old), len(new)))
    return [
        b"similarity index %d%%\n" % similar,
        b"rename from %s\n" % _header_name(old_path),
        b"rename to %s\n" % _header_name(new_path),
    ]


def _hunks(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[bytes]:
    for group in _groups(changed_regions(old, new)):
        first, last = group[0], group[-1]
        lead = min(CONTEXT_LINES, first.old_start)
        trail = min(CONTEXT_LINES, len(old) - last.old_end)
        yield b"@@ -%s +%s @@\n" % (
            _range(first.old_start - lead, last.old_end + trail),
            _range(first.new_start - lead, last.new_end + trail),
        )
        here = first.old_start - lead
        for region in group:
            yield from (_marked(b" ", line) for line in old[here : region.old_start])
            yield from (_marked(b"-", line) for line in old[region.old_start : region.old_end])
            yield from (_marked(b"+", line) for line in new[region.new_start : region.new_end])
            here = region.old_end
        yield from (_marked(b" ", line) for line in old[here : last.old_end + trail])


def _groups(regions: Sequence[Region]) -> list[list[Region]]:
    """Regions whose lines of context meet share a hunk."""
    groups: list[list[Region]] = []
    for region in regions:
        if groups and region.old_start - groups[-1][-1].old_end <= 2 * CONTEXT_LINES:
            groups[-1].append(region)
        else:
            groups.append([region])
    return groups


def _range(start: int, end: int) -> bytes:
    """Lines count from 1; an empty range names the line before it."""
    if end == start:
        return b"%d,0" % start
    return b"%d" % end if end == start + 1 else b"%d,%d" % (start + 1, end - start)


def _marked(mark: bytes, line: bytes) -> bytes:
    return mark + line if line.endswith(b"\n") else mark + line + _NO_NEWLINE
