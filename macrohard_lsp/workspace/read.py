"""Reads a workspace folder into a Snapshot. A file that can't be held as text is listed, never an error."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from macrohard_lsp.core.encoding import decode
from macrohard_lsp.core.files import FileNotEditable, SourceFile, digest_of
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.workspace.folder import WorkspaceRefused, check_folder
from macrohard_lsp.workspace.walk import Walk, is_listed, shown, walk_workspace

MAX_FILE_BYTES = 2_000_000
MAX_TEXT_BYTES = 256_000_000  # of all files together; what comes later is listed without its text.

UNREAD = "unread-"
"""How the digest of a file begins that was never read: it tells versions apart, but identifies no bytes."""

_NO_BUFFERS: Mapping[str, str] = {}


@dataclass(slots=True)
class _Reading:
    root: str
    files: dict[str, SourceFile] = field(default_factory=dict[str, SourceFile])
    vanished: list[str] = field(default_factory=list[str])
    denied: list[str] = field(default_factory=list[str])
    text_bytes: int = 0


def read_snapshot(
    folder: Path,
    *,
    buffers: Mapping[str, str] = _NO_BUFFERS,
    exclude: Sequence[str] = (),
    sequence: int = 0,
    home: Path | None = None,
) -> Snapshot:
    """Read the files git would list below `folder`, with `buffers` (path to unsaved text) laid over them.

    `exclude` are further patterns in git's notation. `home` is None for the user's own home directory.
    Raises WorkspaceRefused, with a sentence, for a folder that can't be a workspace or that goes away.
    """
    root = check_folder(folder, home)
    identity = _identity(root)
    walk = walk_workspace(root, exclude)
    reading = _Reading(walk.root)
    for path in walk.files:
        _read_listed(reading, path)
    _add_links(reading, walk.links)
    if _identity(root) != identity:
        raise WorkspaceRefused(f"{root} was deleted or replaced while it was being read; open it again.")
    notes = [*walk.notes, *_notes(reading)]
    overlaid = _overlay(reading.files, walk, buffers, notes)
    return Snapshot(root, reading.files, sequence, frozenset(overlaid), frozenset(), tuple(notes))


def read_file(root: Path, path: str) -> SourceFile:
    """One file as `read_snapshot` would list it. Raises OSError where there is no such regular file."""
    return _read(str(root), path, with_text=True)


def _identity(root: Path) -> tuple[int, int]:
    try:
        found = root.stat()
    except OSError as error:
        raise WorkspaceRefused(f"{root} was deleted while it was being read; open it again.") from error
    return found.st_dev, found.st_ino


def _read_listed(reading: _Reading, path: str) -> None:
    try:
        file = _read(reading.root, path, with_text=reading.text_bytes < MAX_TEXT_BYTES)
    except FileNotFoundError:
        reading.vanished.append(path)
        return
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        reading.denied.append(path)
        file = SourceFile(path, UNREAD + "denied", 0, None, not_text=f"it can't be read: {reason}")
    if file.text is not None:
        reading.text_bytes += file.size
    reading.files[path] = file


def _read(root: str, path: str, *, with_text: bool) -> SourceFile:
    # A link or a fifo may have taken the file's place since the walk: neither is followed nor waited for.
    descriptor = os.open(f"{root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(f"{path} is not a regular file")
        executable = bool(found.st_mode & 0o111)
        data = _bytes_of(descriptor, found.st_size)
    finally:
        os.close(descriptor)
    if data is None:
        digest = f"{UNREAD}{found.st_size}-{found.st_mtime_ns}"
        reason = f"it is larger than {MAX_FILE_BYTES // 1_000_000} MB"
        return SourceFile(path, digest, found.st_size, None, executable=executable, not_text=reason)
    if not with_text:
        reason = f"the folder holds more than {MAX_TEXT_BYTES // 1_000_000} MB of text"
        return SourceFile(path, digest_of(data), len(data), None, executable=executable, not_text=reason)
    decoded = decode(data, path)
    return SourceFile(
        path, digest_of(data), len(data), decoded.text, decoded.encoding, executable, decoded.not_text
    )


def _bytes_of(descriptor: int, size: int) -> bytes | None:
    """The whole file, or None where it is over the cap; a file may grow while it is read."""
    if size > MAX_FILE_BYTES:
        return None
    data = os.read(descriptor, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    total = len(data)
    while total <= MAX_FILE_BYTES:
        part = os.read(descriptor, MAX_FILE_BYTES + 1 - total)
        if not part:
            return b"".join(parts)
        parts.append(part)
        total += len(part)
    return None


def _add_links(reading: _Reading, links: Sequence[str]) -> None:
    """A link counts only where it leads to a listed file: nothing outside, ignored or in `.git`."""
    inside = reading.root + "/"
    targets = dict(reading.files)
    for link in links:
        target = os.path.realpath(inside + link)
        if target.startswith(inside) and (file := targets.get(target[len(inside) :])) is not None:
            reading.files[link] = replace(file, path=link)


def _notes(reading: _Reading) -> list[str]:
    notes: list[str] = []
    if reading.denied:
        notes.append(f"Listed without their text because they can't be read: {shown(reading.denied)}.")
    if reading.vanished:
        notes.append(f"Deleted while the folder was being read: {shown(reading.vanished)}.")
    if reading.text_bytes >= MAX_TEXT_BYTES:
        notes.append(
            f"The folder holds more than {MAX_TEXT_BYTES // 1_000_000} MB of text; the rest has none here."
        )
    return notes


def _overlay(
    files: dict[str, SourceFile], walk: Walk, buffers: Mapping[str, str], notes: list[str]
) -> list[str]:
    overlaid: list[str] = []
    for path, text in buffers.items():
        base = files.get(path) or _new_file(walk, path)
        if base is None or (path in files and base.text == text):
            continue
        try:
            # Some editors keep the byte order mark in the buffer; it is not part of a Snapshot's text.
            marked = base.encoding == "utf-8-sig" and text.startswith("\ufeff")
            files[path] = base.with_text(text[1:] if marked else text)
        except FileNotEditable as error:
            notes.append(f"The unsaved text was not used, but the file as it is on disk: {error}.")
            continue
        overlaid.append(path)
    return overlaid


def _new_file(walk: Walk, path: str) -> SourceFile | None:
    """An empty file for a buffer that was never saved; None where the Snapshot wouldn't list such a file."""
    pure = PurePosixPath(path)
    plain = bool(path) and str(pure) == path and not pure.is_absolute() and ".." not in pure.parts
    if not plain or "\0" in path or not is_listed(walk, path):
        return None
    return SourceFile(path, "", 0, "")
