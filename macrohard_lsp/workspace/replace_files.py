"""Replaces, creates and deletes several files, all or nothing."""

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TEMPORARY = ".macrohard-tmp"
"""How the names of files end that stand beside the user's while a change is written."""


class NotWritten(Exception):
    """The change could not be written, and the disk is as it was. The message is a sentence for a person."""


class PartlyWritten(Exception):
    """The change could not be written whole nor taken back; the message says where the old files are."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What becomes of one absolute path: `data` is its new content, None to delete it.

    `mode_from` is an existing file whose permissions and owner the new one takes over, if any.
    """

    path: Path
    data: bytes | None
    mode_from: Path | None = None
    executable: bool = False


@dataclass(slots=True)
class _Staged:
    """Everything prepared for one replacement; `backup` is None where nothing stood before."""

    path: Path
    new: Path | None = None
    backup: Path | None = None
    done: bool = False


@dataclass(slots=True)
class _Work:
    staged: list[_Staged] = field(default_factory=list[_Staged])
    folders: list[Path] = field(default_factory=list[Path])


def replace_files(replacements: Sequence[Replacement], check: Callable[[], None]) -> None:
    """Carry out every replacement, or none.

    New content and a second name for every old file are on the disk before the first file changes, so
    that taking back needs no space. `check` is called in between, and stops everything by raising.
    Raises NotWritten, PartlyWritten, or what `check` raises. A process killed between the
    replacements of two files leaves the first changed, with its old content beside it.
    """
    work = _Work()
    try:
        for replacement in replacements:
            _stage(work, replacement)
        check()
        for staged in work.staged:
            _commit(staged)
    except BaseException as error:
        _take_back(work, error)
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise NotWritten(
                f"Nothing was changed: {error.filename or 'a file'} could not be written ({reason.lower()}). "
                "Make room or check the permissions there, then try again."
            ) from error
        raise
    _clear(work)


def _stage(work: _Work, replacement: Replacement) -> None:
    path = replacement.path
    _make_folders(work, path.parent)
    staged = _Staged(path)
    work.staged.append(staged)
    if replacement.data is not None:
        staged.new = _temporary(path)
        _write_new(staged.new, replacement)
    if os.path.lexists(path):
        staged.backup = _temporary(path)
        try:
            os.link(path, staged.backup, follow_symlinks=False)
        except OSError:  # Not every file system has hard links; a copy serves, at the cost of its space.
            shutil.copy2(path, staged.backup, follow_symlinks=False)


def _make_folders(work: _Work, folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folders(work, folder.parent)
    folder.mkdir()
    work.folders.append(folder)


def _temporary(path: Path) -> Path:
    # Cut so that the name stays within the 255 bytes a file system allows, whatever the characters.
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}{TEMPORARY}")


def _write_new(temporary: Path, replacement: Replacement) -> None:
    assert replacement.data is not None
    old = replacement.mode_from.stat() if replacement.mode_from is not None else None
    created = 0o777 if replacement.executable else 0o666
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, created)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(replacement.data)
            file.flush()
            if old is not None:
                _take_over(descriptor, old)
            os.fsync(descriptor)
            _avoid_stale_bytecode(descriptor, old, len(replacement.data))
    except OSError as error:
        error.filename = str(replacement.path)
        raise


def _take_over(descriptor: int, old: os.stat_result) -> None:
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (old.st_uid, old.st_gid):
        # Only a privileged user can give a file away; for others the new file is theirs, as after any save.
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _avoid_stale_bytecode(descriptor: int, old: os.stat_result | None, size: int) -> None:
    """Python trusts a `.pyc` of the same size and the same second; a quick edit must not look like that."""
    now = os.fstat(descriptor)
    if old is not None and old.st_size == size and int(old.st_mtime) == int(now.st_mtime):
        os.utime(descriptor, (now.st_atime, int(now.st_mtime) + 1))


def _commit(staged: _Staged) -> None:
    if staged.new is not None:
        staged.new.replace(staged.path)
    else:
        staged.path.unlink()
    staged.done = True
    _sync_folder(staged.path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems can't sync a folder; the files themselves are on the disk.
        return
    finally:
        os.close(descriptor)


def _take_back(work: _Work, cause: BaseException) -> None:
    lost: list[str] = []
    for staged in reversed(work.staged):
        if not staged.done:
            continue
        try:
            if staged.backup is not None:
                staged.backup.replace(staged.path)
            else:
                staged.path.unlink()
        except OSError as error:
            lost.append(f"{staged.path} (its old content is in {staged.backup}: {error.strerror})")
            staged.backup = None
    _clear(work)
    for folder in reversed(work.folders):
        with contextlib.suppress(OSError):  # Somebody else put something there; then it stays.
            folder.rmdir()
    if lost:
        raise PartlyWritten(
            f"The change failed ({cause}) and could not be taken back for: {'; '.join(lost)}. "
            "Move the old content back by hand."
        ) from cause


def _clear(work: _Work) -> None:
    for staged in work.staged:
        for temporary in (staged.new, staged.backup):
            if temporary is not None:
                with contextlib.suppress(OSError):  # A leftover beside the file harms nothing.
                    temporary.unlink(missing_ok=True)
