"""Telling the right edit from others that pass the same tests: by cost, and by what each does to inputs no test has.

A survivor alone says little: where tests are few, many edits pass them. Those of like cost are run on
inputs that the tests give to the edited functions, and on others near them. An edit after which no test
reaches some line any more goes back: it switches off what it should repair. Where rivals disagree, and
the program as it is gives a result at all, an edit that keeps that result is a little likelier, the more
so the more of the tests that run the place pass: then what the program does is mostly right already.

A cost is about minus the logarithm of how often such an edit is the fix. So rivals are a vote: the first is
unambiguous where by far most of what the costs say is on the side of edits that behave like it. One far-fetched
edit among many, which differs on a few inputs, says nothing against it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from macrohard_lsp.repair.task import RepairTask, RepairTools, Survivor
from macrohard_lsp.sandbox.spec import MachineLost, MachineUnavailable
from macrohard_lsp.testing.warm import WarmBehaviours, WarmMode, WarmRunner, WarmSettings, WarmUnavailable

# How much dearer than the first Fix an edit may be to be looked for as its rival, in the unit of costs.
RIVAL_MARGIN = 3.0
MOST_RIVALS = 40
INPUTS = 240
SECONDS_EACH = 4.0
# Passing tests that calls are recorded from, and how long they may take together.
RECORDED_TESTS = 60
RECORDED_SECONDS = 2.0
# What changing all the disputed results costs, where every test that runs the place passes but those to repair.
CHANGE_WEIGHT = 0.5
# With this power of the share of passing tests the weight falls: half the tests failing leave a sixteenth of it.
TRUST_POWER = 4
FEWEST_DISPUTED = 3
# What the share is drawn towards where few tests run the place, and as how many tests that counts.
USUAL_TESTS = 4
# An edit after which no test runs some line any more switches that off rather than repairs it.
UNREACHED_COST = 3.0
# Agreement on fewer inputs says nothing.
ENOUGH_COMPARED = 50
# The share of the votes from which on the first is unambiguous.
CERTAIN_SHARE = 0.7

# What is said of a result that can't be written down.
UNWRITTEN = "something else"

_OUT_OF_CONTRACT = frozenset({"raised TypeError", "raised AttributeError", "long"})


@dataclass(frozen=True, slots=True)
class Difference:
    """A call that rivals answer differently, and what each kind of them makes of it, the first's answer first.

    Without answers where none can be written down. `paths` are the files of the rivals.
    """

    call: str
    answers: tuple[tuple[Survivor, str], ...]
    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class Weighed:
    """Rivals in order, the likeliest first. `ambiguous` says whether others that are likely too behave differently
    from the first, None where that could not be told; `difference` shows how.
    """

    order: tuple[Survivor, ...]
    ambiguous: bool | None = None
    difference: Difference | None = None


def weigh(task: RepairTask, tools: RepairTools, rivals: Sequence[Survivor]) -> Weighed:
    """Put survivors that repair the same tests in order. Raises Cancelled."""
    near = sorted(rivals, key=lambda rival: rival.cost)[:MOST_RIVALS]
    if len(near) < 2:
        return Weighed(tuple(near), ambiguous=False if near else None)
    seen = observe(task, tools, near)
    if seen is None or len(seen.behaviours) != len(near) + 2:
        return Weighed(tuple(near))
    return rank(near, seen, _trust(task, near), [_keeps_lines(task, rival) for rival in near])


def observe(task: RepairTask, tools: RepairTools, rivals: Sequence[Survivor]) -> WarmBehaviours | None:
    """What the program and each rival make of the same inputs; None where warm runs don't work."""
    tests = _tests(task, rivals)
    settings = WarmSettings(WarmMode.SWAP, task.warm_arguments, tests)
    variants = [{rival.candidate.path: rival.candidate.edits} for rival in rivals]
    try:
        with (
            tools.open_machine() as machine,
            WarmRunner(machine, task.interpreter, task.project, settings, tools.cancel) as runner,
        ):
            return runner.behave(variants, tests, inputs=INPUTS, seconds=SECONDS_EACH)
    except (WarmUnavailable, MachineLost, MachineUnavailable):
        return None


def rank(
    rivals: Sequence[Survivor], seen: WarmBehaviours, trust: float, keeps_lines: Sequence[bool]
) -> Weighed:
    """Order `rivals` by cost and by how much they change; `trust` in the program as it is lies between 0 and 1.

    `seen` holds the behaviours of the program twice, then of each rival. A rival that could not be
    observed is ordered by its cost alone, and one that moves lines (not `keeps_lines`) isn't blamed for
    those it leaves unreached.
    """
    own = seen.behaviours[0]
    known = [words if len(words) == len(own) else None for words in seen.behaviours[2:]]
    shares = _changed_shares(known, seen)
    weight = CHANGE_WEIGHT * trust**TRUST_POWER
    off = [bool(lines) for lines in seen.unreached[2:]] or [False] * len(rivals)
    costs = [
        rival.cost + weight * share + (UNREACHED_COST if switched_off and kept else 0.0)
        for rival, share, switched_off, kept in zip(rivals, shares, off, keeps_lines, strict=True)
    ]
    places = sorted(range(len(rivals)), key=costs.__getitem__)
    ambiguous, differing = _vote(places, costs, known, _steady(seen))
    difference = _difference(places, rivals, differing, seen) if ambiguous else None
    return Weighed(tuple(rivals[place] for place in places), ambiguous, difference)


