"""Which survivor is worth proving now, and which should wait for a better one.

An edit that repairs only some of the failing tests that run its line may be half of the answer, or may
special-case one test. It waits until the search has looked a good deal further for one that repairs
them all, pairs that go on from it among them, or until there is little left to spend. One that repairs
all that run its line, but not all that run its function, waits less. Edits to unrelated faults don't wait
for one another: no failing test of one runs the other's function.
"""

from collections.abc import Callable, Iterable

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.task import RepairTask, Survivor

# How much further (in the unit of costs, natural logarithms) the search looks before a part is taken for the whole.
PARTIAL_MARGIN = 6.0
# The same where everything that runs the line is repaired, and something that runs the function isn't.
FUNCTION_MARGIN = 3.0
# And how much further beside either, in proportion to how many of the tests that run the function still fail.
LEFT_MARGIN = 4.0


class WaitingRoom:
    """Survivors of one task that were found and not yet called.

    `around` tells the failing tests that run the function a candidate is in.
    """

    def __init__(self, task: RepairTask, around: Callable[[Candidate], frozenset[str]]) -> None:
        self._task = task
        self._around = around
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
        ready = [found for found in self._waiting if reached >= self._patient_until(found)]
        if not ready:
            return None
        best = min(ready, key=lambda found: (self._margin(found) > 0, -len(found.fixes), found.cost))
        self._waiting.remove(best)
        return best

    def _patient_until(self, survivor: Survivor) -> float:
        """The cost that the search has to reach before a survivor is called: nothing cheaper is left untried then."""
        return survivor.cost + self._margin(survivor)

    def _margin(self, survivor: Survivor) -> float:
        candidate, repaired = survivor.candidate, self._repaired.union(survivor.fixes)
        around = self._around(candidate) | self._task.concerned(candidate)
        left = around - repaired
        if not left:
            return 0.0
        margin = FUNCTION_MARGIN if self._task.concerned(candidate) <= repaired else PARTIAL_MARGIN
        return margin + LEFT_MARGIN * len(left) / len(around)
