"""The same candidates in every way of trying them, in turn, and the processor seconds of each way."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.warm.cold import Cold, Outcomes
from bench.warm.processor import processor_seconds
from bench.warm.subjects import SUBJECTS, Subject, candidates_of, place_of
from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice, Project
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.sandbox.machine import Machine, MachineProcess
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.attempt import INSIDE
from macrohard_lsp.testing.warm import WarmAnswer, WarmEnding, WarmMode, WarmRunner, WarmSettings

PLAIN, COLD = "cold, as it is", "cold, `--tb=native`"
FAST, FORK, RELOAD, BARE = "fast path", "one fork each", "full re-import", "bare limit"
WAYS = (PLAIN, COLD, FAST, FORK, RELOAD, BARE)
ROUNDS = 6
TOGETHER = 16
"""Candidates of one round; also those that share a process on the fast path, as in the repair engine."""
ARGUMENTS = ("--tb=native",)
"""As the engine starts warm runners: it reads no traceback of theirs, and this kind costs the least."""
WALL_SECONDS, CPU_SECONDS = 30.0, 5.0
START_SECONDS = 60.0
OWN_INSIDE = Path(__file__).with_name("inside")


class CannotMeasureError(Exception):
    """Raised when a way of trying candidates does not work here; the message says what it said."""


@dataclass
class Measured:
    """`seconds[way]` are CPU seconds a candidate, one figure a round; `verdicts` how many were compared.

    `disagreements` are sentences. `endless` counts candidates left out because cold they came to no end, or
    not twice to the same; `passing` those that passed every test.
    """

    subject: Subject
    rounds: int = 0
    seconds: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    verdicts: int = 0
    passing: int = 0
    endless: int = 0
    disagreements: list[str] = field(default_factory=list[str])


@dataclass
class Bench:
    """Everything that is started for one subject."""

    subject: Subject
    cold: Cold
    swap: WarmRunner
    reload: WarmRunner
    bare: MachineProcess


def measure(rounds: int, say: Callable[[str], None]) -> list[Measured]:
    """All subjects. Raises CannotPrepareError, CannotMeasureError, MachineUnavailable and WarmUnavailable."""
    with ExitStack() as stack:
        benches: list[Bench] = []
        for subject in SUBJECTS:
            say(f"Preparing {subject.name}")
            benches.append(stack.enter_context(_started(subject)))
        chosen = [_swappable(bench, rounds * TOGETHER) for bench in benches]
        found = [Measured(bench.subject) for bench in benches]
        for number in range(rounds):
            for bench, candidates, measured in zip(benches, chosen, found, strict=True):
                say(f"Round {number + 1} of {rounds}: {bench.subject.name}")
                _round(bench, candidates[number * TOGETHER : (number + 1) * TOGETHER], measured)
        return found


def _round(bench: Bench, candidates: Sequence[Candidate], measured: Measured) -> None:
    tests = bench.subject.tests
    plain = [_timed_cold(bench.cold, candidate) for candidate in candidates]
    cold = [_timed_cold(bench.cold, candidate, *ARGUMENTS) for candidate in candidates]
    # What is left of the last edit must not be in the way of those to come.
    bench.cold.restore()
    kept = [
        place
        for place, ((first, _), (second, _)) in enumerate(zip(plain, cold, strict=True))
        if first is not None and first == second
    ]
    measured.endless += len(candidates) - len(kept)
    if not kept:
        return
    ended = [(candidates[place], cold[place][0] or {}) for place in kept]
    for way, runs in ((PLAIN, plain), (COLD, cold)):
        measured.seconds[way].append(sum(runs[place][1] for place in kept) / len(kept))
    measured.rounds += 1
    with _timed() as seconds:
        many = bench.swap.check_many(
            [(_edits(candidate), tests) for candidate, _ in ended],
            wall_seconds=WALL_SECONDS,
            cpu_seconds=CPU_SECONDS,
        )
    _note(measured, FAST, seconds[0], ended, many)
    for way, runner in ((FORK, bench.swap), (RELOAD, bench.reload)):
        with _timed() as seconds:
            answers = [_check(runner, candidate, tests) for candidate, _ in ended]
        _note(measured, way, seconds[0], ended, answers)
    with _timed() as seconds:
        bench.bare.channel.sendall(b"%d\n" % len(ended))
        _expect(bench.bare, b"done\n")
    measured.seconds[BARE].append(seconds[0] / len(ended))
    measured.verdicts += len(ended)
    measured.passing += sum(set(verdict.values()) == {"passed"} for _, verdict in ended)


def _timed_cold(cold: Cold, candidate: Candidate, *arguments: str) -> tuple[Outcomes | None, float]:
    with _timed() as seconds:
        outcomes = cold.run(candidate, *arguments)
    return outcomes, seconds[0]


def _note(
    measured: Measured,
    way: str,
    seconds: float,
    ended: Sequence[tuple[Candidate, Outcomes]],
    answers: Sequence[WarmAnswer],
) -> None:
    measured.seconds[way].append(seconds / len(ended))
    for (candidate, cold), answer in zip(ended, answers, strict=True):
        warm = dict(answer.outcomes)
        if answer.ended is not WarmEnding.FINISHED or warm != cold:
            measured.disagreements.append(
                f"{measured.subject.name}, {way}, line {candidate.line}, {candidate.summary}: "
                f"{answer.ended.value}, {_in_words(warm)}; cold {_in_words(cold)}"
            )


def _in_words(outcomes: Outcomes) -> str:
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    return f"{passed} of {len(outcomes)} tests passed"


def _check(runner: WarmRunner, candidate: Candidate, tests: Sequence[str]) -> WarmAnswer:
    return runner.check(
        _edits(candidate), tests, stop=False, wall_seconds=WALL_SECONDS, cpu_seconds=CPU_SECONDS
    )


def _edits(candidate: Candidate) -> dict[str, tuple[TextEdit, ...]]:
    return {candidate.path: candidate.edits}


def _swappable(bench: Bench, most: int) -> list[Candidate]:
    """Candidates that the fast path takes at all, evenly spread over all of the function's."""
    taken = [
        candidate
        for candidate in candidates_of(bench.subject, bench.cold.text, 2 * most)
        if _ending(bench.swap, candidate) is WarmEnding.FINISHED
    ]
    if len(taken) < most:
        raise CannotMeasureError(
            f"only {len(taken)} edits of {bench.subject.function} can be swapped: ask for fewer rounds"
        )
    return [taken[number * len(taken) // most] for number in range(most)]


def _ending(runner: WarmRunner, candidate: Candidate) -> WarmEnding:
    return _check(runner, candidate, ()).ended


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Gives the processor seconds of what happens within, once it has."""
    result: list[float] = []
    begin = processor_seconds()
    yield result
    result.append(processor_seconds() - begin)


@contextmanager
def _started(subject: Subject) -> Iterator[Bench]:
    place = place_of(subject)
    choice = find_interpreter(place.fixed, "", configured=str(place.python), variables={}, home=Path.home())
    spec = MachineSpec(place.fixed, {}, (*choice.mounts, INSIDE, OWN_INSIDE), {})
    interpreter = Interpreter(choice, (3, 0, 0), "cpython", "9")
    with ExitStack() as stack:

        def runner(mode: WarmMode, preload: tuple[str, ...] = ()) -> WarmRunner:
            machine = stack.enter_context(open_machine(spec, Tier.NAMESPACE))
            settings = WarmSettings(mode, ARGUMENTS, subject.tests, preload)
            return stack.enter_context(
                WarmRunner(machine, interpreter, Project("", choice), settings, Cancel())
            )

        with open_machine(spec, Tier.NAMESPACE) as machine:
            settings = WarmSettings(WarmMode.RELOAD, ARGUMENTS)
            with WarmRunner(machine, interpreter, Project("", choice), settings, Cancel()) as asked:
                first = asked.check(
                    {}, subject.tests[:1], stop=True, wall_seconds=60, cpu_seconds=30, modules=True
                )
        machine = stack.enter_context(open_machine(spec, Tier.NAMESPACE))
        yield Bench(
            subject,
            Cold(subject, place),
            runner(WarmMode.SWAP),
            runner(WarmMode.RELOAD, first.modules),
            _start_bare(machine, choice, subject),
        )


def _start_bare(machine: Machine, choice: InterpreterChoice, subject: Subject) -> MachineProcess:
    process = machine.start([str(choice.executable), str(OWN_INSIDE / "bare.py"), *ARGUMENTS, *subject.tests])
    _expect(process, b"ready\n")
    return process


def _expect(process: MachineProcess, line: bytes) -> None:
    process.channel.settimeout(START_SECONDS)
    said = b""
    while not said.endswith(b"\n"):
        chunk = process.channel.recv(100)
        if not chunk:
            break
        said += chunk
    if said != line:
        output = b"\n".join(process.output_tail()).decode("utf-8", "replace").strip()
        raise CannotMeasureError(
            f"the bare limit's runner said {said!r} instead of {line!r}: {output[-500:]}"
        )
