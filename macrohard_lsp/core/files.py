"""One file as the team sees it: its text where it has one, and a digest that identifies it."""

import hashlib
from dataclasses import dataclass, replace

from macrohard_lsp.core.encoding import decode


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
    decoded = decode(data, path)
    return SourceFile(
        path=path,
        digest=digest_of(data),
        size=len(data),
        text=decoded.text,
        encoding=decoded.encoding,
        executable=executable,
        not_text=decoded.not_text,
        data=data if decoded.text is None else None,
    )
