"""Which tests a Snapshot can make end otherwise than they did, by what each used when it last ran."""

from dataclasses import dataclass

from macrohard_lsp.core.testrun import import_of
from macrohard_lsp.testing.affected import may_hold_tests
from macrohard_lsp.testing.footprints.compare import Comparison, is_listed
from macrohard_lsp.testing.footprints.model import Footprints, Present
from macrohard_lsp.workspace.index import WorkspaceIndex


@dataclass(frozen=True, slots=True)
class Affected:
    """`names` are ids of tests, of files that are run whole, or of files that are only imported.

    The likeliest to fail come first, then the quickest.
    """

    names: tuple[str, ...]


def choose(footprints: Footprints, present: Present, index: WorkspaceIndex) -> Affected | None:
    """The tests to run; None where it has to be all: nothing is known yet, or something changed that all use."""
    comparison = Comparison(footprints, present, index)
    if not footprints.files or comparison.unmet(footprints.outside):
        return None
    new = [path for path in index.files if path not in footprints.known]
    if any(may_hold_tests(index, path) for path in new if not index.files[path].is_test_file):
        return None
    chosen: dict[str, tuple[bool, int, float]] = {}
    for path, summary in index.files.items():
        if summary.is_test_file and path not in footprints.files:
            chosen[path] = (False, 0, 0.0)
    for path in footprints.files:
        if present.has(path):
            chosen.update(_of_file(comparison, path))
    return Affected(tuple(sorted(chosen, key=lambda name: (*chosen[name], name))))


def _of_file(comparison: Comparison, path: str) -> dict[str, tuple[bool, int, float]]:
    """Names of what to run in one file, and what orders them: less is sooner."""
    footprints = comparison.known
    file, found = footprints.files[path], comparison.of_file(path)
    chosen: dict[str, tuple[bool, int, float]] = {}
    seconds = {name: footprints.tests[name].seconds for name in file.ids if name in footprints.tests}
    if found.unmet:
        broke = any(footprints.tests[name].broke for name in seconds)
        return {path: (not broke, -len(found.unmet), sum(seconds.values()))}
    for name in found.added:
        chosen[name] = (False, 0, 0.0)
    for name in file.ids:
        if is_listed(name, (*found.added, *found.gone)):
            continue
        kept = footprints.tests.get(name)
        if kept is None:
            chosen[name] = (False, 0, 0.0)
        elif unmet := comparison.of_test(path, name):
            chosen[name] = (not kept.broke, -len(unmet), kept.seconds)
    if chosen and all(name in chosen or is_listed(name, (*chosen, *found.gone)) for name in file.ids):
        return {path: (*min(chosen.values())[:2], sum(seconds.values()))}
    if not chosen and found.changes and found.changes.keys() - found.later:
        # Whether what a module binds anew can be made at all is seen where it is imported.
        return {import_of(path): (True, 0, 0.0)}
    return chosen
