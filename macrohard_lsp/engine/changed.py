"""Which tests to run after a change: those that it can affect, and those that were asked for beside them."""

from dataclasses import dataclass

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.engine.indexing import index_of
from macrohard_lsp.engine.requests import TestRequest
from macrohard_lsp.testing.affected import affected_tests
from macrohard_lsp.workspace.index import WorkspaceIndex


@dataclass(frozen=True, slots=True)
class Chosen:
    """`ids` empty with `nothing` unset: all tests."""

    ids: tuple[str, ...]
    nothing: bool = False
    index: WorkspaceIndex | None = None


def choose_tests(request: TestRequest, snapshot: Snapshot, jobs: int, cancel: Cancel) -> Chosen:
    """What of the tests a request runs. Raises Cancelled."""
    since = request.since
    if since is None:
        return Chosen(request.ids)
    index = index_of(snapshot, jobs, cancel, since.index)
    if since.snapshot is None:
        return Chosen((), index=index)
    affected = affected_tests(index, changed_paths(since.snapshot, snapshot))
    if affected is None:
        return Chosen((), index=index)
    others = (name for name in request.ids if name.partition("::")[0] not in affected)
    ids = (*sorted(affected), *others)
    return Chosen(ids, nothing=not ids, index=index)


def changed_paths(before: Snapshot, now: Snapshot) -> frozenset[str]:
    """The paths at which the two differ."""
    return frozenset(
        path
        for path in {*before.files, *now.files}
        if (old := before.get(path)) is None or (new := now.get(path)) is None or old.digest != new.digest
    )
