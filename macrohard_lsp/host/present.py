"""A workspace folder's files as they are now: the editor's buffers over the disk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from macrohard_lsp.core.files import FileNotEditable, SourceFile, source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.host.client.messages import Buffer
from macrohard_lsp.workspace.read import read_file


@dataclass(frozen=True, slots=True)
class Present:
    """`root` is absolute with links resolved. `buffers` are the open documents by path."""

    root: Path
    buffers: Mapping[str, Buffer]

    def file(self, path: str) -> SourceFile | None:
        """The file as the editor shows it, or as it is on disk; None where there is none."""
        try:
            on_disk = read_file(self.root, path)
        except (OSError, ValueError):
            on_disk = None
        buffer = self.buffers.get(path)
        if buffer is None:
            return on_disk
        try:
            return (on_disk or source_file(path, b"")).with_text(buffer.text.removeprefix("\ufeff"))
        except FileNotEditable as error:
            # The editor reads the file in another encoding than it is written in: it is never edited.
            reason = f"the editor shows text that can't be written back ({error})"
            return replace(on_disk, text=None, not_text=reason) if on_disk is not None else None

    def version(self, path: str) -> int | None:
        buffer = self.buffers.get(path)
        return buffer.version if buffer is not None else None

    def snapshot(self, paths: Iterable[str]) -> Snapshot:
        """A Snapshot of these files alone, as far as they exist."""
        found = ((path, self.file(path)) for path in paths)
        return Snapshot(self.root, {path: file for path, file in found if file is not None})
