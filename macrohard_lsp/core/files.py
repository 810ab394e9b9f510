"""One file as the team sees it: its text where it has one, and a digest that identifies it."""

import codecs
import hashlib
import io
import tokenize
from dataclasses import dataclass, replace

# Decoding these takes time that grows with the square of the length, and no file is written in them.
_NOT_FOR_FILES = frozenset({"idna", "punycode"})


class FileNotEditable(ValueError):
    """Raised when text is asked of, or given to, a file that can only be handled as bytes."""


def digest_of(data: bytes) -> str:
    """Identify file content: 32 hexadecimal digits of BLAKE2b."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a Snapshot.

    `path` is relative to the workspace folder, with `/`. `text` is None where the file is binary,
    too large, unreadable, or does not encode back to its own bytes; `not_text` then says which, in
    words for a person, and the file is never edited. `encoding` is a Python codec name;
    `utf-8-sig` stands for a byte order mark, which is not part of `text`. `data` are the bytes of a
    file without text where they exist nowhere else yet, as in a binary file a ChangeSet creates.
    """

    path: str
    digest: str
    size: int
    text: str | None
    encoding: str = "utf-8"
    executable: bool = False
    not_text: str = ""
    data: bytes | None = None

    def encode(self) -> bytes:
        """The file's bytes. Raises FileNotEditable when they are not held here, only on the disk."""
        if self.text is None and self.data is not None:
            return self.data
        if self.text is None:
            raise FileNotEditable(f"{self.path}: {self.not_text}")
        return self.text.encode(self.encoding)

    def with_text(self, text: str) -> "SourceFile":
        """The same file with other text in the same encoding. Raises FileNotEditable if it doesn't encode."""
        if self.text is None:
            raise FileNotEditable(f"{self.path}: {self.not_text}")
        try:
            data = text.encode(self.encoding)
        except UnicodeEncodeError as error:
            character = text[error.start]
            raise FileNotEditable(
                f"{self.path}: {character!r} has no place in the file's encoding, {self.encoding}"
            ) from error
        return replace(self, text=text, digest=digest_of(data), size=len(data))


def source_file(path: str, data: bytes, executable: bool = False) -> SourceFile:
    """The file that `data` makes: text in UTF-8 or in the encoding a Python file names, else bytes."""
    encoding, text, not_text = _decode(path, data)
    return SourceFile(
        path=path,
        digest=digest_of(data),
        size=len(data),
        text=text,
        encoding=encoding,
        executable=executable,
        not_text=not_text,
        data=data if text is None else None,
    )


def _decode(path: str, data: bytes) -> tuple[str, str | None, str]:
    """Encoding, text, and where there is no text the reason."""
    if b"\0" in data:
        return "utf-8", None, "it has NUL bytes, so it is not text"
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        if path.endswith((".py", ".pyi")):
            encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
            if codecs.lookup(encoding).name in _NOT_FOR_FILES:
                return encoding, None, f"it names {encoding}, which is not an encoding for files"
        text = data.decode(encoding)
        same = text.encode(encoding) == data
    except (SyntaxError, LookupError, UnicodeError):
        return encoding, None, "its bytes are not text in UTF-8 or in the encoding it names"
    if not same:
        return encoding, None, f"its text does not encode back to the same bytes in {encoding}"
    return encoding, text, ""
