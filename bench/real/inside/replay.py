"""Call functions with prepared inputs and write what came of each call, one JSON object a line.

Usage: replay.py INPUTS OUT FILE MODULE
"""

import gc
import importlib
import io
import json
import pickle
import random
import re
import signal
import sys
import types
from pathlib import Path

CALL_SECONDS = 1.0
MAX_ITEMS = 300
MAX_DEPTH = 6
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class TookTooLong(BaseException):
    """Not an Exception, so that the library's own `except Exception` doesn't swallow it."""


def main(inputs, out, file, module):
    sys.setrecursionlimit(3000)
    with Path(inputs).open("rb") as source:
        prepared = pickle.load(source)
    importlib.import_module(module)
    signal.signal(signal.SIGALRM, stop)
    with Path(out).open("w", encoding="utf-8") as target:
        for name, calls in prepared.items():
            function = find(file, name)
            for number, (as_recorded, call) in enumerate(calls):
                outcome = None if function is None else attempt(function, call)
                target.write(json.dumps([name, number, as_recorded, outcome]) + "\n")


def stop(_signal, _frame):
    raise TookTooLong


def find(file, name):
    """The plain function of that qualified name, whatever decorators hide it behind."""
    for item in gc.get_objects():
        if isinstance(item, types.FunctionType):
            code = item.__code__
            if code.co_qualname == name and code.co_filename == file:
                return item
    return None


def attempt(function, call):
    random.seed(0)
    signal.setitimer(signal.ITIMER_REAL, CALL_SECONDS)
    try:
        args, named = pickle.loads(call)
        result = plain(function(*args, **named), MAX_DEPTH)
        return {"returned": result, "left": plain([args, named], MAX_DEPTH)}
    except TookTooLong:
        return {"raised": "TookTooLong"}
    except BaseException as error:
        return {"raised": type(error).__name__, "saying": ADDRESS.sub("", str(error))}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def plain(value, depth):
    """The value as something JSON can carry, such that equal behaviour gives equal text."""
    kind = type(value).__name__
    if value is None or type(value) in (bool, int, float, str, bytes, complex):
        return [kind, repr(value)]
    return [kind, "…" if depth == 0 else inner(value, depth - 1)]


def inner(value, depth):
    if isinstance(value, dict):
        return [[plain(key, depth), plain(item, depth)] for key, item in list(value.items())[:MAX_ITEMS]]
    if isinstance(value, (set, frozenset)):
        return sorted(json.dumps(plain(item, depth)) for item in value)
    if isinstance(value, (io.StringIO, io.BytesIO)):
        return plain(value.getvalue(), depth)
    if isinstance(value, (list, tuple)) or hasattr(value, "__next__"):
        return [plain(item, depth) for item, _ in zip(value, range(MAX_ITEMS), strict=False)]
    return of_object(value, depth)


def of_object(value, depth):
    if isinstance(value, (type, types.FunctionType, types.ModuleType)):
        return value.__name__
    if isinstance(value, (types.MethodType, types.BuiltinMethodType)):
        return [value.__name__, plain(value.__self__, depth)]
    held = getattr(value, "__dict__", None)
    if isinstance(value, (int, float, str, bytes)):
        return [repr(value), plain(dict(held or {}), depth)]
    return plain(dict(held), depth) if held else ADDRESS.sub("", repr(value))


if __name__ == "__main__":
    main(*sys.argv[1:5])
