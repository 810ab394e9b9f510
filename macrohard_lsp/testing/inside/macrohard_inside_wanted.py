"""What a failed test reached for and did not get: a port, a host, a variable, a file. PYTEST_DONT_REWRITE

Told as pairs of a kind and a name, from the exception and the frames it went through. Whether the sandbox is
what withheld it is for the outside to find out; here is only what was wanted.
"""

import contextlib
import errno
import linecache
import os
import re
import socket

_abspath = os.path.abspath
_getline = linecache.getline
_environment_codes = tuple(
    getattr(type(os.environ), name).__code__ for name in ("__getitem__", "__delitem__")
)

LONGEST_CHAIN = 10
LAST_FRAMES = 8
MOST_WANTED = 24
MOST_CONSTANTS = 200
LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "")
ADDRESS = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\]):(\d{1,5})\b")
WRITES = re.compile(
    r"open\(.*[\"'](?:[wax]|r\+)|write_text|write_bytes|mkdir|makedirs|touch\(|savefig|to_csv"
)

REFUSED = (errno.ECONNREFUSED,)
UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
FILES = (errno.ENOENT, errno.EROFS, errno.EACCES, errno.EPERM)


def wanted_by(exception):
    """Pairs such as `["port", "5432"]`. Nothing for a failed assertion: what it is about is known already."""
    if isinstance(exception, AssertionError):
        return []
    found = []
    try:
        for link in _chain(exception):
            for pair in _wanted_by_one(link):
                if pair not in found:
                    found.append(pair)
    except Exception:
        # Objects of the user's may answer anything; a failure without this is still a failure told.
        return found[:MOST_WANTED]
    return found[:MOST_WANTED]


def _chain(exception):
    for _ in range(LONGEST_CHAIN):
        if exception is None:
            return
        yield exception
        inner = getattr(exception, "exceptions", None)
        if isinstance(inner, tuple) and inner and isinstance(inner[0], BaseException):
            exception = inner[0]
        elif exception.__cause__ is not None:
            exception = exception.__cause__
        else:
            exception = None if exception.__suppress_context__ else exception.__context__


def _wanted_by_one(exception):
    frames = _last_frames(exception)
    pairs = []
    if isinstance(exception, KeyError):
        # Raised by the environment itself, not by some other mapping that lacks a key of that name.
        if frames and frames[-1].f_code in _environment_codes and exception.args:
            pairs = [["variable", str(exception.args[0])]]
    elif isinstance(exception, socket.gaierror):
        pairs = [["host", name] for name in _hosts(frames)] or [["host", ""]]
    elif isinstance(exception, OSError):
        if exception.errno in REFUSED:
            pairs = [["port", str(port)] for port in _ports(frames)]
        elif exception.errno in UNREACHABLE:
            pairs = [["network", ""]]
        elif exception.errno in FILES:
            pairs = _files(exception, frames)
    return pairs


def _files(exception, frames):
    pairs = []
    for name in (exception.filename, exception.filename2):
        if not isinstance(name, (str, bytes)):
            continue
        path = _abspath(os.fsdecode(name))
        if exception.errno == errno.EROFS or _writes(frames):
            pairs.append(["write", path])
        if exception.errno != errno.EROFS:
            pairs.append(["read", path])
    return pairs


def _last_frames(exception):
    """The frames next to where it was raised, outermost first."""
    frames = []
    trace = exception.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return frames[-LAST_FRAMES:]


def _writes(frames):
    """Whether a line on the way looks like writing: the exception doesn't say what a file was opened for."""
    lines = (_getline(frame.f_code.co_filename, frame.f_lineno or 0) for frame in frames)
    return any(WRITES.search(line) for line in lines)


def _hosts(frames):
    hosts = []
    for frame in reversed(frames):
        for name, value in _values(frame):
            if type(value) is str and name in ("host", "hostname", "server") and value not in hosts:
                hosts.append(value)
    return hosts


def _ports(frames):
    ports = []
    for frame in reversed(frames):
        for name, value in _values(frame):
            for port in _ports_in(name, value):
                if 0 < port < 65536 and port not in ports:
                    ports.append(port)
    return ports


def _ports_in(name, value):
    if type(value) is int and name.lower().endswith("port"):
        return [value]
    if type(value) is str:
        return [int(port) for port in ADDRESS.findall(value[:2000])]
    if type(value) in (tuple, list) and len(value) in (2, 4) and type(value[1]) is int:
        return [value[1]] if value[0] in LOOPBACK else []
    return []


def _values(frame):
    """Names and values within reach of a frame: its variables, those of `self`, constants, and globals it uses."""
    code = frame.f_code
    yield from list(frame.f_locals.items())
    with contextlib.suppress(AttributeError):  # It has slots, or there is no `self`.
        # Without asking the object, whose own `__getattribute__` may answer anything.
        yield from list(object.__getattribute__(frame.f_locals.get("self"), "__dict__").items())
    for constant in code.co_consts[:MOST_CONSTANTS]:
        yield "", constant
    for name in code.co_names[:MOST_CONSTANTS]:
        if name in frame.f_globals:
            yield name, frame.f_globals[name]
