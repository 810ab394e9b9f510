"""What a person made of the Fixes they were offered: by kind of edit, how many were accepted and how many dismissed.

Names of kinds of edits and numbers, never anything of the person's code: one small file for each folder, replaced
whole, under the user's state directory.
"""

import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from macrohard_lsp.core.files import digest_of
from macrohard_lsp.runs.storage import locked

DIRECTORY = "decisions"
FORMAT = 1
MOST_FOLDERS = 100
"""The folders decided in longest ago make room."""
MOST_KINDS = 500
MOST_BYTES = 128 * 1024
MOST_COUNTED = 50
"""Of one kind of edit; where it is more, the numbers are halved, so that what was decided lately counts for more."""
WAIT_SECONDS = 1.0
"""How long to wait for another process that writes. It takes about a millisecond."""

_KIND = re.compile(r"[a-z][a-z0-9-]{0,39}")
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class DecisionsUnavailable(Exception):
    """They can't be read or written. The text is a sentence for a person that says what to do next."""


@dataclass(frozen=True, slots=True)
class Decided:
    """How often Fixes of one kind of edit were accepted, and dismissed."""

    accepted: int = 0
    dismissed: int = 0

    def bounded(self) -> "Decided":
        if self.accepted + self.dismissed <= MOST_COUNTED:
            return self
        return Decided(self.accepted // 2, self.dismissed // 2)


@dataclass(frozen=True, slots=True)
class Decisions:
    """Those of one folder. `note` is a sentence about a damaged file that was begun anew, empty where none was."""

    kinds: Mapping[str, Decided]
    note: str = ""


class DecisionBook:
    """The decisions in all folders of a user; several threads and processes may read and add to them at once.

    Folders have their links resolved. All methods raise DecisionsUnavailable.
    """

    def __init__(self, state_dir: Path) -> None:
        self._directory = state_dir / DIRECTORY

    def of(self, folder: Path) -> Decisions:
        try:
            return Decisions(self._read(folder))
        except _UNREADABLE:
            pass
        with self._alone():
            return self._begun(folder)

    def add(self, folder: Path, accepted: Iterable[str] = (), dismissed: Iterable[str] = ()) -> Decisions:
        """Count one more of each of these kinds of edits. What comes of it is the answer."""
        more, less = Counter(filter(_KIND.fullmatch, accepted)), Counter(filter(_KIND.fullmatch, dismissed))
        with self._alone():
            begun = self._begun(folder)
            kinds = dict(begun.kinds)
            for kind in (*more, *(kind for kind in less if kind not in more)):
                before = kinds.pop(kind, Decided())
                kinds[kind] = Decided(before.accepted + more[kind], before.dismissed + less[kind]).bounded()
            # What was decided last stands last, and the first make room.
            kept = dict(list(kinds.items())[-MOST_KINDS:])
            self._write(folder, kept)
            return Decisions(kept, begun.note)

    def forget(self, folder: Path) -> bool:
        """Whether there was anything to forget."""
        with self._alone():
            place = self._place(folder)
            known = place.exists()
            place.unlink(missing_ok=True)
            return known

    def _begun(self, folder: Path) -> Decisions:
        """What is there; a damaged file is replaced by an empty one. Nobody else writes meanwhile."""
        try:
            return Decisions(self._read(folder))
        except _UNREADABLE:
            self._write(folder, {})
            return Decisions(
                {}, f"What was learned of fixes accepted in {folder} could not be read; it is begun anew."
            )

    def _read(self, folder: Path) -> dict[str, Decided]:
        try:
            with self._place(folder).open("rb") as file:
                text = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unavailable(error) from error
        if len(text) > MOST_BYTES:
            raise ValueError("more than was ever written")
        return _unpacked(json.loads(text), folder)

    def _write(self, folder: Path, kinds: Mapping[str, Decided]) -> None:
        packed = {name: asdict(decided) for name, decided in kinds.items()}
        data = json.dumps({"format": FORMAT, "folder": str(folder), "kinds": packed}).encode()
        try:
            descriptor, name = tempfile.mkstemp(dir=self._directory, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                Path(name).replace(self._place(folder))
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._forget_the_oldest()
        except OSError as error:
            raise self._unavailable(error) from error

    def _forget_the_oldest(self) -> None:
        kept = sorted(self._directory.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-MOST_FOLDERS]:
            path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Generator[None]:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self._directory / "lock", WAIT_SECONDS):
                yield
        except OSError as error:
            raise self._unavailable(error) from error

    def _place(self, folder: Path) -> Path:
        return self._directory / f"{digest_of(os.fsencode(folder))}.json"

    def _unavailable(self, error: OSError) -> DecisionsUnavailable:
        return DecisionsUnavailable(
            f"What is learned of fixes that you accept can't be kept in {self._directory}: "
            f"{error.strerror or error}. Make it writable; until then the search goes by its usual order."
        )


def _unpacked(data: Any, folder: Path) -> dict[str, Decided]:
    """Raises one of `_UNREADABLE` for what was not written by this program."""
    if data["format"] != FORMAT or data["folder"] != str(folder) or len(data["kinds"]) > MOST_KINDS:
        raise ValueError("another format, or another folder")
    kinds: dict[str, Decided] = {}
    for kind, counts in data["kinds"].items():
        accepted, dismissed = counts["accepted"], counts["dismissed"]
        if not (_KIND.fullmatch(kind) and type(accepted) is type(dismissed) is int):
            raise ValueError("no kind of edit, or no number")
        if not 0 <= min(accepted, dismissed) <= accepted + dismissed <= MOST_COUNTED:
            raise ValueError("no number of decisions")
        kinds[kind] = Decided(accepted, dismissed)
    return kinds
