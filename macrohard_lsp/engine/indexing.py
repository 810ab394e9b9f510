"""Indexes a Snapshot, in worker processes where the workspace is large."""

from collections.abc import Sequence

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.execution.executor import open_executor
from macrohard_lsp.execution.units import Done, WorkUnit
from macrohard_lsp.workspace.index import FileSummary, WorkspaceIndex, build_index, summarise_batch

ENTRY = "macrohard_lsp.workspace.index:summarise_batch"
# Below this much text, starting workers takes longer than parsing here (about 5 MB a second).
LARGE_BYTES = 10_000_000
BATCH_FILES = 100


def index_of(
    snapshot: Snapshot, jobs: int, cancel: Cancel, previous: WorkspaceIndex | None = None
) -> WorkspaceIndex:
    """The index of a Snapshot's Python files; `previous` saves parsing what it knows. Raises Cancelled."""
    size = sum(file.size for file in snapshot.python_files())
    if jobs < 2 or size < LARGE_BYTES:
        return build_index(snapshot, previous)

    def summarise(files: Sequence[tuple[str, str]]) -> list[FileSummary]:
        batches = [files[start : start + BATCH_FILES] for start in range(0, len(files), BATCH_FILES)]
        summaries: list[FileSummary] = []
        with open_executor(jobs, cancel) as executor:
            results = executor.map(WorkUnit(ENTRY, batch) for batch in batches)
            for batch, result in zip(batches, results, strict=True):
                cancel.check()
                # A worker that was lost (out of memory, say) costs time, not the index.
                summaries += result.value if isinstance(result, Done) else summarise_batch(batch)
        return summaries

    return build_index(snapshot, previous, summarise)
