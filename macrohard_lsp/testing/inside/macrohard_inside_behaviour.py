"""What versions of a function make of the same inputs: calls recorded while tests run, and others near them."""

import copy
import functools
import hashlib
import inspect
import io
import random
import re
import signal
import sys
import time
import types

import macrohard_inside_fork as forking
import macrohard_inside_mutation as mutation

RECORDED_CALLS = 60
RECORD_SECONDS = 3.0
CALL_SECONDS = 0.2
# After so many calls that were stopped, those that follow are not begun: each takes as long as thousands that end.
MOST_LONG = 3
LONGEST_INPUT = 240
LONGEST_RESULT = 80
MOST_ITEMS = 200
DEPTH = 5
SEED = 7
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class TookTooLong(BaseException):
    """Not an Exception, so that the program's own `except Exception` doesn't swallow it."""


class Recorder:
    """Keeps copies of the arguments that the watched functions are called with from outside of them."""

    def __init__(self, functions):
        self.calls = {function: [] for function in functions}
        self._by_code = {function.__code__: function for function in functions}
        self._deadline = time.monotonic() + RECORD_SECONDS

    def start(self):
        sys.setprofile(self._on_event)

    def _on_event(self, frame, event, _argument):
        function = self._by_code.get(frame.f_code) if event == "call" else None
        if function is None or len(self.calls[function]) >= RECORDED_CALLS or self._is_within(frame.f_back):
            return
        if time.monotonic() > self._deadline:
            sys.setprofile(None)
            return
        sys.setprofile(None)
        try:
            call = _arguments(frame)
            if call is not None:
                self.calls[function].append(copy.deepcopy(call))
        except Exception:
            # What can't be copied can't be given to several versions.
            pass
        finally:
            sys.setprofile(self._on_event)

    def _is_within(self, frame):
        """Whether a watched function is being carried out already: what it calls depends on the edit of it."""
        while frame is not None:
            if frame.f_code in self._by_code:
                return True
            frame = frame.f_back
        return False


def _arguments(frame):
    """`(positional, named)` of the call that just began; None where a generator only goes on."""
    info = inspect.getargvalues(frame)
    code = frame.f_code
    named_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    known = {*info.args, *named_only, info.varargs, info.keywords}
    if not known.issuperset(info.locals.keys() - set(code.co_freevars)):
        return None
    named = {name: info.locals[name] for name in named_only}
    positional = [info.locals[name] for name in info.args if name not in named_only]
    rest = info.locals[info.varargs] if info.varargs else ()
    more = info.locals[info.keywords] if info.keywords else {}
    return [*positional, *rest], {**named, **more}


