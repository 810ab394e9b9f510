"""The clock and the processor time of one repair, against its Budget."""

import resource
import time
from dataclasses import dataclass, field

from macrohard_lsp.core.budget import Budget, Spent
from macrohard_lsp.sandbox.control import processor_seconds_of_closed


def _cpu_so_far() -> float:
    """Processor seconds of this process, its children, and all Machines that were closed."""
    total = processor_seconds_of_closed()
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


@dataclass(slots=True)
class Meter:
    """Started with the repair. What open Machines have used is not known to the system yet, and is given in."""

    budget: Budget
    _started: float = field(default_factory=time.monotonic)
    _cpu: float = field(default_factory=_cpu_so_far)

    def spent(self, in_open_machines: float = 0.0) -> Spent:
        return Spent(
            seconds=time.monotonic() - self._started,
            cpu_seconds=_cpu_so_far() - self._cpu + in_open_machines,
        )

    def seconds_left(self) -> float | None:
        """Seconds of the clock until the Budget is spent; None where it sets no such limit."""
        limit = self.budget.seconds
        return None if limit is None else limit - self.spent().seconds

    def share(self, in_open_machines: float = 0.0) -> float:
        """How much of the Budget is spent, from 0 to 1."""
        return self.budget.share(self.spent(in_open_machines))

    def exhausted(self, in_open_machines: float = 0.0) -> str | None:
        """The name of the limit that was reached, or None."""
        return self.budget.exhausted(self.spent(in_open_machines))
