"""A multi-file edit against one Snapshot. All or nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace `text[start:end]` by `new_text`. Offsets count code points of the text as it was before any edit."""

    start: int
    end: int
    new_text: str

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")


@dataclass(frozen=True, slots=True)
class CreateFile:
    path: str
    data: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class ModifyFile:
    """`base_digest` is the digest of the content the edits were made for. Edits are sorted and don't overlap."""

    path: str
    base_digest: str
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True, slots=True)
class RenameFile:
    path: str
    new_path: str
    base_digest: str


@dataclass(frozen=True, slots=True)
class DeleteFile:
    path: str
    base_digest: str


FileChange = CreateFile | ModifyFile | RenameFile | DeleteFile


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Changes in the order they are to be applied. Paths are relative to the workspace folder, with `/`."""

    changes: tuple[FileChange, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path the ChangeSet touches, old and new names both, each once, in order."""
        touched: list[str] = []
        for change in self.changes:
            touched.append(change.path)
            if isinstance(change, RenameFile):
                touched.append(change.new_path)
        return tuple(dict.fromkeys(touched))
