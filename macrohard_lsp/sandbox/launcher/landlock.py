# The launcher uses no pathlib: importing it would double the time to start.
"""Landlock: which files a process and all it starts may open, and whom they may signal.

There is no way back from it, so it is applied in a command's own process and never in the launcher's,
which has to clean up. Each release of the kernel knows more rights (its ABI); what one doesn't know is left out.
"""

import ctypes
import os
import stat
import struct

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
REMOVE_DIR, REMOVE_FILE = 1 << 4, 1 << 5
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK = 1 << 6, 1 << 7, 1 << 8, 1 << 9
MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = 1 << 10, 1 << 11, 1 << 12
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2

OLDEST_ABI = 2
"""The first that can allow a file to be moved from one directory to another, which honest programs do."""
TRUNCATE_ABI, DEVICE_ABI, SCOPE_ABI = 3, 5, 6

RIGHTS_BY_ABI = ((1, (1 << 13) - 1), (OLDEST_ABI, REFER), (TRUNCATE_ABI, TRUNCATE), (DEVICE_ABI, IOCTL_DEV))
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""What a rule on anything but a directory may name; the kernel refuses others."""

READ = EXECUTE | READ_FILE | READ_DIR
DEVICE = READ_FILE | WRITE_FILE | READ_DIR | TRUNCATE | IOCTL_DEV
SHARED_MEMORY = READ_FILE | WRITE_FILE | READ_DIR | TRUNCATE | MAKE_REG | REMOVE_FILE
EVERYTHING = (1 << 16) - 1 & ~(MAKE_CHAR | MAKE_BLOCK)
RIGHTS = {"read": READ, "device": DEVICE, "shared-memory": SHARED_MEMORY, "write": EVERYTHING}

_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result


def kernel_abi() -> int:
    """The version of Landlock this kernel has; 0 where it has none or it is switched off."""
    try:
        return _call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(CREATE_RULESET_VERSION))
    except OSError:
        return 0


def handled_rights(abi: int) -> int:
    """All rights to files that a kernel of this ABI can take away."""
    handled = 0
    for since, rights in RIGHTS_BY_ABI:
        if abi >= since:
            handled |= rights
    return handled


def ruleset(rules: list[tuple[str, str]], abi: int) -> int:
    """A descriptor of the rules `(path, name of rights)`, for `restrict`; the caller closes it.

    Everything that no rule allows is denied. A path that doesn't exist is passed over. Raises OSError.
    """
    handled = handled_rights(abi)
    scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if abi >= SCOPE_ABI else 0
    # An older kernel takes the longer form too, as long as what it doesn't know is zero.
    attributes = struct.pack("=QQQ", handled, 0, scoped)
    descriptor = _call(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    os.set_inheritable(descriptor, False)
    try:
        for path, name in rules:
            _allow(descriptor, path, RIGHTS[name] & handled)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _allow(descriptor: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= FILE_RIGHTS
        rule = struct.pack("=Qi", rights, place)
        _call(ADD_RULE, ctypes.c_int(descriptor), ctypes.c_int(RULE_PATH_BENEATH), rule, ctypes.c_uint(0))
    finally:
        os.close(place)


def restrict(descriptor: int) -> None:
    """Put this process, and all it starts, under the rules; `no_new_privs` has to be set. Raises OSError."""
    _call(RESTRICT_SELF, ctypes.c_int(descriptor), ctypes.c_uint(0))
