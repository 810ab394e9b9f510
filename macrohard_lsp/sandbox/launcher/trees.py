# ruff: noqa: PTH110, PTH123, PTH208
# The launcher uses no pathlib: importing it would double the time to start.
"""Process trees as /proc shows them: who descends from whom, and how much memory they hold."""

import os
import signal
import time

PAGE = os.sysconf("SC_PAGE_SIZE")
HAS_CHILDREN_FILES = os.path.exists(f"/proc/self/task/{os.getpid()}/children")
MOST_SWEPT = 1 << 16
SWEEP_SECONDS = 5.0
"""How long a sweep keeps killing what keeps forking before it gives up."""


def children(pid: int) -> list[int]:
    """Direct children, in the order they came to be; empty when the process is gone."""
    if not HAS_CHILDREN_FILES:
        return _children_by_scan(pid)
    found: list[int] = []
    for task in tasks(pid):
        try:
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
        except OSError:
            continue  # The thread ended between the listing and the reading.
    return found


def is_our_child(pid: int) -> bool:
    """Whether this process has such a child, dead or alive, that it has not collected yet."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def tasks(pid: int) -> list[str]:
    """The thread ids of a process; empty when it is gone."""
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _children_by_scan(pid: int) -> list[int]:
    """The same for a kernel built without the `children` files: read every process's parent."""
    found: list[int] = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # It ended between the listing and the reading.
        if int(fields[1]) == pid:
            found.append(int(name))
    return sorted(found)


def descendants(pid: int, most: int) -> list[int]:
    """Every process below `pid`, at most about `most` of them (then the rest isn't looked at)."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) <= most:
        below = children(waiting.pop())
        found += below
        waiting += below
    return found


def resident_bytes(pids: list[int]) -> int:
    """Resident memory, with pages shared by several processes counted once for each."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1])
        except (OSError, IndexError):
            continue  # The process ended.
    return total * PAGE


def proportional_bytes(pids: list[int]) -> int:
    """Resident memory, with shared pages divided among their holders; slower to read."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                for line in file:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
                        break
        except OSError:
            total += resident_bytes([pid])
    return total


def cpu_seconds(pids: list[int]) -> float:
    """Time on the processor of these processes and of the children they have waited for."""
    ticks = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # The process ended.
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def send(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except (ProcessLookupError, PermissionError):
        return  # It ended by itself; or it is a setuid program, which is out of our reach.


def sweep(own: int, spare: set[int]) -> None:
    """Kill all that descends from `own`, except `spare` and what is below them, until nothing is left.

    The caller must be the reaper of its descendants. Everything is stopped before anything is
    killed, so that a program that forks faster than this loop turns can't outrun it.
    """
    give_up = time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < give_up:
        strays = [child for child in children(own) if child not in spare]
        doomed = [pid for child in strays for pid in [child, *descendants(child, MOST_SWEPT)]]
        for signum in (signal.SIGSTOP, signal.SIGKILL):
            for pid in doomed:
                send(pid, signum)
        if not doomed:
            return
        _reap(doomed)
        time.sleep(0.002)


def _reap(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue  # Not our child yet: it becomes ours when its parent has died.
