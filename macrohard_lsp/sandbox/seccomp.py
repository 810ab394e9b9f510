"""The system call filter of the namespace tier, as the bytes bwrap loads (classic BPF).

Everything is allowed but what honest tests have no use for and what has been a way out of
namespaces before. Built here rather than with libseccomp so that nothing has to be installed.
"""

import errno
import platform
import struct
from dataclasses import dataclass
from functools import cache

from macrohard_lsp.sandbox.syscalls import ARM64_CALLS, X86_64_CALLS

LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_OFFSET, ARCH_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16
X32_CALLS = 0x40000000
NEW_NAMESPACE_FLAGS = 0x7E020000  # CLONE_NEWUSER and every other CLONE_NEW… that clone takes.
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


@dataclass(frozen=True, slots=True)
class _Architecture:
    audit: int
    calls: dict[str, int]
    has_x32: bool


_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, X86_64_CALLS, has_x32=True),
    "aarch64": _Architecture(0xC00000B7, ARM64_CALLS, has_x32=False),
}
_WITH_ARGUMENTS = frozenset({"clone", "clone3", "ioctl", "socket"})


@cache
def filter_bytes(machine: str = "") -> bytes:
    """The filter for this machine's architecture (or for `machine`); empty where none is known."""
    architecture = _ARCHITECTURES.get(machine or platform.machine())
    if architecture is None:
        return b""
    program = [*_check_architecture(architecture), *_check_arguments(architecture.calls)]
    for name, number in architecture.calls.items():
        if name not in _WITH_ARGUMENTS:
            program += _deny_number(number, errno.EPERM)
    program.append(_return(ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _return(verdict: int) -> Instruction:
    return (RETURN, 0, 0, verdict)


def _load(offset: int) -> Instruction:
    return (LOAD_WORD, 0, 0, offset)


def _argument(index: int) -> Instruction:
    """Load the low half of an argument: the kernel reads no more of any that is checked here."""
    return _load(ARGUMENTS_OFFSET + 8 * index)


def _deny_number(number: int, code: int) -> list[Instruction]:
    return [(JUMP_EQUAL, 0, 1, number), _return(ERRNO | code)]


def _check_architecture(architecture: _Architecture) -> list[Instruction]:
    program = [
        _load(ARCH_OFFSET),
        (JUMP_EQUAL, 1, 0, architecture.audit),
        _return(KILL_PROCESS),
        _load(NUMBER_OFFSET),
    ]
    if architecture.has_x32:
        program += [(JUMP_AT_LEAST, 0, 1, X32_CALLS), _return(ERRNO | errno.EPERM)]
    return program


def _check_arguments(calls: dict[str, int]) -> list[Instruction]:
    """Calls that depend on an argument.

    `clone3` keeps its flags in memory, where a filter can't look; without it libc falls back to clone.
    """
    deny = _return(ERRNO | errno.EPERM)
    allow = _return(ALLOW)
    clone = [_argument(0), (JUMP_ANY_BIT, 0, 1, NEW_NAMESPACE_FLAGS), deny, allow]
    ioctl = [_argument(1), (JUMP_EQUAL, 1, 0, TIOCSTI), (JUMP_EQUAL, 0, 1, TIOCLINUX), deny, allow]
    families = [
        (JUMP_EQUAL, 3 - index, 0, family) for index, family in enumerate((AF_UNIX, AF_INET, AF_INET6))
    ]
    socket = [_argument(0), *families, _return(ERRNO | errno.EAFNOSUPPORT), allow]
    program = _deny_number(calls["clone3"], errno.ENOSYS)
    for name, body in (("clone", clone), ("ioctl", ioctl), ("socket", socket)):
        program += [(JUMP_EQUAL, 0, len(body), calls[name]), *body]
    return program
