"""A pytest plugin for the library's interpreter: keeps the arguments with which chosen functions were called.

`BENCH_RECORD` is a JSON object: `file` (absolute), `functions` (qualified names), `out` (a file) and
`limit` (calls for each function).
"""

import inspect
import json
import os
import pickle
import sys
from pathlib import Path


class Recorder:
    def __init__(self, wanted):
        self.file = wanted["file"]
        self.limit = wanted["limit"]
        self.out = wanted["out"]
        self.calls = {name: {} for name in wanted["functions"]}

    def start(self):
        sys.setprofile(self.on_event)

    def on_event(self, frame, event, _arg):
        code = frame.f_code
        if event != "call" or code.co_qualname not in self.calls or code.co_filename != self.file:
            return
        sys.setprofile(None)
        try:
            self.keep(code.co_qualname, frame)
        finally:
            sys.setprofile(self.on_event)

    def keep(self, name, frame):
        known = self.calls[name]
        if len(known) >= self.limit:
            return
        info = inspect.getargvalues(frame)
        try:
            positional = [info.locals[argument] for argument in info.args]
            named = {argument: info.locals[argument] for argument in keyword_only(frame.f_code)}
            rest = info.locals[info.varargs] if info.varargs else ()
            more = info.locals[info.keywords] if info.keywords else {}
            call = pickle.dumps(([*positional, *rest], {**named, **more}))
        except Exception:
            # Generators, local classes and open files can't be pickled; such a call is no use as an
            # input, and an argument already deleted or turned into a cell has no value to keep.
            return
        known.setdefault(call, len(known))

    def pytest_sessionstart(self):
        self.start()

    def pytest_runtest_protocol(self):
        self.start()

    def pytest_sessionfinish(self):
        sys.setprofile(None)
        with Path(self.out).open("wb") as out:
            pickle.dump({name: list(calls) for name, calls in self.calls.items()}, out)


def keyword_only(code):
    return code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]


def pytest_configure(config):
    wanted = os.environ.get("BENCH_RECORD")
    if wanted:
        config.pluginmanager.register(Recorder(json.loads(wanted)), "bench-record")
