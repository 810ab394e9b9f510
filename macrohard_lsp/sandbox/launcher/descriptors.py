"""Which descriptors a child keeps, and under which numbers."""

import fcntl
import os

MOST_FDS = 1 << 20
OUT_OF_THE_WAY = 64
"""Above every number that is given to anything."""


def place(passed: list[int]) -> None:
    """Give each descriptor its number. They are moved out of the way first, since the numbers may overlap."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) if fd >= 0 else -1 for fd in passed]
    for number, fd in enumerate(high):
        if fd >= 0:
            os.dup2(fd, number)
        elif number > 2:
            close_if_open(number)


def close_if_open(fd: int) -> None:
    try:
        os.close(fd)
    except OSError:
        return


def keep_only(*kept: int) -> None:
    """Close what belongs to the parent: its opener's socket above all, which tells when it is gone."""
    low = 3
    for fd in sorted(kept):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, MOST_FDS)
