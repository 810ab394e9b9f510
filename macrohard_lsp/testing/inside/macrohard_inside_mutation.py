"""Inputs near those that were seen: one argument of a recorded call changed a little, or taken from another call."""

import copy
import random
import re

CROSSED = 0.3
DEPTH = 3
TRIES_PER_INPUT = 8
LARGEST = 4000
FEW = 4
NUMBER = re.compile(r"[0-9]{1,9}")
OTHERS = ""
KINDS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "()[]{}<>", OTHERS)
PIECES = ("a", "Z", "0", " ", "-", ".", ",", "\n", "/", "_")


def near(recorded, count, seed):
    """At most `count` calls `(positional, named)`: those `recorded`, then changed ones, each text once."""
    chance = random.Random(seed)
    calls = list(recorded)[:count]
    seen = {in_words(call) for call in calls}
    for _ in range(TRIES_PER_INPUT * count if calls else 0):
        if len(calls) >= count:
            break
        try:
            call = _changed(chance.choice(_sources(recorded, calls, chance)), chance.choice(recorded), chance)
        except Exception:
            # What can't be copied, hashed or compared is no input.
            continue
        text = in_words(call)
        if text not in seen and len(text) <= LARGEST:
            seen.add(text)
            calls.append(call)
    return calls


def _sources(recorded, calls, chance):
    """What to change: a recorded call. Where those are few, every other time any of the calls that were made."""
    return calls if len(recorded) < FEW and chance.random() < 0.5 else recorded


def in_words(call):
    """The arguments of a call as a person would write them; objects without words of their own by their attributes."""
    positional, named = call
    try:
        parts = [_shown(value) for value in positional]
        return ", ".join([*parts, *("%s=%s" % (name, _shown(value)) for name, value in named.items())])
    except Exception:
        return "…"


def _shown(value):
    held = getattr(value, "__dict__", None)
    if held and type(value).__repr__ is object.__repr__:
        return "%s(%s)" % (type(value).__name__, ", ".join("%s=%r" % item for item in held.items()))
    return repr(value)


def _changed(call, other, chance):
    positional, named = copy.deepcopy(call)
    places = [(positional, place) for place in range(len(positional))] + [(named, name) for name in named]
    if not places:
        return positional, named
    for _ in range(chance.choice((1, 1, 2))):
        holder, key = chance.choice(places)
        donor = other[0] if holder is positional else other[1]
        present = key in donor if isinstance(donor, dict) else key < len(donor)
        crossed = present and chance.random() < CROSSED
        holder[key] = copy.deepcopy(donor[key]) if crossed else change(holder[key], chance, DEPTH)
    return positional, named


def change(value, chance, depth):
    """A value of the same kind beside `value`; `value` itself where nothing is known of its kind."""
    if isinstance(value, (int, float)):
        return _number_changed(value, chance)
    if isinstance(value, (str, bytes)):
        return _text_changed(value, chance)
    if depth and type(value) in (list, tuple, set, frozenset):
        return type(value)(_items_changed(list(value), chance, depth))
    if depth and isinstance(value, dict) and value:
        return _mapping_changed(value, chance, depth)
    attributes = getattr(value, "__dict__", None)
    if depth and attributes and not callable(value):
        name = chance.choice(sorted(attributes))
        attributes[name] = change(attributes[name], chance, depth - 1)
    return value


def _number_changed(value, chance):
    if isinstance(value, bool):
        return not value
    if isinstance(value, float):
        return chance.choice((value + 1, -value, 0.0, value / 2, value * 10, chance.uniform(-100, 100)))
    return chance.choice((value + 1, value - 1, -value, 0, 1, value * 2, value // 2, chance.randint(-9, 99)))


def _text_changed(value, chance):
    """Half of the changes keep the shape: what reads the text as a number, a date or words gets another one."""
    if isinstance(value, bytes):
        return _text_changed(value.decode("latin-1"), chance).encode("latin-1", "replace")
    if value and chance.random() < 0.5:
        return _of_same_shape(value, chance)
    start, end = sorted((chance.randint(0, len(value)), chance.randint(0, len(value))))
    piece = chance.choice(PIECES)
    return chance.choice(
        (
            value[:start] + value[start + 1 :],
            value[start:end],
            value[:start] + piece + value[start:],
            value[:start] + piece + value[start + 1 :],
            value[:end] + value[start:],
            value[::-1],
            value.swapcase(),
        )
    )


def _of_same_shape(value, chance):
    """Another number for one of those in the text, or for a character another of its kind, mostly one of the text's."""
    numbers = list(NUMBER.finditer(value))
    if numbers and chance.random() < 0.5:
        found = chance.choice(numbers)
        number = int(found.group())
        changed = abs(chance.choice((number + 1, number - 1, 0, number * 2, chance.randint(0, 99))))
        return value[: found.start()] + str(changed).zfill(len(found.group())) + value[found.end() :]
    place = chance.randrange(len(value))
    kind = next(kind for kind in KINDS if kind is OTHERS or value[place] in kind)
    own = sorted({letter for letter in value if letter in kind} if kind is not OTHERS else set(value))
    choices = own if len(own) > 1 and chance.random() < 0.7 else kind or own
    return value[:place] + chance.choice(choices) + value[place + 1 :]


def _items_changed(items, chance, depth):
    if not items:
        return items
    first, second = chance.randrange(len(items)), chance.randrange(len(items))
    action = chance.randrange(5)
    if action == 0:
        del items[first]
    elif action == 1:
        items.insert(second, copy.deepcopy(items[first]))
    elif action == 2:
        items[first], items[second] = items[second], items[first]
    else:
        items[first] = change(items[first], chance, depth - 1)
    return items


def _mapping_changed(value, chance, depth):
    key = chance.choice(list(value))
    if chance.random() < CROSSED:
        del value[key]
    else:
        value[key] = change(value[key], chance, depth - 1)
    return value
