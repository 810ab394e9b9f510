"""Trust per folder, in real SQLite files, and from several processes at once."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from macrohard_lsp.settings.errors import StateUnavailable, TrustRefused
from macrohard_lsp.settings.state import state_dir
from macrohard_lsp.settings.trust import TrustStore


@pytest.fixture
def store(home: Path) -> TrustStore:
    return TrustStore(state_dir({}, home), home)


def test_nothing_is_trusted_at_first_and_asking_writes_nothing(store: TrustStore, folder: Path, home: Path):
    assert not store.is_trusted(folder)
    assert store.list() == ()
    assert list((home / ".local/state/macrohard").iterdir()) == []


def test_trust_reaches_down_and_not_up(store: TrustStore, folder: Path):
    inner = folder / "package" / "inner"
    inner.mkdir(parents=True)
    (folder.parent / "project-two").mkdir()
    store.trust(folder / "package")
    assert store.is_trusted(folder / "package")
    assert store.is_trusted(inner)
    assert store.trusted_by(inner) == folder / "package"
    assert not store.is_trusted(folder)
    store.trust(folder)
    assert not store.is_trusted(folder.parent / "project-two")


def test_links_are_resolved(store: TrustStore, folder: Path, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "link").symlink_to(elsewhere)
    (tmp_path / "name").symlink_to(folder)
    assert store.trust(tmp_path / "name") == folder
    assert store.is_trusted(folder)
    assert not store.is_trusted(folder / "link")


def test_trust_is_taken_back(store: TrustStore, folder: Path):
    (folder / "inner").mkdir()
    store.trust(folder)
    with pytest.raises(TrustRefused, match=f"is trusted because {folder} is"):
        store.revoke(folder / "inner")
    assert store.revoke(folder)
    assert not store.revoke(folder)
    assert not store.is_trusted(folder / "inner")


def test_trusting_twice_is_trusting_once(store: TrustStore, folder: Path):
    store.trust(folder)
    store.trust(folder)
    assert store.list() == (folder,)


@pytest.mark.parametrize("path", ["/", "home", "home/.."])
def test_what_holds_the_home_directory_is_refused(store: TrustStore, tmp_path: Path, home: Path, path: str):
    with pytest.raises(TrustRefused, match="holds your whole home directory"):
        store.trust(tmp_path / path)
    assert store.list() == ()


def test_what_is_no_directory_is_refused(store: TrustStore, folder: Path):
    (folder / "file").touch()
    for name in ("file", "missing"):
        with pytest.raises(TrustRefused, match="is not a directory"):
            store.trust(folder / name)


def test_a_name_that_is_not_utf8_is_kept(store: TrustStore, folder: Path):
    strange = folder / os.fsdecode(b"caf\xe9 \xf0\x9f\x98\x80")
    strange.mkdir()
    store.trust(strange)
    assert store.list() == (strange,)
    assert store.is_trusted(strange)


def test_a_damaged_store_has_its_sentence(store: TrustStore, folder: Path, home: Path):
    (home / ".local/state/macrohard/trust.sqlite3").write_bytes(b"not a database at all" * 100)
    for use in (store.is_trusted, store.trust, store.revoke):
        with pytest.raises(StateUnavailable, match="move it away and trust your folders again"):
            use(folder)


def test_a_store_that_is_locked_for_long_has_its_sentence(
    store: TrustStore, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
):
    store.trust(folder)
    monkeypatch.setattr("macrohard_lsp.settings.trust._WAIT_SECONDS", 0.05)
    other = sqlite3.connect(home / ".local/state/macrohard/trust.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StateUnavailable, match="locked"):
        store.is_trusted(folder)
    other.close()
    assert store.is_trusted(folder)


def test_processes_do_not_lose_each_others_trust(store: TrustStore, folder: Path, home: Path):
    program = (
        "import sys; from pathlib import Path; from macrohard_lsp.settings.trust import TrustStore\n"
        "store = TrustStore(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "for path in map(Path, sys.argv[3:]): store.trust(path)\n"
    )
    folders = [folder / str(number) for number in range(30)]
    for path in folders:
        path.mkdir()
    state = str(home / ".local/state/macrohard")
    children = [
        subprocess.Popen([sys.executable, "-c", program, state, str(home), *map(str, folders[part::3])])
        for part in range(3)
    ]
    assert [child.wait(timeout=60) for child in children] == [0, 0, 0]
    assert store.list() == tuple(sorted(folders))
