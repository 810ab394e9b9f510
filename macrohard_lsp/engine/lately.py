"""What was renamed, moved or given other parameters lately, from git: since HEAD, and since the commit before it."""

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.repair.causes.history import History, compare
from macrohard_lsp.workspace.git_before import parent_of, texts_at
from macrohard_lsp.workspace.git_facts import changed_since, git_facts


def lately(snapshot: Snapshot) -> History:
    """Nothing where the folder is in no repository, or git can't be asked."""
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


def _counts(path: str) -> bool:
    return path.endswith(".py") and not is_test_path(path)


def _text(snapshot: Snapshot, path: str) -> str | None:
    file = snapshot.get(path)
    return file.text if file is not None else None
