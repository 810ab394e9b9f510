"""Which tests a Snapshot can make end otherwise than they did, by what each used when it last ran."""

from dataclasses import dataclass

from macrohard_lsp.testing.affected import may_hold_tests
from macrohard_lsp.testing.footprints.compare import Comparison
from macrohard_lsp.testing.footprints.model import Footprints, Present
from macrohard_lsp.workspace.index import WorkspaceIndex


@dataclass(frozen=True, slots=True)
class Affected:
    """`names` are ids of tests, or of files that are run whole: the likeliest to fail first, then the quickest."""

    names: tuple[str, ...]


def choose(footprints: Footprints, present: Present, index: WorkspaceIndex) -> Affected | None:
    """The tests to run; None where it has to be all: nothing is known yet, or something changed that all use."""
    comparison = Comparison(footprints, present)
    if not footprints.files or comparison.unmet(footprints.outside, ""):
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
    file = footprints.files[path]
    chosen: dict[str, tuple[bool, int, float]] = {}
    seconds = {name: footprints.tests[name].seconds for name in file.ids if name in footprints.tests}
    if unmet := comparison.unmet(file.needs, path):
        broke = any(footprints.tests[name].broke for name in seconds)
        return {path: (not broke, -len(unmet), sum(seconds.values()))}
    for name in comparison.added_tests(path):
        chosen[name] = (False, 0, 0.0)
    for name in file.ids:
        kept = footprints.tests.get(name)
        if kept is None:
            chosen[name] = (False, 0, 0.0)
        elif unmet := comparison.unmet(kept.needs, path):
            chosen[name] = (not kept.broke, -len(unmet), kept.seconds)
    if chosen and all(name in chosen for name in file.ids):
        return {path: (*min(chosen.values())[:2], sum(seconds.values()))}
    return chosen
