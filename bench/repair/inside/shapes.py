"""Inputs drawn anew: the kinds of values that the tests use, in other and larger instances.

Shares nothing with `mutations.py`: no recorded call is changed, only its kind is kept.
"""

import string

WORDS = 0.3
LONGER = 3


def inputs(calls, rng, count):
    """`count` calls whose arguments have the shapes of the recorded ones."""
    numbers = sorted({len(args) for args, _ in calls})
    made = []
    for _ in range(count):
        length = rng.choice(numbers)
        alike = [call for call in calls if len(call[0]) == length]
        args = [draw([call[0][place] for call in alike], rng) for place in range(length)]
        made.append((args, dict(rng.choice(alike)[1])))
    return made


def draw(values, rng):
    """A value of a kind that is among `values`, which are not empty."""
    kind = type(rng.choice(values))
    alike = [value for value in values if type(value) is kind]
    if kind is bool:
        return rng.random() < 0.5
    if kind is int:
        return _integer(alike, rng)
    if kind is float:
        return round(rng.uniform(min(alike) - 1 - abs(min(alike)), max(alike) + 1 + abs(max(alike))), 3)
    if kind is str:
        return _text(alike, rng)
    if kind in (list, tuple):
        return _sequence(alike, kind, rng)
    if kind is dict:
        return _mapping(alike, rng)
    return rng.choice(alike)


def _integer(values, rng):
    low, high = min(values), max(values)
    reach = high + max(10, high - low)
    if low >= 1:
        return rng.randint(1, reach)
    return rng.randint(0 if low >= 0 else low + low, reach)


def _text(values, rng):
    if len(set(values)) < len(values) / 2 or rng.random() < WORDS / 3:
        return rng.choice(values)
    used = sorted(set("".join(values)))
    for known in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
        if len(set(used) & set(known)) > len(known) / 3:
            used = sorted(set(used) | set(known))
    if any(" " in value for value in values) and rng.random() < WORDS:
        words = sorted({word for value in values for word in value.split(" ")})
        return " ".join(rng.choice(words) for _ in range(rng.randint(1, 2 * LONGER)))
    shortest = 0 if min(map(len, values)) == 0 else 1
    longest = min(60, LONGER + 2 * max(map(len, values)))
    return "".join(rng.choice(used) for _ in range(rng.randint(shortest, longest))) if used else ""


def _sequence(values, kind, rng):
    lengths = {len(value) for value in values}
    if kind is tuple and len(lengths) == 1 and len(values) > 1:
        return tuple(draw([value[place] for value in values], rng) for place in range(lengths.pop()))
    items = [item for value in values for item in value]
    if not items:
        return kind()
    longest = min(40, LONGER + 2 * max(lengths))
    drawn = [draw(items, rng) for _ in range(rng.randint(min(1, *lengths), longest))]
    if _all_sorted(values):
        drawn.sort()
    return kind(drawn)


def _all_sorted(values):
    """Whether it looks like a rule that such sequences are sorted."""
    telling = [list(value) for value in values if len(value) > 2]
    try:
        return len(telling) > 2 and all(value == sorted(value) for value in telling)
    except TypeError:
        return False


def _mapping(values, rng):
    keys = [key for value in values for key in value]
    items = [item for value in values for item in value.values()]
    if not keys:
        return {}
    return {
        draw(keys, rng): draw(items, rng) for _ in range(rng.randint(0, LONGER + 2 * max(map(len, values))))
    }
