# The launcher uses no pathlib: importing it would double the time to start.
"""What takes a process tier's command its reach: Landlock, the system call filter, and no privileges."""

import ctypes
import fcntl
import os
import struct

import landlock

PR_GET_SECCOMP, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 21, 22, 38
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION = 0x20080522
FILTER_INSTRUCTION_BYTES = 8
FIRST_HIGH_FD = 64
MOST_FDS = 1 << 20

_libc = ctypes.CDLL(None, use_errno=True)


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


class Confinement:
    """What this kernel has of it, prepared before anything of the user's runs; applied in each command.

    `abi` is the version of Landlock in force, 0 for none; `filtered` says whether system calls are filtered.
    """

    def __init__(self, rules: list[tuple[str, str]], seccomp: bytes, most_abi: int) -> None:
        abi = min(landlock.kernel_abi(), most_abi)
        self.abi = abi if abi >= landlock.OLDEST_ABI else 0
        self._ruleset = _out_of_the_way(landlock.ruleset(rules, self.abi)) if self.abi else -1
        self.filtered = bool(seccomp) and _libc.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0
        self._seccomp = seccomp

    def keep_open(self, others: int) -> None:
        """Close every descriptor from `others` on but the rules'."""
        if self._ruleset >= 0:
            os.closerange(others, self._ruleset)
        os.closerange(max(others, self._ruleset + 1), MOST_FDS)

    def apply(self) -> None:
        """Confine this process and all it will start. Raises OSError where the kernel refuses."""
        _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "giving up privileges")
        _drop_capabilities()
        if self.abi:
            landlock.restrict(self._ruleset)
        if self.filtered:
            count = len(self._seccomp) // FILTER_INSTRUCTION_BYTES
            program = _FilterProgram(count, self._seccomp)
            result = _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
            _check(result, "loading the system call filter")


def _out_of_the_way(descriptor: int) -> int:
    """A command's own descriptors are put at the lowest numbers, whatever is there."""
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_HIGH_FD)
    os.close(descriptor)
    return high


def _drop_capabilities() -> None:
    """Root's powers over the machine go; `no_new_privs` keeps them from coming back with a new program."""
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    _check(_libc.capset(header, bytes(24)), "dropping capabilities")


def _check(result: int, doing: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{doing}: {os.strerror(number)}")
