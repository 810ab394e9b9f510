"""Does a program do what the reference does, on inputs that the tests don't have?"""

import copy
import random
import time

import generators
import mutations
import running
import shapes
from same import same

# Where the reference itself takes longer, in processor seconds, the input says nothing.
REFERENCE_SECONDS = 0.3
# What a program may take on an input, beside several times what the reference took.
EXTRA_SECONDS = 1.0
FACTOR = 20.0
# All inputs together, in processor seconds: what wasn't compared by then isn't.
ALL_SECONDS = 40.0
TRIES = 8
# Inputs on which right programs are watched for changing what they are given.
LOOKED_AT = 40


def answer(question):
    reference = running.load(question["reference"])
    witnesses = [running.load(text) for text in question.get("witnesses", ())]
    if any(name not in witness for witness in witnesses for name in question["functions"]):
        witnesses = []
    inputs = list(_inputs(question, reference))
    try:
        program = running.load(question["program"])
    except (Exception, running.Endless) as error:
        return {"verdict": "wrong", "inputs": 0, "example": f"can't be loaded: {type(error).__name__}"}
    rough = _changing(inputs, [reference, *witnesses])
    compared = 0
    shares = dict.fromkeys((made.function for made in inputs), 0)
    most = question["count"] // max(1, len(shares))
    began = time.process_time()
    for made in inputs:
        if compared >= question["count"] or time.process_time() - began > ALL_SECONDS:
            break
        if shares[made.function] >= most:
            continue
        differs = _differs(made, reference, witnesses, program, made.function in rough)
        if differs is None:
            continue
        compared += 1
        shares[made.function] += 1
        if differs:
            return {"verdict": "wrong", "inputs": compared, "example": differs[:300]}
    return {"verdict": "right" if compared else "not judged", "inputs": compared, "example": ""}


class Made:
    """One input: made anew for each program, so that none sees what another left in it."""

    def __init__(self, function, make, accept=None):
        self.function, self.make, self.accept = function, make, accept


def _inputs(question, reference):
    rng = random.Random(question["seed"])
    if question.get("generator"):
        generator = generators.GENERATORS[question["generator"]]
        for _ in range(question["count"] * 2):
            seed = rng.getrandbits(64)

            def make(seed=seed):
                return generator(random.Random(seed), question["size"]), {}

            yield Made(question["functions"][0], make, generators.ACCEPT.get(question["generator"]))
        return
    recorded = _recorded(question, reference)
    for name, calls in recorded.items():
        source = mutations.inputs if question["how"] == "mutated" else shapes.inputs
        known = calls if question["how"] == "mutated" else []
        made = source(calls, rng, question["count"] * TRIES // len(recorded))
        for args, named in [*known, *made]:
            yield Made(name, lambda args=args, named=named: (copy.deepcopy(args), copy.deepcopy(named)))


def _recorded(question, reference):
    """The calls that the tests make of each function, by the reference's side."""
    recorded = {}
    names = dict(reference)
    for name in question["functions"]:
        names[name] = _recorder(reference[name], recorded.setdefault(name, []))
    for text in question["calls"]:
        try:
            exec(compile(text, "calls.py", "exec"), dict(names))
        except Exception:
            # A test that fails by what the recorder changed still has made its calls.
            continue
    return {name: calls for name, calls in recorded.items() if calls}


def _recorder(function, calls):
    def recorder(*args, **named):
        calls.append(copy.deepcopy((list(args), named)))
        return function(*args, **named)

    return recorder


def _changing(inputs, programs):
    """The functions of which a right program changes what it is given, on some input: then any may."""
    rough = set()
    looked = dict.fromkeys((made.function for made in inputs), 0)
    for made in inputs:
        if made.function in rough or looked[made.function] >= LOOKED_AT:
            continue
        looked[made.function] += 1
        outcomes = (_outcome(made, program, REFERENCE_SECONDS) for program in programs)
        if any(ended[0] == "returned" and not same(left, made.make()) for ended, left, _ in outcomes):
            rough.add(made.function)
    return rough


def _differs(made, reference, witnesses, program, rough):
    """None where the input says nothing, an empty text where both do the same, else the input in words."""
    expected, _, took = _outcome(made, reference, REFERENCE_SECONDS)
    if expected[0] != "returned":
        return None
    for witness in witnesses:
        other, _, _ = _outcome(made, witness, REFERENCE_SECONDS)
        if other[0] != "returned" or not same(expected[1], other[1]):
            return None
    got, left_by_it, _ = _outcome(made, program, took * FACTOR + EXTRA_SECONDS)
    args, _ = made.make()
    if got[0] == "returned":
        right = same(expected[1], got[1])
        if made.accept is not None:
            right = made.accept(args, expected[1], got[1])
        if right and (rough or same(left_by_it, made.make())):
            return ""
    saying = f"{got[0]} {got[1]!r}"[:100]
    return f"{made.function}{tuple(args)!r}"[:180] + f": {saying}, not {expected[1]!r}"


def _outcome(made, program, seconds):
    """How the call ended, what became of its arguments, and the processor seconds it took."""
    args, named = made.make()
    random.seed(0)
    function = program.get(made.function)
    if function is None:
        return ("raised", "NameError"), None, 0.0
    began = time.process_time()
    ended = running.call(function, args, named, seconds)
    return ended, (args, named), time.process_time() - began
