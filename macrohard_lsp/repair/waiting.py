"""Which survivor is worth proving now, and which should wait for a better one.

An edit that repairs only some of the failing tests that run its line may be half of the answer, or may
special-case one test. It waits until the search has looked a good deal further for one that repairs
them all. Edits to unrelated faults don't wait for one another: no failing test of one runs the other's line.
"""

from collections.abc import Iterable

from macrohard_lsp.repair.task import RepairTask, Survivor

# How much further (in the unit of costs, natural logarithms) the search looks before a part is taken for the whole.
PARTIAL_MARGIN = 3.0


class WaitingRoom:
    """Survivors of one task that were found and not yet called."""

    def __init__(self, task: RepairTask) -> None:
        self._task = task
        self._waiting: list[Survivor] = []
        self._repaired: set[str] = set()

    def admit(self, survivors: Iterable[Survivor]) -> None:
        self._waiting.extend(survivors)

    def settle(self, repaired: Iterable[str]) -> None:
        """These tests have a proven repair: nobody waits for them any more."""
        self._repaired.update(repaired)

    def call(self, reached: float) -> Survivor | None:
        """The best survivor to prove now that the search has reached candidates of this cost; None to search on.

        Those that repair all they could come first, then by how many tests they repair, then by cost.
        """
        self._waiting = [found for found in self._waiting if set(found.fixes) - self._repaired]
        ready = [
            found
            for found in self._waiting
            if self._is_whole(found) or reached >= found.cost + PARTIAL_MARGIN
        ]
        if not ready:
            return None
        best = min(ready, key=lambda found: (not self._is_whole(found), -len(found.fixes), found.cost))
        self._waiting.remove(best)
        return best

    def _is_whole(self, survivor: Survivor) -> bool:
        concerned = self._task.concerned(survivor.candidate)
        return concerned - self._repaired <= set(survivor.fixes)
