"""Forks without what the standard library does around a fork, where that does nothing.

`threading`, `logging` and `random` take and renew their locks, and draw new random numbers. In a process of one thread,
whose children are to be as alike as can be, all of that is in vain, and it costs as much as the fork itself: it is
Python code that touches memory which the child then has to have of its own.
"""

import _thread
import gc
import os
import sys

# What other modules want to be called is called: nobody knows here what it is for.
MODULES = ("threading", "logging", "random", "concurrent.futures.thread")

# The interpreter's lists of what it calls before a fork and after it, on either side; empty where they aren't known.
_lists = ()
# What stood in them when it was last looked at, and whether all of it can be left out.
_seen = ()
_idle = False


def find():
    """Look for those lists. Before `gc.freeze`, which hides them."""
    global _lists
    marks = (lambda: None, lambda: None, lambda: None)
    os.register_at_fork(before=marks[0], after_in_parent=marks[1], after_in_child=marks[2])
    found = [each for mark in marks for each in gc.get_referrers(mark) if type(each) is list]
    for each in found:
        each[:] = [hook for hook in each if hook not in marks]
    # Another Python may keep them elsewhere: then everything is called as always.
    _lists = tuple(found) if len(found) == len(marks) else ()


def fork():
    """As `os.fork`. A child that itself forks does all that is usual."""
    kept = tuple(map(tuple, _lists))
    if _thread._count() or not _can_be_left_out(kept):
        return os.fork()
    for each in _lists:
        each.clear()
    try:
        return os.fork()
    finally:
        for each, before in zip(_lists, kept):
            each[:] = before


def _can_be_left_out(kept):
    """All of it or nothing: half of it would leave locks behind that were taken."""
    global _seen, _idle
    if kept != _seen:
        _idle = all(map(_is_idle, (hook for each in kept for hook in each)))
        _seen = kept
    return _idle


def _is_idle(hook):
    owner = getattr(hook, "__self__", None)
    if getattr(hook, "__module__", None) in MODULES or type(owner).__module__ in MODULES:
        return True
    modules = [sys.modules[name] for name in MODULES if name in sys.modules]
    return owner is not None and any(value is owner for each in modules for value in vars(each).values())
