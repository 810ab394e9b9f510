"""The parts of git's patch format that are not plain text: quoted names, object names, binary literals."""

import base64
import hashlib
import re
import zlib
from collections.abc import Sequence

_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
_UNESCAPES = {letter: bytes([code]) for code, letter in _ESCAPES.items()}
_ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-3][0-7][0-7])')
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*+)"')

# One line of a binary literal holds so many bytes, and says how many in its first character.
_LINE_BYTES = 52
_LENGTHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class BadFormat(ValueError):
    """What stands there is not what git writes. The message is a sentence."""


def path_bytes(path: str) -> bytes:
    """A path as the disk names it; names that aren't UTF-8 were read with surrogate escapes."""
    return path.encode("utf-8", "surrogateescape")


def quote_name(path: str, *, spaces: bool = False) -> bytes:
    """The name as git prints it: in double quotes with C escapes where a byte is not plain ASCII.

    `spaces` asks for quotes around a name with spaces, too; git reads them, though it doesn't write them.
    """
    name = path_bytes(path)
    if not (spaces and b" " in name) and all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in name):
        return name
    quoted = "".join(
        f"\\{_ESCAPES[byte]}" if byte in _ESCAPES else chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
        for byte in name
    )
    return f'"{quoted}"'.encode("ascii")


def unquote_name(name: bytes) -> str:
    """The path that `quote_name` printed. Raises BadFormat."""
    if name.startswith(b'"'):
        found = _QUOTED.fullmatch(name)
        inner = found[1] if found else b"\\"
        if b"\\" in _ESCAPE.sub(b"", inner):
            raise BadFormat(f"{name.decode('utf-8', 'replace')} is not a name quoted as git does")
        name = _ESCAPE.sub(lambda escape: _unescaped(escape[1]), inner)
    return name.decode("utf-8", "surrogateescape")


def _unescaped(escape: bytes) -> bytes:
    return bytes([int(escape, 8)]) if len(escape) == 3 else _UNESCAPES[escape.decode("ascii")]


def split_names(names: bytes) -> tuple[bytes, bytes] | None:
    """The two names of a `diff --git` line, still quoted; None where they can't be told apart.

    Unquoted names may hold spaces; they are told apart only where both are the same but for the prefix.
    """
    if names.startswith(b'"') and (first := _QUOTED.match(names)):
        return first[0], names[first.end() + 1 :]
    if names.endswith(b'"') and (at := names.find(b' "')) > 0:
        return names[:at], names[at + 1 :]
    middle = len(names) // 2
    first, second = names[:middle], names[middle + 1 :]
    same = names[middle : middle + 1] == b" " and first[2:] == second[2:]
    return (first, second) if same else None


def blob_name(data: bytes) -> str:
    """The name git gives to file content in a SHA-1 repository."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def write_literal(data: bytes) -> bytes:
    """A `literal` of a binary patch, with the empty line that ends it."""
    packed = zlib.compress(data)
    lines = [b"literal %d\n" % len(data)]
    for start in range(0, len(packed), _LINE_BYTES):
        piece = packed[start : start + _LINE_BYTES]
        lines.append(_LENGTHS[len(piece) - 1].encode() + base64.b85encode(piece, pad=True) + b"\n")
    return b"".join([*lines, b"\n"])


def read_literal(size: int, lines: Sequence[bytes], limit: int) -> bytes:
    """The content of a `literal` of `size` bytes. Raises BadFormat, also for more than `limit` bytes."""
    if size > limit:
        raise BadFormat(f"it holds {size} bytes, and {limit} is the most a patch may bring")
    packed = b"".join(_literal_line(line) for line in lines)
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, size + 1)
    except zlib.error as error:
        raise BadFormat("its data is damaged") from error
    if len(data) != size or (size and not unpacker.eof):
        raise BadFormat(f"its data does not hold the {size} bytes it speaks of")
    return data


def _literal_line(line: bytes) -> bytes:
    length = _LENGTHS.find(line[:1].decode("latin-1")) + 1
    try:
        piece = base64.b85decode(line[1:])
    except ValueError as error:
        raise BadFormat("its data is damaged") from error
    if not line or length == 0 or not length <= len(piece) < length + 4:
        raise BadFormat("its data is damaged")
    return piece[:length]
