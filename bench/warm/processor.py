"""Processor seconds of this process and of everything it started, in user and kernel mode."""

import os
import resource

from bench.server.kernel import PROC, tree

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds() -> float:
    """What is waited for counts in full; what still runs is told by the kernel in hundredths of a second."""
    own = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    return own + sum(_of_running(pid) for pid in tree(os.getpid())[1:])


def _of_running(pid: int) -> float:
    """Of a process that runs, and of those of its children that it has waited for."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS
