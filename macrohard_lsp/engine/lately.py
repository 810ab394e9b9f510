"""What changed lately, from git: since HEAD, and since the commit before it."""

from collections.abc import Collection

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.core.line_diff import changed_regions, lines_of
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.repair.causes.history import History, compare
from macrohard_lsp.workspace.git_before import parent_of, texts_at
from macrohard_lsp.workspace.git_facts import changed_since, git_facts


def lately(snapshot: Snapshot) -> History:
    """What was renamed, moved or given other parameters; nothing where the folder is in no repository, or git can't
    be asked.
    """
    facts = git_facts(snapshot.root)
    if facts.top is None or facts.head is None:
        return History()
    history = History()
    for commit in (facts.head, parent_of(facts.top, snapshot.root, facts.head)):
        if commit is None:
            break
        changed = changed_since(snapshot.root, commit).paths | snapshot.overlaid | snapshot.deleted
        paths = [path for path in changed | facts.untracked if _counts(path)]
        now = {path: text for path in paths if (text := _text(snapshot, path)) is not None}
        history = history.joined(compare(texts_at(facts.top, snapshot.root, commit, paths), now))
    return history


def changed_lines(snapshot: Snapshot, paths: Collection[str]) -> dict[str, frozenset[int]]:
    """Lines of some files, from 1, that differ from HEAD, or where none of them does, that the last commit changed.

    Where lines went, those on either side count. Files that are new say nothing. Empty where git can't be asked.
    """
    facts = git_facts(snapshot.root)
    if facts.top is None or facts.head is None:
        return {}
    differing = facts.changed | snapshot.overlaid
    for commit in (facts.head, parent_of(facts.top, snapshot.root, facts.head)):
        if commit is None:
            break
        if commit != facts.head:
            differing = changed_since(snapshot.root, commit).paths
        before = texts_at(facts.top, snapshot.root, commit, differing.intersection(paths))
        found = {path: _new_lines(text, _text(snapshot, path) or "") for path, text in before.items()}
        if any(found.values()):
            return {path: lines for path, lines in found.items() if lines}
    return {}


def _new_lines(before: str, now: str) -> frozenset[int]:
    found: set[int] = set()
    old, new = ([line.rstrip("\r\n") for line in lines_of(text)] for text in (before, now))
    for region in changed_regions(old, new):
        if region.new_start < region.new_end:
            found.update(range(region.new_start + 1, region.new_end + 1))
        else:
            found.update((region.new_start, region.new_start + 1))
    return frozenset(line for line in found if 1 <= line <= len(new))


def _counts(path: str) -> bool:
    return path.endswith(".py") and not is_test_path(path)


def _text(snapshot: Snapshot, path: str) -> str | None:
    file = snapshot.get(path)
    return file.text if file is not None else None
