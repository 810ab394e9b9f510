"""Which test files a change can affect."""

from collections.abc import Collection

from macrohard_lsp.workspace.index import WorkspaceIndex


def affected_tests(index: WorkspaceIndex, changed: Collection[str]) -> frozenset[str] | None:
    """The paths of the test files that a change of `changed` can affect; None for all, in doubt."""
    del index
    return None if changed else frozenset()
