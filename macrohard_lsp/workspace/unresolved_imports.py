"""Imports between the workspace's own files that name what is not there."""

import re
from collections.abc import Iterable

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.workspace.index import FileSummary, WorkspaceIndex
from macrohard_lsp.workspace.outline import Import


def unresolved_imports(
    snapshot: Snapshot, index: WorkspaceIndex, paths: Iterable[str]
) -> frozenset[tuple[str, str]]:
    """Path and message for each `from x import y` in `paths` where x is a file of the workspace without a y.

    Cautious: a name counts as there when it occurs in the file as a word at all, and a file that imports
    everything from elsewhere, or makes its names when asked for them, has every name.
    """
    found: set[tuple[str, str]] = set()
    for path in paths:
        summary = index.files.get(path)
        for item in summary.imports if summary is not None else ():
            message = _problem(snapshot, index, path, item)
            if message is not None:
                found.add((path, message))
    return frozenset(found)


def _problem(snapshot: Snapshot, index: WorkspaceIndex, path: str, item: Import) -> str | None:
    if item.name in (None, "*") or item.guarded or item.type_checking:
        return None
    ran = index.imported_by(path, item)
    stem = item.module.rpartition(".")[2]
    targets = [target for target in ran if _stem(target) == stem] if item.module else []
    if len(targets) != 1 or _stem(ran[-1]) == item.name:
        return None
    target = index.files[targets[0]]
    text = snapshot.files[target.path].text or ""
    if _makes_names(target, text) or re.search(rf"\b{re.escape(item.name or '')}\b", text):
        return None
    return f"`{item.name}` is imported from {target.path}, which has no such name"


def _stem(path: str) -> str:
    return path.removesuffix("/__init__.py").rpartition("/")[2].removesuffix(".py")


def _makes_names(summary: FileSummary, text: str) -> bool:
    """Whether names can come to be in the file in ways that reading it doesn't show."""
    stars = any(item.name == "*" for item in summary.imports)
    dynamic = any(word in text for word in ("__getattr__", "globals(", "setattr(", "exec(", "sys.modules"))
    return stars or dynamic or summary.has_error
