"""What the tests of a process's folders use, from run to run: kept in memory and under the state directory."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.indexing import index_of
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.testing.footprints.blocks import Blocks
from macrohard_lsp.testing.footprints.learn import WatchedRun, learn
from macrohard_lsp.testing.footprints.model import Footprints, Present
from macrohard_lsp.testing.footprints.storage import read_footprints, write_footprints

if TYPE_CHECKING:
    from macrohard_lsp.engine.changed import Chosen
    from macrohard_lsp.engine.measure import Measured

DIRECTORY = "footprints"
MOST_BLOCKS = 20_000
"""Files whose blocks are remembered."""


class FootprintBook:
    """One a process. Each folder's work is done by one thread at a time."""

    def __init__(self, state_dir: Path | None) -> None:
        self._directory = state_dir / DIRECTORY if state_dir is not None else None
        self._known: dict[Path, Footprints] = {}
        self._blocks: dict[str, Blocks] = {}

    def of(self, workplace: Workplace) -> Footprints:
        """What is known under the conditions there are now."""
        folder, conditions = workplace.snapshot.root, _conditions(workplace)
        if folder not in self._known and self._directory is not None:
            kept = read_footprints(self._directory, folder)
            if kept is not None:
                self._known[folder] = kept
        known = self._known.get(folder)
        return known if known is not None and known.conditions == conditions else Footprints(conditions)

    def keep(self, folder: Path, footprints: Footprints) -> None:
        self._known[folder] = footprints
        if self._directory is not None:
            # What can't be kept is found out again.
            with contextlib.suppress(OSError):
                write_footprints(self._directory, folder, footprints)

    def present(self, snapshot: Snapshot) -> Present:
        if len(self._blocks) > MOST_BLOCKS:
            self._blocks.clear()
        return Present(snapshot, self._blocks)


def remember(workplace: Workplace, chosen: "Chosen", measured: "Measured", context: EngineContext) -> None:
    """Keep what the first runs told of the tests, where they were watched. Raises Cancelled."""
    book = context.footprints
    told = [tested for tested in measured.watched if tested.footprints]
    if book is None or not told:
        return
    snapshot = workplace.snapshot
    index = chosen.index or index_of(snapshot, workplace.settings.fix.jobs_or_default, context.cancel)
    watched = WatchedRun(
        asked=chosen.ids,
        collected=tuple(name for tested in told for name in tested.collected),
        results=tuple(result for tested in told for result in tested.run.results),
        footprints=tuple(message for tested in told for message in tested.footprints),
        directories=tuple(project.directory for project, _ in workplace.projects),
    )
    book.keep(snapshot.root, learn(book.of(workplace), watched, book.present(snapshot), index))


def _conditions(workplace: Workplace) -> str:
    """What else than the folder's files decides how tests end, and has to be the same."""
    parts = [
        "|".join(
            (
                project.directory,
                str(interpreter.choice.executable),
                interpreter.version_text,
                interpreter.pytest or "",
                *(f"{name}={version}" for name, version in sorted(interpreter.plugins.items())),
            )
        )
        for project, interpreter in workplace.projects
    ]
    return "\n".join([workplace.tier.value, *workplace.settings.test.arguments, *parts])
