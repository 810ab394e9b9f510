"""What was decided on fixes is counted, whoever writes at the same time, and nothing else is kept."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from macrohard_lsp.runs.decisions import (
    DIRECTORY,
    MOST_COUNTED,
    MOST_FOLDERS,
    MOST_KINDS,
    Decided,
    DecisionBook,
    DecisionsUnavailable,
)
from macrohard_lsp.runs.storage import locked

Start = Callable[..., "subprocess.Popen[str]"]
FOLDER = Path("/w/project")
WRITER = """
import sys
from pathlib import Path
from macrohard_lsp.runs.decisions import DecisionBook
book = DecisionBook(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    book.add(Path("/w/project"), ["variable"], ["constant"])
"""


@pytest.fixture
def book(tmp_path: Path) -> DecisionBook:
    return DecisionBook(tmp_path)


def file_of(state: Path) -> Path:
    (path,) = (state / DIRECTORY).glob("*.json")
    return path


def test_decisions_are_counted_by_folder_and_forgotten(book: DecisionBook, tmp_path: Path) -> None:
    assert book.of(FOLDER).kinds == {}
    assert not book.forget(FOLDER)
    book.add(FOLDER, ["variable", "constant"])
    book.add(FOLDER, ["variable"], ["guard"])
    book.add(Path("/w/other"), ["slice"])
    assert DecisionBook(tmp_path).of(FOLDER).kinds == {
        "variable": Decided(2, 0),
        "constant": Decided(1, 0),
        "guard": Decided(0, 1),
    }
    assert book.forget(FOLDER)
    assert book.of(FOLDER).kinds == {}
    assert book.of(Path("/w/other")).kinds == {"slice": Decided(1, 0)}


def test_nothing_but_kinds_of_edits_is_kept(book: DecisionBook, tmp_path: Path) -> None:
    book.add(FOLDER, ["variable", "use `password` instead of `x`", "x = 1", "x" * 41, ""], ["Kind", "a+b"])
    assert set(json.loads(file_of(tmp_path).read_text())["kinds"]) == {"variable"}
    assert file_of(tmp_path).stat().st_mode & 0o077 == 0


def test_it_stays_small_and_what_was_decided_lately_counts_for_more(
    book: DecisionBook, tmp_path: Path
) -> None:
    book.add(FOLDER, ["variable"] * MOST_COUNTED)
    assert book.add(FOLDER, [], ["variable"]).kinds == {"variable": Decided(MOST_COUNTED // 2, 0)}
    book.add(FOLDER, [f"kind-{number}" for number in range(MOST_KINDS)])
    kinds = book.of(FOLDER).kinds
    assert (len(kinds), "variable" in kinds, "kind-0" in kinds) == (MOST_KINDS, False, True)
    for number in range(MOST_FOLDERS + 3):
        book.add(Path(f"/w/{number}"), ["slice"])
        os.utime(max((tmp_path / DIRECTORY).glob("*.json"), key=lambda path: path.stat().st_mtime_ns), None)
    assert len(list((tmp_path / DIRECTORY).glob("*.json"))) == MOST_FOLDERS
    assert book.of(Path(f"/w/{MOST_FOLDERS + 2}")).kinds == {"slice": Decided(1, 0)}


def test_two_processes_lose_nothing(tmp_path: Path, start_python: Start) -> None:
    each = MOST_COUNTED // 4
    writers = [start_python(WRITER, tmp_path, each) for _ in range(2)]
    for writer in writers:
        _, err = writer.communicate(timeout=60)
        assert writer.returncode == 0, err
    assert DecisionBook(tmp_path).of(FOLDER).kinds == {
        "variable": Decided(2 * each, 0),
        "constant": Decided(0, 2 * each),
    }
    assert sorted(path.suffix for path in (tmp_path / DIRECTORY).iterdir()) == ["", ".json"]


DAMAGED = {
    "cut off": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "no JSON": lambda text: "\0\ufffd" * 100,
    "another shape": lambda text: "[]",
    "nested deeply": lambda text: "[" * 60_000,
    "of another folder": lambda text: text.replace("/w/project", "/w/elsewhere"),
    "of another format": lambda text: text.replace('"format": 1', '"format": 2'),
    "a kind that is none": lambda text: text.replace('"variable"', '"x = password"'),
    "a number below zero": lambda text: text.replace('"dismissed": 0', '"dismissed": -3'),
    "a number that is none": lambda text: text.replace('"accepted": 1', '"accepted": true'),
    "a number beyond all": lambda text: text.replace('"accepted": 1', f'"accepted": {10**30}'),
    "too long": lambda text: text + " " * 200_000,
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_begun_anew_and_said_once(damage: str, book: DecisionBook, tmp_path: Path) -> None:
    for reading in (True, False):
        book.forget(FOLDER)
        book.add(FOLDER, ["variable"])
        path = file_of(tmp_path)
        text = path.read_text()
        damaged = DAMAGED[damage](text)
        assert damaged != text
        path.write_text(damaged)
        first = book.of(FOLDER) if reading else book.add(FOLDER, ["slice"])
        assert "could not be read; it is begun anew" in first.note
        assert first.kinds == ({} if reading else {"slice": Decided(1, 0)})
        again = book.add(FOLDER, ["slice"])
        assert (again.note, again.kinds["slice"].accepted) == ("", 1 if reading else 2)


def test_where_nothing_can_be_kept_a_sentence_says_so(book: DecisionBook, tmp_path: Path) -> None:
    (tmp_path / DIRECTORY).write_text("in the way")
    for act in (lambda: book.add(FOLDER, ["variable"]), lambda: book.of(FOLDER), lambda: book.forget(FOLDER)):
        with pytest.raises(DecisionsUnavailable, match="Make it writable"):
            act()


def test_nobody_waits_for_ever_for_one_who_hangs(book: DecisionBook, tmp_path: Path) -> None:
    book.add(FOLDER, ["variable"])
    with locked(tmp_path / DIRECTORY / "lock"):
        assert book.of(FOLDER).kinds == {"variable": Decided(1, 0)}
        with pytest.raises(DecisionsUnavailable, match="can't be kept"):
            book.add(FOLDER, ["variable"])
