"""Inputs by changing a little what the tests call a function with."""

import copy


def inputs(calls, rng, count):
    """`count` calls, each a recorded one of which one to three places are changed."""
    made = []
    for _ in range(count):
        args, named = copy.deepcopy(rng.choice(calls))
        for _ in range(rng.choice((1, 1, 2, 3))):
            if args:
                place = rng.randrange(len(args))
                args[place] = mutated(args[place], rng)
        made.append((args, named))
    return made


def mutated(value, rng):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, 2 * value, -value, 0, 1, rng.randint(-5, 60), value))
    if isinstance(value, float):
        return rng.choice((value + 1, value - 0.5, 2 * value, -value, 0.0, rng.uniform(-10, 60), value))
    if isinstance(value, str):
        return _text(value, rng)
    if isinstance(value, list):
        return _items(value, rng)
    if isinstance(value, tuple):
        return tuple(_items(list(value), rng))
    if isinstance(value, dict) and value:
        key = rng.choice(list(value))
        changed = dict(value)
        if rng.random() < 0.5:
            del changed[key]
        else:
            changed[key] = mutated(changed[key], rng)
        return changed
    return value


def _text(value, rng):
    if not value:
        return rng.choice(("", "a", "ab "))
    place = rng.randrange(len(value))
    return rng.choice(
        (
            value[:place] + value[place + 1 :],
            value[:place] + value[place] + value[place:],
            value[::-1],
            value + value[:2],
            value[:place] + rng.choice(value) + value[place + 1 :],
            value.swapcase(),
            value[place:],
        )
    )


def _items(items, rng):
    if not items:
        return items
    place = rng.randrange(len(items))
    action = rng.randrange(5)
    if action == 0:
        del items[place]
    elif action == 1:
        items.insert(place, copy.deepcopy(items[place]))
    elif action == 2:
        items[place] = mutated(items[place], rng)
    elif action == 3:
        rng.shuffle(items)
    else:
        items = [mutated(item, rng) for item in items]
    return items
