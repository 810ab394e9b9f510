"""An immutable view of one workspace folder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from macrohard_lsp.core.files import SourceFile


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Files of one workspace folder at one moment, the editor's unsaved buffers laid over the disk's.

    `root` is absolute with links resolved. `files` are keyed by their path relative to `root`.
    `overlaid` names the paths whose content here differs from the disk's (a Machine has to be given
    those). `sequence` orders snapshots of one folder: a later one has a larger number. `notes` are
    sentences for a person about what was left out and why.
    """

    root: Path
    files: Mapping[str, SourceFile]
    sequence: int = 0
    overlaid: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))

    def get(self, path: str) -> SourceFile | None:
        return self.files.get(path)

    def python_files(self) -> Iterator[SourceFile]:
        """The editable Python sources, in path order."""
        for path in sorted(self.files):
            file = self.files[path]
            if path.endswith((".py", ".pyi")) and file.text is not None:
                yield file
