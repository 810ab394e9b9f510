"""The grammar of unified diffs with git's headers: bytes in, sections out, nothing guessed."""

import re
from dataclasses import dataclass

from macrohard_lsp.core.git_format import BadFormat, read_literal, split_names, unquote_name
from macrohard_lsp.core.line_diff import byte_lines

MAX_LITERAL_BYTES = 20_000_000

_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@[^\n]*\n")
_INDEX = re.compile(rb"([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: [0-7]{6})?")
_LITERAL = re.compile(rb"(literal|delta) (\d{1,12})\n")
_IGNORED = (b"similarity index ", b"dissimilarity index ")
_MODES = {b"100644": False, b"100755": True}


class PatchRefused(ValueError):
    """A patch that can't be read or doesn't fit. The message names the patch's line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line} of the patch: {problem}")
        self.line = line


@dataclass(frozen=True, slots=True)
class HunkLine:
    """`mark` is a blank, `-` or `+`; `data` is the file's line with its newline, where it has one."""

    line: int
    mark: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Hunk:
    """`old_start` counts the file's lines from 0; `lines` begin there."""

    line: int
    old_start: int
    lines: tuple[HunkLine, ...]


@dataclass(slots=True)
class Section:
    """What the patch says of one file. `None` for a path is a file that isn't there on that side."""

    line: int
    old_path: str | None = None
    new_path: str | None = None
    executable: bool = False
    old_blob: str | None = None
    hunks: tuple[Hunk, ...] = ()
    binary: bytes | None = None


def parse_patch(patch: bytes) -> list[Section]:
    """Raises PatchRefused for anything that isn't a section, a header or a hunk as it should be."""
    reader = _Reader(byte_lines(patch if patch.endswith(b"\n") else patch + b"\n"))
    sections: list[Section] = []
    while reader.line:
        if reader.line == b"\n":
            reader.take()
        else:
            sections.append(_section(reader))
    return sections


@dataclass(slots=True)
class _Reader:
    lines: list[bytes]
    at: int = 0

    @property
    def line(self) -> bytes:
        """The line to read next; empty at the end."""
        return self.lines[self.at] if self.at < len(self.lines) else b""

    def take(self) -> bytes:
        line = self.line
        self.at += 1
        return line

    def taken(self, prefix: bytes) -> bytes | None:
        """What follows `prefix` on the next line, taken if the line has that prefix."""
        return self.take()[len(prefix) : -1] if self.line.startswith(prefix) else None

    def refuse(self, problem: str) -> PatchRefused:
        return PatchRefused(self.at + 1, problem)


def _section(reader: _Reader) -> Section:
    section = Section(reader.at + 1)
    names = reader.taken(b"diff --git ")
    if names is not None:
        if both := split_names(names):
            section.old_path, section.new_path = _name(reader, both[0], b"a/"), _name(reader, both[1], b"b/")
        while _header(reader, section):
            pass
    if reader.line.startswith(b"--- "):
        _line_names(reader, section)
        section.hunks = _hunks(reader)
    elif reader.line == b"GIT binary patch\n":
        reader.take()
        section.binary = _literal(reader)
        if _LITERAL.fullmatch(reader.line):
            _literal(reader)
    elif names is None:
        raise reader.refuse("expected a line that begins with `diff --git a/` or `--- a/`")
    elif reader.line.startswith(b"Binary files "):
        raise reader.refuse("it only says that binary files differ; make the patch with `git diff --binary`")
    if section.old_path is None and section.new_path is None:
        raise PatchRefused(section.line, "it names no file")
    return section


def _header(reader: _Reader, section: Section) -> bool:
    """Take one of git's extended header lines; False when the next line is none."""
    if (mode := reader.taken(b"new file mode ")) is not None:
        section.old_path, section.executable = None, _mode(reader, mode)
    elif (mode := reader.taken(b"deleted file mode ")) is not None:
        section.new_path = None
        _mode(reader, mode)
    elif (name := reader.taken(b"rename from ")) is not None:
        section.old_path = _name(reader, name, b"")
    elif (name := reader.taken(b"rename to ")) is not None:
        section.new_path = _name(reader, name, b"")
    elif (blobs := reader.taken(b"index ")) is not None:
        if not (found := _INDEX.fullmatch(blobs)):
            raise PatchRefused(reader.at, "the `index` line has not the form OLD..NEW")
        section.old_blob = found[1].decode("ascii")
    elif reader.line.startswith((b"old mode ", b"new mode ")):
        raise reader.refuse("it changes a file's mode, which an edit can't")
    elif reader.line.startswith((b"copy from ", b"copy to ")):
        raise reader.refuse("it copies a file; write the copy as a new file")
    elif reader.line.startswith(_IGNORED):
        reader.take()
    else:
        return False
    return True


