"""What is told of a failure: the exception, pytest's own explanation, the stack. PYTEST_DONT_REWRITE

Taken from the exception itself, never from the printed report, so that `--tb` changes nothing.
"""

import os

import pluggy
import pytest
from _pytest._code import ExceptionInfo
from macrohard_inside_stack import frames_of, shorten, type_name
from macrohard_inside_wanted import wanted_by

_MACHINERY = tuple(
    os.path.dirname(os.path.abspath(file)) + os.sep
    for file in (pytest.__file__, pluggy.__file__, __import__("_pytest").__file__, __file__)
)


def describe(excinfo, report, workspace):
    """The failure as plain values. `report` is pytest's, for those whose explanation isn't an exception's."""
    exception = root_cause_of_collection(excinfo.value)
    documented = _doctest_places(report, workspace)
    trace = excinfo.tb if exception is excinfo.value else exception.__traceback__
    frames = documented or frames_of(exception, trace, workspace, _MACHINERY)
    return {
        "exception": type_name(exception),
        "message": shorten(_explanation(exception, excinfo, report)),
        "frames": frames,
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
