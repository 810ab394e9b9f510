"""Notices what a candidate leaves behind in its process, so that the next one gets a fresh process.

Looks at the globals of the user's modules, the attributes of their classes, and the attributes of the
instances that stand there: which objects they are, how long the containers are, how full the caches.
Deeper changes go unnoticed; a candidate that survives is judged in a process of its own anyway, so what
is risked is a candidate wrongly rejected, never one wrongly accepted.
"""

import sys
import types

CONTAINERS = (dict, list, set, bytearray)
# Beyond this many names a look costs more than the fork it may save.
MOST_NAMES = 20_000
# Written anew by unittest, and by warnings, at every run of a test.
OF_FRAMEWORKS = frozenset(
    {"tearDown_exceptions", "_classSetupFailed", "_class_cleanups", "__warningregistry__"}
)


class State:
    """The user's modules as they are now; `changed` compares with the moment it was made."""

    def __init__(self, workspace):
        self._spaces = _spaces(workspace)
        self._before = self._look()

    @property
    def too_large(self):
        return self._before is None

    def changed(self):
        return self._look() != self._before

    def _look(self):
        seen = []
        for space in self._spaces:
            if len(seen) > MOST_NAMES:
                return None
            for name, value in list(space.items()):
                if name not in OF_FRAMEWORKS:
                    seen.append((name, id(value), _fullness(value)))
        return seen


def _spaces(workspace):
    spaces = []
    for module in list(sys.modules.values()):
        filename = getattr(module, "__file__", None)
        if not isinstance(filename, str) or workspace.name(filename) is None:
            continue
        spaces.append(vars(module))
        for value in list(vars(module).values()):
            if isinstance(value, type):
                if value.__module__ == module.__name__:
                    spaces.append(vars(value))
            elif not isinstance(value, types.ModuleType):
                attributes = getattr(value, "__dict__", None)
                if isinstance(attributes, dict):
                    spaces.append(attributes)
    return spaces


def _fullness(value):
    """How much a container, or a cache of `functools`, holds."""
    if isinstance(value, CONTAINERS):
        return len(value)
    if isinstance(value, types.FunctionType):
        return id(value.__code__)
    information = getattr(type(value), "cache_info", None)
    return information(value).currsize if information is not None else None
