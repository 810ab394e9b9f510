"""What is told of a failure: the exception, pytest's own explanation, the stack. PYTEST_DONT_REWRITE

Taken from the exception itself, never from the printed report, so that `--tb` changes nothing.
"""

import os

import pluggy
import pytest
from _pytest._code import ExceptionInfo
from macrohard_inside_wanted import wanted_by

MESSAGE_CHARACTERS = 600
MESSAGE_LINES = 12
FIRST_FRAMES = 20
LAST_FRAMES = 40
LONGEST_CHAIN = 10

_MACHINERY = tuple(
    os.path.dirname(os.path.abspath(file)) + os.sep
    for file in (pytest.__file__, pluggy.__file__, __import__("_pytest").__file__, __file__)
)
_HINTS = ("...Full output truncated", "Use -v to get", "use '-vv' to show")


def describe(excinfo, report, workspace):
    """The failure as plain values. `report` is pytest's, for those whose explanation isn't an exception's."""
    exception = root_cause_of_collection(excinfo.value)
    documented = _doctest_places(report, workspace)
    frames = documented or _frames(exception, excinfo, workspace)
    return {
        "exception": _type_name(exception),
        "message": shorten(_explanation(exception, excinfo, report)),
        "frames": _capped(frames),
        "wanted": wanted_by(exception),
    }


def describe_text(longrepr, exception=""):
    """A failure that comes without an exception, such as a strict xpass."""
    return {"exception": exception, "message": shorten(str(longrepr or "")), "frames": []}


def root_cause_of_collection(exception):
    """Pytest wraps what went wrong while it imported a test module or a conftest; this unwraps it."""
    if type(exception).__name__ in ("CollectError", "ConftestImportFailure") and exception.__cause__:
        return exception.__cause__
    return exception


def shorten(text):
    lines = [line.rstrip() for line in text.strip().splitlines()]
    lines = [line for line in lines if not any(hint in line for hint in _HINTS)]
    while lines and not lines[-1]:
        lines.pop()
    short = "\n".join(lines[:MESSAGE_LINES])[:MESSAGE_CHARACTERS]
    return short + "…" if len(lines) > MESSAGE_LINES or len(short) == MESSAGE_CHARACTERS else short


def _type_name(exception):
    kind = type(exception)
    return kind.__qualname__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__


def _explanation(exception, excinfo, report):
    if type(exception).__name__ == "FixtureLookupError":
        return str(exception.formatrepr().errorstring).partition("\n")[0]
    places = getattr(getattr(report, "longrepr", None), "reprlocation_lines", None)
    if places:
        return "\n".join(line.strip() for line in places[-1][1])
    if type(excinfo.value).__name__ == "CollectError" and exception is excinfo.value:
        return str(exception)
    if isinstance(getattr(report, "longrepr", None), str):
        return report.longrepr
    info = (
        excinfo
        if exception is excinfo.value
        else ExceptionInfo.from_exc_info((type(exception), exception, exception.__traceback__))
    )
    text = info.exconly(tryshort=True)
    if isinstance(exception, SyntaxError) and text.startswith("  File "):
        # Python puts where it is before what it is; where it is goes into the frames.
        _, *source, what = text.splitlines()
        return "\n".join([what, *source])
    return text


def _doctest_places(report, workspace):
    places = getattr(getattr(report, "longrepr", None), "reprlocation_lines", None) or ()
    frames = []
    for place, _ in places:
        path = workspace.name(str(place.path)) if place else None
        if path is not None:
            frames.append([path, int(place.lineno), "doctest", True])
    return frames


def _frames(exception, excinfo, workspace):
    trace = excinfo.tb if exception is excinfo.value else exception.__traceback__
    frames = _walk(trace, workspace)
    for _ in range(LONGEST_CHAIN):
        # An exception that ends in a library while the one it was raised from ends in the user's code:
        # the library called back, and the place to look at is in the callback.
        following = _inner(exception)
        if following is None or (frames and frames[-1][3]):
            break
        exception = following
        inner = _walk(exception.__traceback__, workspace)
        if any(frame[3] for frame in inner):
            frames = frames + inner
    if isinstance(exception, SyntaxError) and exception.filename and exception.lineno:
        path = workspace.name(exception.filename)
        if path is not None:
            frames.append([path, int(exception.lineno), "<module>", True])
    return frames


def _inner(exception):
    grouped = getattr(exception, "exceptions", None)
    if isinstance(grouped, tuple) and grouped and isinstance(grouped[0], BaseException):
        return grouped[0]
    if exception.__cause__ is not None:
        return exception.__cause__
    return None if exception.__suppress_context__ else exception.__context__


def _walk(trace, workspace):
    """Frames from the user's outermost one inwards, without pytest's own and those that ask to be hidden."""
    shown, hidden = [], []
    while trace is not None:
        code = trace.tb_frame.f_code
        filename = code.co_filename
        own = workspace.name(filename)
        started = bool(shown or hidden)
        if own is not None or (started and not filename.startswith("<") and not _is_machinery(filename)):
            frame = [own or filename, trace.tb_lineno or code.co_firstlineno, code.co_name, own is not None]
            (hidden if _asks_to_be_hidden(trace.tb_frame) else shown).append(frame)
        trace = trace.tb_next
    return shown if any(frame[3] for frame in shown) else shown + hidden


def _is_machinery(filename):
    return filename.startswith(_MACHINERY)


def _asks_to_be_hidden(frame):
    asked = frame.f_locals.get("__tracebackhide__", frame.f_globals.get("__tracebackhide__", False))
    return asked is True


def _capped(frames):
    if len(frames) <= FIRST_FRAMES + LAST_FRAMES:
        return frames
    return frames[:FIRST_FRAMES] + frames[-LAST_FRAMES:]
