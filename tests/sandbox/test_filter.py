"""The system call filter as a table: numbers against the kernel's headers, and jumps that stay inside."""

import os
import re
import struct
from pathlib import Path

import pytest

from macrohard_lsp.sandbox.seccomp import filter_bytes
from macrohard_lsp.sandbox.syscalls import ARM64_CALLS, X86_64_CALLS

HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", X86_64_CALLS),
    "aarch64": ("/usr/include/asm-generic/unistd.h", ARM64_CALLS),
}


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_the_kernels(machine: str) -> None:
    path, calls = HEADERS[machine]
    if not Path(path).exists():
        stop = pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip
        stop(f"no kernel headers here ({path}): install linux-libc-dev")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", Path(path).read_text(), re.MULTILINE)
    known = {name: int(number) for name, number in found}
    assert {name: known.get(name, number) for name, number in calls.items()} == calls
    assert len(calls.keys() & known.keys()) > len(calls) - 5


@pytest.mark.parametrize("machine", HEADERS)
def test_program_is_well_formed(machine: str) -> None:
    program = [
        struct.unpack_from("<HBBI", filter_bytes(machine), at)
        for at in range(0, len(filter_bytes(machine)), 8)
    ]
    assert 10 < len(program) < 4096
    for index, (code, if_true, if_false, _) in enumerate(program):
        if code & 0x07 == 0x05:
            assert index + 1 + max(if_true, if_false) < len(program)
    assert program[-1] == (0x06, 0, 0, 0x7FFF0000)


def run_filter(machine: str, number: int, arguments: tuple[int, ...] = (), audit: int = 0xC000003E) -> int:
    """What the filter answers, by a plain reading of classic BPF."""
    data = struct.pack("<IIQ6Q", number, audit, 0, *(*arguments, *(0,) * (6 - len(arguments))))
    program = filter_bytes(machine)
    at = accumulator = 0
    while True:
        code, if_true, if_false, operand = struct.unpack_from("<HBBI", program, at * 8)
        at += 1
        if code == 0x06:
            return operand
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, operand)[0]
            continue
        holds = {
            0x15: accumulator == operand,
            0x35: accumulator >= operand,
            0x45: bool(accumulator & operand),
        }
        at += if_true if holds[code] else if_false


ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
CASES = {
    "read": (0, (), ALLOW),
    "fork": (57, (), ALLOW),
    "thread": (56, (0x3D0F00,), ALLOW),
    "clone with a user namespace": (56, (0x10000011,), EPERM),
    "clone3": (435, (), ENOSYS),
    "TIOCSTI": (16, (0, 0x5412), EPERM),
    "TIOCSTI in a wide register": (16, (0, 0xFFFFFFFF00005412), EPERM),
    "TIOCLINUX": (16, (0, 0x541C), EPERM),
    "TCGETS": (16, (0, 0x5401), ALLOW),
    "unix": (41, (1,), ALLOW),
    "inet6": (41, (10,), ALLOW),
    "netlink": (41, (16,), 0x50061),
    "ptrace": (101, (), EPERM),
    "x32": (0x40000000 + 1, (), EPERM),
}


@pytest.mark.parametrize(("number", "arguments", "answer"), CASES.values(), ids=CASES.keys())
def test_answers(number: int, arguments: tuple[int, ...], answer: int) -> None:
    assert run_filter("x86_64", number, arguments) == answer


def test_other_architectures() -> None:
    assert run_filter("x86_64", 0, audit=0x40000003) == KILL
    assert run_filter("aarch64", 117, audit=0xC00000B7) == EPERM
    assert run_filter("aarch64", 63, audit=0xC00000B7) == ALLOW
    assert filter_bytes("vax") == b""
