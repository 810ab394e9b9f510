"""From a file's bytes to its text, only where the text encodes back to exactly those bytes."""

import codecs
import re
from dataclasses import dataclass

PYTHON_SUFFIXES = (".py", ".pyi")

# Python looks for the coding line in the first two lines only, and only behind a blank or comment line.
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_CODING_LINES = 2

# Decoding these takes time that grows with the square of the length, and no file is written in them.
_NOT_FOR_FILES = frozenset({"idna", "punycode"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """`text` is None where the bytes can't be held as text; `not_text` then says why."""

    text: str | None
    encoding: str = "utf-8"
    not_text: str = ""


def decode(data: bytes, path: str) -> Decoded:
    """Decode a file's bytes; `path` tells Python sources, whose coding line counts, from other files."""
    if data.startswith(codecs.BOM_UTF8):
        return _strict(data, "utf-8-sig")
    is_python = path.endswith(PYTHON_SUFFIXES)
    if not is_python and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(data, "utf-16")
    if b"\0" in data:
        return Decoded(None, not_text="it is a binary file")
    if is_python and (cookie := _coding_line(data)) is not None:
        return _by_cookie(data, cookie)
    return _strict(data, "utf-8")


def _coding_line(data: bytes) -> str | None:
    start = 0
    for _ in range(_CODING_LINES):
        end = _LINE_END.search(data, start)
        line = data[start : end.start() if end else len(data)]
        if found := _CODING.match(line):
            return found[1].decode("ascii")
        if end is None or not _BLANK.match(line):
            return None
        start = end.end()
    return None


def _by_cookie(data: bytes, cookie: str) -> Decoded:
    name = _normal_name(cookie)
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return Decoded(
            None, not_text=f"its coding line names {cookie!r}, an encoding this Python doesn't know"
        )
    if known in _NOT_FOR_FILES:
        return Decoded(None, not_text=f"its coding line names {cookie!r}, which is not an encoding for files")
    decoded = _strict(data, known)
    if decoded.text is not None and cookie not in decoded.text:
        return Decoded(None, not_text=f"its coding line names {cookie!r}, but the file is not written in it")
    return decoded


def _normal_name(cookie: str) -> str:
    """As Python's tokenizer understands the name: `utf-8-unix` and `latin-1-dos` are encodings, too."""
    name = cookie.lower().replace("_", "-")
    for normal, spellings in (
        ("utf-8", ("utf-8",)),
        ("iso-8859-1", ("latin-1", "iso-8859-1", "iso-latin-1")),
    ):
        if any(name == spelling or name.startswith(spelling + "-") for spelling in spellings):
            return normal
    return cookie


def _strict(data: bytes, encoding: str) -> Decoded:
    try:
        text = data.decode(encoding)
        same = text.encode(encoding) == data
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(data, 0, error.start)) + 1
        return Decoded(
            None,
            not_text=f"line {line} is not valid {_shown(encoding)}, and the file names no other encoding",
        )
    except (UnicodeError, LookupError, ValueError):
        # Some codecs raise more than UnicodeDecodeError, and some (`rot13`) aren't text encodings at all.
        return Decoded(None, not_text=f"its bytes can't be read as {_shown(encoding)}")
    if "\0" in text:
        return Decoded(None, not_text="it is a binary file")
    if not same:
        return Decoded(None, not_text=f"read as {_shown(encoding)}, it would not come out byte for byte")
    return Decoded(text, encoding)


def _shown(encoding: str) -> str:
    return "UTF-8" if encoding in ("utf-8", "utf-8-sig") else encoding
