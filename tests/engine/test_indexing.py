"""A large workspace is indexed by worker processes, with the same result."""

import pytest

from macrohard_lsp.core.cancel import Cancel, Cancelled
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.engine import indexing
from macrohard_lsp.workspace.index import build_index


@pytest.fixture
def snapshot(tmp_path):
    texts = {f"pkg/m{number}.py": f"import os\ndef f{number}(): pass\n" for number in range(25)}
    return Snapshot(tmp_path, {path: source_file(path, text.encode()) for path, text in texts.items()})


def test_workers_find_what_one_process_finds(snapshot, monkeypatch):
    monkeypatch.setattr(indexing, "LARGE_BYTES", 0)
    monkeypatch.setattr(indexing, "BATCH_FILES", 10)
    assert indexing.index_of(snapshot, 2, Cancel()).files == build_index(snapshot).files


def test_a_cancelled_run_does_not_wait_for_the_index(snapshot, monkeypatch):
    monkeypatch.setattr(indexing, "LARGE_BYTES", 0)
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        indexing.index_of(snapshot, 2, cancel)
