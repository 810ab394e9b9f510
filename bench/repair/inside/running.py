"""Calls of untrusted programs with a limit of processor time."""

import signal
import types

LOAD_SECONDS = 5.0
ITEMS = 20000


class Endless(BaseException):
    """Not an Exception, so that a program's own `except Exception` doesn't swallow it."""


def _stop(_signal, _frame):
    raise Endless


def load(text):
    """The names that a program defines. Raises what it raises, and Endless."""
    module = types.ModuleType("program")
    signal.signal(signal.SIGVTALRM, _stop)
    # Again and again: a bare `except` of the program swallows the first.
    signal.setitimer(signal.ITIMER_VIRTUAL, LOAD_SECONDS, 0.1)
    try:
        exec(compile(text, "program.py", "exec"), module.__dict__)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return module.__dict__


def call(function, args, named, seconds):
    """(`returned`, value), (`raised`, name of the exception) or (`endless`, None)."""
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.1)
    try:
        value = function(*args, **named)
        if isinstance(value, types.GeneratorType):
            value = [item for item, _ in zip(value, range(ITEMS), strict=False)]
        return "returned", value
    except Endless:
        return "endless", None
    except BaseException as error:
        return "raised", type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
