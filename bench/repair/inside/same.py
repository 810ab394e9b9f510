"""Equality of results: of numbers within rounding (True is 1, as in an assertion), of all else by kind and content."""

import math


def same(one, other, seen=None):
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other or _close(one, other)
    seen = set() if seen is None else seen
    if (id(one), id(other)) in seen:
        return True
    seen.add((id(one), id(other)))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key], seen) for key in one)
    if isinstance(one, (list, tuple)):
        alike = isinstance(other, list) if isinstance(one, list) else isinstance(other, tuple)
        return alike and len(one) == len(other) and all(map(lambda a, b: same(a, b, seen), one, other))
    if type(one).__name__ != type(other).__name__:
        return False
    if hasattr(one, "__dict__") and type(one).__eq__ is object.__eq__:
        return same(vars(one), vars(other), seen)
    return one == other


def _close(one, other):
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    if isinstance(one, int) and isinstance(other, int):
        return False
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
