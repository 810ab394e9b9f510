"""Which tests to run after a change: those that it can affect, and those that were asked for beside them."""

from dataclasses import dataclass

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import named_by
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.indexing import index_of
from macrohard_lsp.engine.requests import TestRequest
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.testing.affected import affected_tests
from macrohard_lsp.testing.footprints.choose import Affected, choose
from macrohard_lsp.workspace.index import WorkspaceIndex


@dataclass(frozen=True, slots=True)
class Chosen:
    """`ids` empty with `nothing` unset: all tests. `ordered` says that they are in the order to run them."""

    ids: tuple[str, ...]
    nothing: bool = False
    ordered: bool = False
    index: WorkspaceIndex | None = None


def choose_tests(request: TestRequest, workplace: Workplace, context: EngineContext) -> Chosen:
    """What of the tests a request runs: by what they used when they last ran, else by who imports what.

    Raises Cancelled.
    """
    since, snapshot = request.since, workplace.snapshot
    if since is None:
        return Chosen(request.ids)
    index = index_of(snapshot, workplace.settings.fix.jobs_or_default, context.cancel, since.index)
    if context.footprints is not None:
        known, present = context.footprints.of(workplace), context.footprints.present(snapshot)
        if known.files:
            return _by_footprints(request.ids, choose(known, present, index), index)
    if since.snapshot is None:
        return Chosen((), index=index)
    affected = affected_tests(index, changed_paths(since.snapshot, snapshot))
    if affected is None:
        return Chosen((), index=index)
    others = (name for name in request.ids if name.partition("::")[0] not in affected)
    ids = (*sorted(affected), *others)
    return Chosen(ids, nothing=not ids, index=index)


def _by_footprints(asked: tuple[str, ...], affected: Affected | None, index: WorkspaceIndex) -> Chosen:
    if affected is None:
        return Chosen((), index=index)
    chosen = set(affected.names)
    others = tuple(name for name in asked if not chosen.intersection(named_by(name)))
    ids = (*others, *affected.names)
    return Chosen(ids, nothing=not ids, ordered=True, index=index)


def changed_paths(before: Snapshot, now: Snapshot) -> frozenset[str]:
    """The paths at which the two differ."""
    return frozenset(
        path
        for path in {*before.files, *now.files}
        if (old := before.get(path)) is None or (new := now.get(path)) is None or old.digest != new.digest
    )
