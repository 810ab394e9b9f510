"""Is a patched program right? Judged by what it does on inputs that the tests don't have, beside the reference."""

from dataclasses import dataclass

from bench.repair.bug import Bug
from bench.repair.child import ask
from bench.repair.renaming import restored

INPUTS = 300
SEED = 20240501
# The second opinion, for the labels: other seeds, larger inputs, and for plain data another way of making them.
LABEL_SEED = 7919
LABEL_INPUTS = 400
SECONDS = 240


@dataclass(frozen=True, slots=True)
class Opinion:
    """`verdict` is `right`, `wrong` or `not judged`; `example` is an input that shows a wrong one."""

    verdict: str
    inputs: int
    example: str

    @property
    def right(self) -> bool:
        return self.verdict == "right"


def opinion(bug: Bug, program: str) -> Opinion:
    """By mutated inputs; for QuixBugs by its generators, for students' programs by drawn inputs."""
    return _ask(bug, program, "shaped" if bug.inputs.witnesses else "mutated", 1, SEED, INPUTS)


def second_opinion(bug: Bug, program: str) -> Opinion:
    """By inputs drawn anew: nothing that the product could have mutated in the same way."""
    return _ask(bug, program, "shaped", 2, LABEL_SEED, LABEL_INPUTS)


def _ask(bug: Bug, program: str, how: str, size: int, seed: int, count: int) -> Opinion:
    if bug.original is not None:
        bug, program = bug.original, restored(program, bug.original)
    answer = ask(
        {
            "job": "compare",
            "reference": bug.reference,
            "program": program,
            "functions": bug.inputs.functions,
            "generator": bug.inputs.generator,
            "calls": bug.inputs.calls,
            "witnesses": bug.inputs.witnesses,
            "beside": bug.beside,
            "how": how,
            "size": size,
            "seed": seed,
            "count": count,
        },
        seconds=SECONDS,
    )
    if problem := answer.get("problem"):
        return Opinion("not judged", 0, problem)
    return Opinion(answer["verdict"], answer["inputs"], answer["example"])