def _vote(
    order: Sequence[int], costs: Sequence[float], known: Sequence[Sequence[str] | None], usable: Sequence[int]
) -> tuple[bool | None, dict[int, list[int]]]:
    """Whether the first of `order` is ambiguous, None where it depends on what could not be observed; and where
    each of those that differ from it does.
    """
    votes = {place: math.exp(costs[order[0]] - costs[place]) for place in order}
    behaviour = known[order[0]]
    differing: dict[int, list[int]] = {}
    unknown = 0.0
    for place in order[1:]:
        words = known[place]
        compared = _compared(usable, behaviour, words) if behaviour is not None and words is not None else {}
        if found := [at for at, is_same in compared.items() if not is_same]:
            differing[place] = found
        elif len(compared) < ENOUGH_COMPARED:
            unknown += votes[place]
    total = sum(votes.values())
    against = sum(votes[place] for place in differing)
    if against + unknown <= (1 - CERTAIN_SHARE) * total:
        return False, differing
    return (True if against > (1 - CERTAIN_SHARE) * total else None), differing


def _difference(
    order: Sequence[int], rivals: Sequence[Survivor], differing: dict[int, list[int]], seen: WarmBehaviours
) -> Difference:
    """The shortest input that tells the likeliest of those that differ, best one whose results can be written down."""
    first = order[0]
    likeliest = next(place for place in order if place in differing)

    def words(place: int, at: int) -> str:
        word = seen.behaviours[place + 2][at]
        return word.replace("raised", "raises") if word.startswith("raised") else _written(seen, place, at)

    def effort(at: int) -> tuple[bool, int, str]:
        one, other = words(first, at), words(likeliest, at)
        return not (one and other) or one == other, len(seen.inputs[at]), seen.inputs[at]

    at = min(differing[likeliest], key=effort)
    answers = {words(first, at) or UNWRITTEN: rivals[first]}
    for place in order:
        if at in differing.get(place, ()):
            # Where the result looks the same, what became of the arguments or lies deeper in it differs.
            told = words(place, at)
            answers.setdefault(told if told and told != words(first, at) else UNWRITTEN, rivals[place])
    return Difference(
        seen.inputs[at],
        tuple((rival, told) for told, rival in answers.items()) if len(answers) > 1 else (),
        frozenset(rival.candidate.path for rival in rivals),
    )


def _written(seen: WarmBehaviours, place: int, at: int) -> str:
    results = seen.results.get(at, ())
    return results[place + 2] if len(results) > place + 2 else ""


def _changed_shares(known: Sequence[Sequence[str] | None], seen: WarmBehaviours) -> list[float]:
    """How much of what rivals don't agree on each makes different from the program as it is."""
    own = seen.behaviours[0]
    observed = [words for words in known if words is not None]
    disputed = [
        place
        for place in _steady(seen)
        if own[place].startswith("returned") and len({words[place] for words in observed} - {"long"}) > 1
    ]
    if len(disputed) < FEWEST_DISPUTED:
        return [0.0] * len(known)
    return [
        0.0 if words is None else sum(words[at] not in {own[at], "long"} for at in disputed) / len(disputed)
        for words in known
    ]


def _keeps_lines(task: RepairTask, rival: Survivor) -> bool:
    """Whether the lines of the file are counted after the edit as they were before."""
    text = task.snapshot.files[rival.candidate.path].text or ""
    return all(
        text.count("\n", edit.start, edit.end) == edit.new_text.count("\n") for edit in rival.candidate.edits
    )


def _steady(seen: WarmBehaviours) -> list[int]:
    """The inputs on which the program twice did the same."""
    once, again = seen.behaviours[0], seen.behaviours[1]
    if len(once) != len(again) or len(once) != len(seen.inputs):
        return []
    return [place for place, word in enumerate(once) if word == again[place]]


def _compared(usable: Sequence[int], one: Sequence[str], other: Sequence[str]) -> dict[int, bool]:
    """Where two behaviours can be compared, and whether they are the same there.

    What a function does with an argument of the wrong kind doesn't count.
    """
    return {
        place: one[place] == other[place]
        for place in usable
        if not {one[place], other[place]} & _OUT_OF_CONTRACT
    }


def _trust(task: RepairTask, rivals: Sequence[Survivor]) -> float:
    """The share of the tests that run one of the places which pass already, drawn towards that of all tests."""
    usual = len(task.passing) / max(len(task.passing) + len(task.failing), 1)
    failing = sum(_runs(task, name, rivals) for name in task.failing)
    passing = sum(_runs(task, name, rivals) for name in task.passing)
    return (passing + USUAL_TESTS * usual) / (passing + failing + USUAL_TESTS)


def _tests(task: RepairTask, rivals: Sequence[Survivor]) -> tuple[str, ...]:
    """The tests to record calls from: those to be repaired, then quick passing ones that run one of the places."""
    chosen = list(rivals[0].fixes)
    covering = [name for name in task.passing if _runs(task, name, rivals)]
    total = 0.0
    for name in sorted(covering, key=lambda name: task.passing[name].seconds)[:RECORDED_TESTS]:
        total += task.passing[name].seconds
        if total > RECORDED_SECONDS:
            break
        chosen.append(name)
    return tuple(chosen)


def _runs(task: RepairTask, test: str, rivals: Sequence[Survivor]) -> bool:
    return any(task.runs(test, rival.candidate) for rival in rivals)
