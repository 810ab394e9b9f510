"""Make inputs of recorded calls: the calls themselves, then seeded mutations of their arguments.

Usage: inputs.py OUT SEED COUNT RECORDED…
"""

import pickle
import random
import sys
from pathlib import Path

TRIES_PER_INPUT = 30


def main(out, seed, count, *recorded):
    calls = {}
    for path in recorded:
        with Path(path).open("rb") as source:
            for name, known in pickle.load(source).items():
                calls.setdefault(name, {}).update(dict.fromkeys(known))
    made = {name: inputs(list(known), random.Random(int(seed)), int(count)) for name, known in calls.items()}
    with Path(out).open("wb") as target:
        pickle.dump(made, target)


def inputs(known, rng, count):
    """At most `count` pairs (recorded as it was?, pickled call), all different."""
    chosen = dict.fromkeys(known, True)
    for _ in range(count * TRIES_PER_INPUT if known else 0):
        if len(chosen) >= count:
            break
        try:
            args, named = pickle.loads(rng.choice(known))
            other_args, other_named = pickle.loads(rng.choice(known))
            for _ in range(rng.choice((1, 1, 2, 3))):
                mutate_call(args, named, other_args, other_named, rng)
            chosen.setdefault(pickle.dumps((args, named)), False)
        except Exception:
            # A mutated object that can't be copied or restored is simply not an input.
            continue
    return [(as_recorded, call) for call, as_recorded in chosen.items()][:count]


def mutate_call(args, named, other_args, other_named, rng):
    places = [(args, i, other_args) for i in range(len(args))] + [(named, k, other_named) for k in named]
    if not places:
        return
    holder, key, other = rng.choice(places)
    present = key in other if isinstance(other, dict) else key < len(other)
    holder[key] = other[key] if present and rng.random() < 0.35 else mutated(holder[key], rng, 3)


def mutated(value, rng, depth):
    if isinstance(value, (bool, int, float)):
        return mutated_number(value, rng)
    if isinstance(value, (str, bytes)):
        return mutated_text(value, rng)
    if depth and type(value) in (list, tuple, set, frozenset):
        return type(value)(mutated_items(list(value), rng, depth))
    if depth and isinstance(value, dict):
        return mutated_mapping(value, rng, depth)
    if depth and getattr(value, "__dict__", None) and not callable(value):
        key = rng.choice(sorted(vars(value)))
        vars(value)[key] = mutated(vars(value)[key], rng, depth - 1)
    return value


def mutated_number(value, rng):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, -value, 0, 1, 2 * value, value // 2, rng.randint(-100, 100)))
    return rng.choice((value + 1, -value, 0.0, value / 2, value * 10, rng.uniform(-1000, 1000)))


def mutated_text(value, rng):
    i, j = sorted((rng.randint(0, len(value)), rng.randint(0, len(value))))
    extra = rng.choice(["a", "S", "0", "1", " ", "-", ".", ",", "\n", "'", "\\", "é", "*", "_", ":", "/"])
    piece = extra.encode() if isinstance(value, bytes) else extra
    return rng.choice(
        (
            value[:i] + value[i + 1 :],
            value[:i] + value[j:],
            value[i:j],
            value[:i] + piece + value[i:],
            value[:i] + piece + value[i + 1 :],
            value[:j] + value[i:],
            value.upper(),
            value[::-1],
        )
    )


def mutated_items(items, rng, depth):
    if not items:
        return items
    i, j = rng.randrange(len(items)), rng.randrange(len(items))
    action = rng.randrange(5)
    if action == 0:
        del items[i]
    elif action == 1:
        items.insert(j, items[i])
    elif action == 2:
        items[i], items[j] = items[j], items[i]
    else:
        items[i] = mutated(items[i], rng, depth - 1)
    return items


def mutated_mapping(value, rng, depth):
    if value:
        key = rng.choice(list(value))
        if rng.random() < 0.3:
            del value[key]
        else:
            value[key] = mutated(value[key], rng, depth - 1)
    return value


if __name__ == "__main__":
    main(*sys.argv[1:])
