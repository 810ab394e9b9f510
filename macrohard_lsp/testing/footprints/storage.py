"""Footprints on the disk: one small file for each folder, read and written whole."""

import contextlib
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from macrohard_lsp.core.files import digest_of
from macrohard_lsp.testing.footprints.model import Footprints, Kept, KeptFile, Module, Needs

FORMAT = 4
MOST_FOLDERS = 100
MOST_BYTES = 64 * 2**20
"""Of one file, unpacked: a folder of which more would have to be kept is begun anew with each start."""


def read_footprints(directory: Path, folder: Path) -> Footprints | None:
    """What was kept of a folder; None where that is nothing, or can't be read (it is only ever a help)."""
    try:
        packed = _place(directory, folder).read_bytes()
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(packed, MOST_BYTES)
        data: Any = json.loads(text if unpacker.eof else b"null")
        return _unpacked(data) if data["format"] == FORMAT and data["folder"] == str(folder) else None
    except (OSError, zlib.error, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_footprints(directory: Path, folder: Path, footprints: Footprints) -> None:
    """Replace what is kept of a folder. Raises OSError."""
    data = json.dumps({"format": FORMAT, "folder": str(folder), **_packed(footprints)}).encode()
    place = _place(directory, folder)
    if len(data) > MOST_BYTES:
        place.unlink(missing_ok=True)
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=directory, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(zlib.compress(data, 1))
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _forget_the_oldest(directory)


def _forget_the_oldest(directory: Path) -> None:
    kept = sorted(directory.glob("*.json.z"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-MOST_FOLDERS]:
        with contextlib.suppress(OSError):
            path.unlink()


def _place(directory: Path, folder: Path) -> Path:
    return directory / f"{digest_of(os.fsencode(folder))}.json.z"


def _packed(footprints: Footprints) -> dict[str, Any]:
    return {
        "conditions": footprints.conditions,
        "tests": {
            name: [kept.seconds, kept.broke, _listed(kept.needs)] for name, kept in footprints.tests.items()
        },
        "files": {path: [list(file.ids), _listed(file.needs)] for path, file in footprints.files.items()},
        "outside": _listed(footprints.outside),
        "modules": {
            key: [module.body, dict(module.bindings), dict(module.heads)]
            for key, module in footprints.modules.items()
        },
        "known": sorted(footprints.known),
    }


def _unpacked(data: Mapping[str, Any]) -> Footprints:
    return Footprints(
        conditions=str(data["conditions"]),
        tests={
            name: Kept(_needs(needs), float(seconds), bool(broke))
            for name, (seconds, broke, needs) in data["tests"].items()
        },
        files={path: KeptFile(tuple(ids), _needs(needs)) for path, (ids, needs) in data["files"].items()},
        outside=_needs(data["outside"]),
        modules={key: Module(*parts) for key, parts in data["modules"].items()},
        known=frozenset(data["known"]),
    )


def _listed(needs: Needs) -> dict[str, list[str]]:
    return {path: sorted(digests) for path, digests in needs.items()}


def _needs(data: Mapping[str, list[str]]) -> Needs:
    return {path: frozenset(digests) for path, digests in data.items()}