def compare(server, request, variants):
    """Answer a request of the op `behave`: the inputs in words, and what each variant made of them.

    `variants` are lists of pairs (function, code); an empty one is the program as it is, None what can't be tried.
    """
    functions = list(dict.fromkeys(function for bodies in variants for function, _ in bodies or []))
    items = [server.items[name] for name in request["tests"] if name in server.items]

    def work(report):
        forking.become_subreaper()
        recorder = Recorder(functions)
        server.outcomes.report = lambda outcome: None
        recorder.start()
        server.outcomes.run(items)
        sys.setprofile(None)
        share = max(request["inputs"] // max(len(functions), 1), 1)
        inputs = [
            (function, call, place < len(calls))
            for function, calls in recorder.calls.items()
            for place, call in enumerate(mutation.near(calls, share, SEED))
        ]
        report({"inputs": [_words(function, call) for function, call, _ in inputs]})
        for bodies in variants:
            report({"seen": _seen(bodies, inputs, request)})

    result = forking.run_in_child(work, request["wall"], request["cpu"])
    inputs = [value["inputs"] for value in result["values"] if "inputs" in value]
    seen = [value["seen"] for value in result["values"] if "seen" in value]
    own = {tuple(line) for line in seen[0][1]} if seen else set()
    behaviours = [[word for word, _ in outcomes] for outcomes, _ in seen]
    return {
        "inputs": inputs[0] if inputs else [],
        "behaviours": behaviours,
        "results": _disputed(behaviours, [[shown for _, shown in outcomes] for outcomes, _ in seen]),
        "unreached": [len(own.difference(map(tuple, lines))) if words else 0 for words, lines in seen],
        "cpu": result["cpu"],
    }


def _disputed(behaviours, results):
    """What each variant makes, in words, of the inputs that the edits don't agree on, by the number of the input."""
    observed = [words for words in behaviours[2:] if words]
    return {
        str(place): [shown[place] if shown else "" for shown in results]
        for place, words in enumerate(zip(*observed))
        if len(set(words)) > 1
    }


def _seen(bodies, inputs, request):
    """What came of the inputs, and the lines that the recorded ones reached; nothing where it came to no end."""
    if bodies is None:
        return [], []
    replay = functools.partial(_replay, bodies, inputs)
    result = forking.run_in_child(replay, request["wall_each"], request["cpu_each"])
    if result["ended"] != "finished":
        return [], []
    return result["values"][:-1], result["values"][-1]


def _words(function, call):
    text = ADDRESS.sub("", "%s(%s)" % (function.__qualname__, mutation.in_words(call)))
    return text if len(text) <= LONGEST_INPUT else text[: LONGEST_INPUT - 1] + "…"


def _replay(bodies, inputs, report):
    for function, code in bodies:
        function.__code__ = code
    signal.signal(signal.SIGALRM, _stop)
    lines = _Lines({function.__code__.co_filename for function, _, _ in inputs})
    long = 0
    for function, call, recorded in inputs:
        outcome = _outcome(function, call, lines if recorded else None) if long < MOST_LONG else ("long", "")
        long += outcome[0] == "long"
        report(outcome)
    report(sorted(lines.reached))


class _Lines:
    """The lines of some files that were executed while `trace` was the trace function."""

    def __init__(self, files):
        self.files = files
        self.reached = set()

    def trace(self, frame, event, _argument):
        name = frame.f_code.co_filename
        if name not in self.files:
            return None
        if event == "line":
            self.reached.add((name, frame.f_lineno))
        return self.trace


def _stop(_signal, _frame):
    raise TookTooLong


def _outcome(function, call, lines):
    """`returned …` with a digest of the result and of what became of the arguments, `raised …`, or `long`; and the
    result as a person would write it, empty where there is none.
    """
    try:
        positional, named = copy.deepcopy(call)
    except Exception:
        return "long", ""
    random.seed(SEED)
    signal.setitimer(signal.ITIMER_REAL, CALL_SECONDS)
    sys.settrace(lines.trace if lines is not None else None)
    try:
        result = function(*positional, **named)
        value = plain(result, DEPTH)
        text = repr((value, plain([positional, named], DEPTH)))
        shown = _shown(result)
    except TookTooLong:
        return "long", ""
    except BaseException as error:
        return "raised " + type(error).__name__, ""
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.settrace(None)
    word = "returned " + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return word, shown


def _shown(result):
    """The result as it would stand in a test; empty where it is long, or can't be written down."""
    try:
        text = ADDRESS.sub("", repr(result))
    except Exception:
        return ""
    return text if len(text) <= LONGEST_RESULT else ""


def plain(value, depth):
    """The value as text and tuples, such that equal behaviour gives equal ones."""
    kind = type(value).__name__
    if value is None or type(value) in (bool, int, float, str, bytes, complex):
        return (kind, repr(value))
    return (kind, "…" if depth == 0 else _inner(value, depth - 1))


def _inner(value, depth):
    if isinstance(value, dict):
        return [(plain(key, depth), plain(item, depth)) for key, item in list(value.items())[:MOST_ITEMS]]
    if isinstance(value, (set, frozenset)):
        return sorted(repr(plain(item, depth)) for item in value)
    if isinstance(value, (io.StringIO, io.BytesIO)):
        return plain(value.getvalue(), depth)
    if isinstance(value, (list, tuple)) or hasattr(value, "__next__"):
        return [plain(item, depth) for item, _ in zip(value, range(MOST_ITEMS))]
    if isinstance(value, (types.MethodType, types.BuiltinMethodType)):
        return (value.__name__, plain(value.__self__, depth))
    return _of_object(value, depth)


def _of_object(value, depth):
    if isinstance(value, (type, types.FunctionType, types.ModuleType)):
        return value.__name__
    held = getattr(value, "__dict__", None)
    if isinstance(value, (int, float, str, bytes)):
        return (repr(value), plain(dict(held or {}), depth))
    return plain(dict(held), depth) if held else ADDRESS.sub("", repr(value))
