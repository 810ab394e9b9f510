"""The clock and the processor time of one repair, against its Budget."""

import resource
import time
from dataclasses import dataclass, field

from macrohard_lsp.core.budget import Budget, Spent


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@dataclass(slots=True)
class Meter:
    """Started with the repair. `machine_cpu` is what finished Machines have used; a running search adds its own."""

    budget: Budget
    machine_cpu: float = 0.0
    _started: float = field(default_factory=time.monotonic)
    _cpu: float = field(default_factory=_own_cpu)

    def spent(self, searching_cpu: float = 0.0) -> Spent:
        cpu = _own_cpu() - self._cpu + self.machine_cpu + searching_cpu
        return Spent(seconds=time.monotonic() - self._started, cpu_seconds=cpu)

    def exhausted(self, searching_cpu: float = 0.0) -> str | None:
        """The name of the limit that was reached, or None."""
        return self.budget.exhausted(self.spent(searching_cpu))
