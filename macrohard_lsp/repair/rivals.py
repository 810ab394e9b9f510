"""Telling the right edit from others that pass the same tests: by cost, and by what each does to inputs no test has.

A survivor alone says little: where tests are few, many edits pass them. Those of like cost are run on
inputs that the tests give to the edited functions, and on others near them. An edit after which no test
reaches some line any more goes back: it switches off what it should repair. Where rivals disagree, and
the program as it is gives a result at all, an edit that keeps that result is a little likelier, the more
so the more of the tests that run the place pass: then what the program does is mostly right already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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

_OUT_OF_CONTRACT = frozenset({"raised TypeError", "raised AttributeError", "long"})


@dataclass(frozen=True, slots=True)
class Weighed:
    """Rivals in order, the likeliest first. `ambiguous` says whether some behave differently from the first, None
    where that could not be told; `inputs` has for each of those an input that shows it, the shortest there is.
    """

    order: tuple[Survivor, ...]
    ambiguous: bool | None = None
    inputs: Mapping[Survivor, str] = field(default_factory=dict[Survivor, str])


def weigh(task: RepairTask, tools: RepairTools, rivals: Sequence[Survivor]) -> Weighed:
    """Put survivors that repair the same tests in order. Raises Cancelled."""
    near = sorted(rivals, key=lambda rival: rival.cost)[:MOST_RIVALS]
    if len(near) < 2:
        return Weighed(tuple(near))
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
    usable = _steady(seen)
    own = seen.behaviours[0]
    known = [words if len(words) == len(own) else None for words in seen.behaviours[2:]]
    shares = _changed_shares(known, seen)
    weight = CHANGE_WEIGHT * trust**TRUST_POWER
    off = [bool(lines) for lines in seen.unreached[2:]] or [False] * len(rivals)
    costs = [
        rival.cost + weight * share + (UNREACHED_COST if switched_off and kept else 0.0)
        for rival, share, switched_off, kept in zip(rivals, shares, off, keeps_lines, strict=True)
    ]
    order = [(rivals[place], known[place]) for place in sorted(range(len(rivals)), key=costs.__getitem__)]
    ranked = tuple(rival for rival, _ in order)
    first, behaviour = order[0]
    if behaviour is None or len(usable) < ENOUGH_COMPARED:
        return Weighed(ranked)
    shown = {
        rival: min((seen.inputs[place] for place in differing), key=len)
        for rival, words in order
        if words is not None and (differing := _differing(usable, behaviour, words))
    }
    if not shown and any(words is None for _, words in order):
        return Weighed(ranked)
    return Weighed(ranked, ambiguous=bool(shown), inputs={r: text for r, text in shown.items() if r != first})


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
    return [place for place, word in enumerate(once) if word == again[place] and word != "long"]


def _differing(usable: Sequence[int], one: Sequence[str], other: Sequence[str]) -> list[int]:
    """Where two behaviours differ; what a function does with an argument of the wrong kind doesn't count."""
    return [
        place
        for place in usable
        if one[place] != other[place] and not {one[place], other[place]} & _OUT_OF_CONTRACT
    ]


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