def _mode(reader: _Reader, mode: bytes) -> bool:
    if mode not in _MODES:
        raise PatchRefused(
            reader.at, f"mode {mode.decode('latin-1')} is not an ordinary file's (100644 or 100755)"
        )
    return _MODES[mode]


def _name(reader: _Reader, name: bytes, prefix: bytes) -> str:
    if name.endswith(b"\r"):
        raise PatchRefused(reader.at, "the patch's own lines end in CRLF; give it as it was made")
    try:
        path = unquote_name(name)
    except BadFormat as error:
        raise PatchRefused(reader.at, f"{error}") from error
    start = prefix.decode("ascii")
    if not path.startswith(start) or path == start:
        raise PatchRefused(reader.at, f"the name {path!r} should begin with {start}")
    return path[len(start) :]


def _line_names(reader: _Reader, section: Section) -> None:
    """The `---` and `+++` lines, which must agree with the headers above them."""
    headed = (section.old_path, section.new_path) != (None, None)
    for mark, prefix, attribute in ((b"--- ", b"a/", "old_path"), (b"+++ ", b"b/", "new_path")):
        rest = reader.taken(mark)
        if rest is None:
            raise reader.refuse(f"expected a line that begins with `{mark.decode()}`")
        name = rest.split(b"\t")[0]
        path = None if name == b"/dev/null" else _name(reader, name, prefix)
        known: str | None = getattr(section, attribute)
        if headed and known != path:
            shown = [each or "/dev/null" for each in (path, known)]
            raise PatchRefused(reader.at, f"it names {shown[0]}, but the headers above mean {shown[1]}")
        setattr(section, attribute, path)


def _hunks(reader: _Reader) -> tuple[Hunk, ...]:
    hunks: list[Hunk] = []
    while reader.line.startswith(b"@@"):
        hunks.append(_hunk(reader))
    if not hunks:
        raise reader.refuse("expected a hunk, which begins with `@@ -LINE,COUNT +LINE,COUNT @@`")
    return tuple(hunks)


def _hunk(reader: _Reader) -> Hunk:
    found = _HUNK.fullmatch(reader.line)
    if not found:
        raise reader.refuse("a hunk's header has the form `@@ -LINE,COUNT +LINE,COUNT @@`")
    reader.take()
    first = reader.at
    old_left, new_left = (1 if count is None else int(count) for count in (found[2], found[4]))
    start = int(found[1]) - (1 if old_left else 0)
    if start < 0:
        raise PatchRefused(first, "lines count from 1")
    lines: list[HunkLine] = []
    while old_left or new_left:
        line = _hunk_line(reader)
        old_left -= line.mark in b" -"
        new_left -= line.mark in b" +"
        if old_left < 0 or new_left < 0:
            raise PatchRefused(line.line, "the hunk has other lines than its header counts")
        lines.append(line)
    return Hunk(first, start, tuple(lines))


def _hunk_line(reader: _Reader) -> HunkLine:
    number = reader.at + 1
    line = reader.take()
    if line == b"\n":
        # Some mail programs and editors strip the blank from an empty line of context; git takes that, too.
        line = b" \n"
    mark, data = line[:1], line[1:]
    if mark not in (b" ", b"-", b"+"):
        raise PatchRefused(number, "the hunk ends before it has as many lines as its header counts")
    if reader.line.startswith(b"\\ "):
        reader.take()
        data = data[:-1]
    return HunkLine(number, mark, data)


def _literal(reader: _Reader) -> bytes:
    found = _LITERAL.fullmatch(reader.line)
    if not found:
        raise reader.refuse("expected `literal SIZE`")
    if found[1] == b"delta":
        raise reader.refuse("it is a binary delta; only whole contents (`literal`) can be read")
    reader.take()
    first = reader.at
    lines: list[bytes] = []
    while reader.line not in (b"\n", b""):
        lines.append(reader.take()[:-1])
    reader.take()
    try:
        return read_literal(int(found[2]), lines, MAX_LITERAL_BYTES)
    except BadFormat as error:
        raise PatchRefused(first, f"the binary content can't be read: {error}") from error
