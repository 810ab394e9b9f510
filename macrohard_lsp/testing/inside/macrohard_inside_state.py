"""Notices what a candidate leaves behind in its process, and takes it back, or lets the next one get a fresh process.

Looks at the globals of the user's modules, the attributes of their classes, of the instances that stand
there and of their functions, and at the containers that can be reached from there, some way down: which
objects they hold, and how full the caches are. Deeper changes go unnoticed; a candidate that survives is judged
in a process of its own anyway, so what is risked is a candidate wrongly rejected, never one wrongly accepted.
"""

import collections
import operator
import sys
import types

# Beyond this many names a look costs more than the fork it may save.
MOST_NAMES = 20_000
# Values in containers that are looked at beside the names themselves.
MOST_VALUES = 5_000
# Written anew by unittest, and by warnings, at every run of a test.
OF_FRAMEWORKS = frozenset(
    {"tearDown_exceptions", "_classSetupFailed", "_class_cleanups", "__warningregistry__"}
)
ROWS = (list, set, collections.deque)
# Of these exact types it is known how to put back what they held.
RESTORABLE = (dict, list, set, collections.deque, collections.defaultdict, bytearray)


class State:
    """The user's modules as they are now; `changed` compares with the moment it was made."""

    def __init__(self, workspace):
        self._modules = {}
        for name, module in list(sys.modules.items()):
            filename = getattr(module, "__file__", None)
            if isinstance(filename, str) and workspace.name(filename) is not None:
                self._modules[name] = module
        self._seen = set()
        self._watched = []
        self._values = 0
        self._later = collections.deque()
        for module in self._modules.values():
            self._watch(module.__dict__, _Names(module.__dict__, None))
        self.too_large = self._values > MOST_NAMES
        self._values = 0
        while self._later and self._values < MOST_VALUES and not self.too_large:
            try:
                self._reach(*self._later.popleft())
            except Exception:
                # A stand-in for something else may refuse to be asked.
                continue
        del self._later

    def changed(self):
        return not all(watched.same() for watched in self._watched)

    def restore(self):
        """Put back what can be; False where something is still not as it was."""
        for watched in self._watched:
            if not watched.same():
                try:
                    watched.restore()
                except Exception:
                    return False
        return not self.changed()

    def _watch(self, thing, watched, top=True):
        if id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        self._watched.append(watched)
        held = watched.held()
        self._values += len(held)
        self._later.extend((value, top) for value in held)

    def _reach(self, value, top):
        """What is to be watched of a value, which stands at the top of a module or further down."""
        kind = type(value)
        if kind is types.FunctionType:
            if value.__module__ in self._modules:
                self._watch(value, _Function(value), False)
        elif issubclass(kind, type):
            if value.__module__ in self._modules:
                self._watch(value, _Names(value.__dict__, value))
        elif issubclass(kind, dict):
            self._watch(value, _Names(value, None), False)
        elif issubclass(kind, ROWS):
            self._watch(value, _Row(value), False)
        elif kind is bytearray:
            self._watch(value, _Bytes(value), False)
        elif kind in (tuple, types.CellType, staticmethod, classmethod, property):
            self._unpack(value, kind)
        elif hasattr(kind, "cache_info"):
            self._watch(value, _Cache(value), False)
        elif not issubclass(kind, types.ModuleType) and (top or kind.__module__ in self._modules):
            attributes = getattr(value, "__dict__", None)
            if type(attributes) is dict:
                self._watch(attributes, _Names(attributes, None), False)

    def _unpack(self, value, kind):
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        if kind is types.CellType:
            inside = [value.cell_contents] if value != types.CellType() else []
        elif kind is tuple:
            inside = value[:MOST_VALUES]
        elif kind is property:
            inside = (value.fget, value.fset, value.fdel)
        else:
            inside = (value.__func__,)
        self._values += len(inside)
        self._later.extend((each, False) for each in inside)


class _Names:
    """A namespace or a dictionary; of a class the names are set by way of the class."""

    def __init__(self, space, owner):
        self._space = space
        self._owner = owner
        self._keys = list(space)
        self._before = list(space.values())

    def held(self):
        return self._before

    def same(self):
        space = self._space
        if len(space) == len(self._keys) and all(map(operator.is_, space.values(), self._before)):
            return all(map(operator.is_, space, self._keys))
        return not self._differing()

    def _differing(self):
        """Names with what they stood for before, or with `_Names` itself for nothing."""
        before = dict(zip(self._keys, self._before))
        now = dict(self._space)
        names = {name for name, value in now.items() if before.get(name, _Names) is not value}
        names.update(before.keys() - now.keys())
        return {name: before.get(name, _Names) for name in names if name not in OF_FRAMEWORKS}

    def restore(self):
        for name, value in self._differing().items():
            if self._owner is not None:
                if value is _Names:
                    type.__delattr__(self._owner, name)
                else:
                    type.__setattr__(self._owner, name, value)
            elif type(self._space) not in RESTORABLE:
                return
            elif value is _Names:
                del self._space[name]
            else:
                self._space[name] = value


class _Row:
    def __init__(self, row):
        self._row = row
        self._before = list(row)

    def held(self):
        return self._before

    def same(self):
        return len(self._row) == len(self._before) and all(map(operator.is_, self._row, self._before))

    def restore(self):
        if type(self._row) in RESTORABLE:
            self._row.clear()
            (self._row.update if type(self._row) is set else self._row.extend)(self._before)


class _Bytes:
    def __init__(self, row):
        self._row = row
        self._before = bytes(row)

    def held(self):
        return ()

    def same(self):
        return self._row == self._before

    def restore(self):
        self._row[:] = self._before


class _Cache:
    """What `functools` remembers for a function: how much, and it can be forgotten again."""

    def __init__(self, cache):
        self._cache = cache
        self._before = cache.cache_info().currsize

    def held(self):
        return (getattr(self._cache, "__wrapped__", None),)

    def same(self):
        return self._cache.cache_info().currsize == self._before

    def restore(self):
        if not self._before:
            self._cache.cache_clear()


class _Function:
    """A function's code, its defaults, and what it holds beside them."""

    _parts = operator.attrgetter("__code__", "__defaults__", "__kwdefaults__")

    def __init__(self, function):
        self._function = function
        self._before = type(self)._parts(function)

    def held(self):
        function = self._function
        return (
            function.__defaults__,
            function.__kwdefaults__,
            function.__dict__,
            *(function.__closure__ or ()),
        )

    def same(self):
        return all(map(operator.is_, type(self)._parts(self._function), self._before))

    def restore(self):
        function = self._function
        function.__code__, function.__defaults__, function.__kwdefaults__ = self._before
