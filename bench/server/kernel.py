"""What the kernel says of a process: its memory and processor time, and those of everything it started."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """`pss` in KiB: pages of several processes count in equal parts. `own`: those that nobody else has."""

    pss: int
    own: int
    processes: int


def memory_of(pid: int) -> Memory:
    """Of a process and all below it."""
    pss = own = count = 0
    for each in tree(pid):
        try:
            text = (PROC / str(each) / "smaps_rollup").read_text()
        except OSError:
            continue
        fields = {line.partition(":")[0]: line.split()[1] for line in text.splitlines()[1:]}
        pss += int(fields["Pss"])
        own += int(fields["Private_Clean"]) + int(fields["Private_Dirty"])
        count += 1
    return Memory(pss, own, count)


def processor_seconds(pid: int) -> float:
    """Of one process so far, in user and kernel mode."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (parent := _parent(folder)) is not None:
            children.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def _parent(folder: Path) -> int | None:
    try:
        # The name in parentheses may hold spaces and parentheses of its own.
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None
