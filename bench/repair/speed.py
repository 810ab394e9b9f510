"""`python -m bench.repair.speed`: how many candidates the search tries in a CPU second, beside mutation testers.

The project is generated: functions of a few lines, each with a test of its own. For the search every test fails and no
edit repairs it, so that all that costs least is tried; for the mutation testers, which need a suite that passes, the
same tests pass. Processor seconds are of everything that runs for a way: this program, the Machine, the runner and
its forks; or the other tool with all it starts. What starting takes is shown apart from the rate.
"""

import argparse
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.results import measured_on, replace_section
from bench.warm.processor import processor_seconds
from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.environment.find import find_interpreter
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.search import Search
from macrohard_lsp.repair.statements import statement_spans
from macrohard_lsp.repair.task import RepairTask, RepairTools
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.attempt import INSIDE
from macrohard_lsp.testing.localisation import FailureGroup, Suspect
from macrohard_lsp.workspace.read import read_snapshot

# None of them has a loop that an edit could make endless: what such a one costs is the limit of time, however quick the
# rest is.
FUNCTIONS = 6
# The search ends after so many candidates: trivial tests, 1 ms tests, and a process for each; and mutants that the
# slowest tool tries.
MOST_TRIVIAL, MOST_LONGER, MOST_APART, COSMIC_MUTANTS = 8000, 3000, 2000, 6
BODIES = (
    "total = a + b * 2\n    if total > 10:\n        return total - 1\n    return total\n",
    "items = [a, b, 3]\n    items.append(a - b)\n    return sum(items)\n",
    "for n in range(b):\n        a += n\n    return a\n",
    "words = str(a) * b\n    return len(words) + a\n",
)
PATH, TEST_PATH = "shop/code.py", "test_code.py"
PEERS = ("mutmut>=3,<4", "cosmic-ray>=8,<9", "pytest>=8,<10")
AIMS = {"trivial tests": "≥ 8000", "1 ms tests": "≥ 700"}
PEER_SECONDS = 1200.0
PEER_NAMES = ("mutmut 3", "cosmic-ray 8")
APART = "Each edit is tried in a process of its own"


@dataclass(frozen=True)
class Measured:
    """`seconds` of processor time for the candidates alone, `starting` for what comes before."""

    way: str
    tried: int
    seconds: float
    starting: float

    @property
    def rate(self) -> float:
        return self.tried / self.seconds

    @property
    def rate_of_all(self) -> float:
        return self.tried / (self.seconds + self.starting)


def program() -> str:
    return "\n\n".join(f"def f{n}(a, b):\n    {BODIES[n % len(BODIES)]}" for n in range(FUNCTIONS))


def tests(passing: bool, turns: int, leaking: bool = False) -> str:
    """One test a function; `turns` of an empty loop make it take its time.

    With `leaking` each can be run only once in a process: the second time it passes, whatever it tests.
    """
    space: dict[str, object] = {}
    exec(program(), space)
    wait = f"    for _ in range({turns}):\n        pass\n" if turns else ""
    lines = ["import functools", "from shop import code"]
    for n in range(FUNCTIONS):
        right = repr(eval(f"f{n}(4, 3)", space)) if passing else "'never'"
        leak = (
            f"    again = hasattr(functools, 'again{n}')\n    functools.again{n} = True\n" if leaking else ""
        )
        or_again = " or again" if leaking else ""
        lines.append(f"def test_{n}():\n{wait}{leak}    assert code.f{n}(4, 3) == {right}{or_again}")
    return "\n\n\n".join(lines) + "\n"


def turns_of_a_millisecond() -> int:
    """How many turns of an empty loop take this interpreter that long now: the least of several tries."""
    tries: list[float] = []
    for _ in range(9):
        begun = time.process_time()
        for _ in range(100_000):
            pass
        tries.append(time.process_time() - begun)
    return int(100_000 * 0.001 / min(tries))


def write(folder: Path, *, passing: bool, turns: int, leaking: bool = False) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "shop").mkdir(parents=True)
    (folder / "shop/__init__.py").touch()
    (folder / PATH).write_text(program(), "utf-8")
    (folder / TEST_PATH).write_text(tests(passing, turns, leaking), "utf-8")
    return folder.resolve()


class Searched:
    """The product's search over one generated project."""

    def __init__(self, folder: Path, python: Path, test_seconds: float) -> None:
        choice = find_interpreter(folder, "", configured=str(python), variables={}, home=Path.home())
        self._spec = MachineSpec(folder, {}, (*choice.mounts, INSIDE), {})
        interpreter = Interpreter(choice, sys.version_info[:3], "cpython", "9")
        names = tuple(f"{TEST_PATH}::test_{n}" for n in range(FUNCTIONS))
        self.source = SourceContext(PATH, program())
        self._spans = statement_spans(self.source.root)
        heads = [n for n, line in enumerate(program().splitlines(), 1) if line.startswith("def ")]
        ends = [*heads[1:], len(program().splitlines()) + 1]
        coverage = {
            name: {PATH: frozenset(range(head + 1, end))}
            for name, head, end in zip(names, heads, ends, strict=True)
        }
        starts = sorted({first for first, _ in self._spans.values() if first not in heads})
        self.task = RepairTask(
            snapshot=read_snapshot(folder),
            project=Project("", choice),
            interpreter=interpreter,
            failing={name: TestResult(name, Outcome.FAILED, test_seconds) for name in names},
            passing={},
            groups=tuple(FailureGroup((name,)) for name in names),
            suspects=tuple(Suspect(PATH, line, 1.0) for line in starts),
            coverage=coverage,
            import_lines={PATH: frozenset(heads)},
            warm_arguments=("--tb=native",),
        )

    def open(self) -> Machine:
        return open_machine(self._spec, Tier.NAMESPACE)

    def measure(self, way: str, most: int, *, apart: bool = False) -> Measured:
        """The cheapest of the space. What is tried first is left out of the rate: runners are started for it.

        Raises SystemExit where the search went another way; `apart` says that it has to try each in a process of
        its own, which it finds out by itself.
        """
        marks: list[tuple[int, float]] = []
        begun = processor_seconds()

        def progress(tried: int) -> None:
            # Told before a batch is tried: at the second, the first is done.
            if len(marks) < 2:
                marks.append((tried, processor_seconds()))

        tools = RepairTools(self.open, 1, Cancel(), lambda _: search.candidates >= most, progress)
        search = Search(self.task, tools, {PATH: self.source}, {PATH: self._spans})
        found = list(search.survivors())
        if found or [APART in note for note in search.notes] != [True] * apart:
            raise SystemExit(f"bench-speed: the search went another way: {found[:1]} {search.notes}")
        first, second = marks[0], marks[1]
        return Measured(way, search.candidates - first[0], processor_seconds() - second[1], second[1] - begun)


def run_peer(command: Sequence[str], folder: Path) -> float:
    """Processor seconds of a command with everything that it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        timeout=PEER_SECONDS,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(f"bench-speed: {' '.join(command)}: {done.stderr.decode()[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def mutmut(root: Path, programs: Path) -> Measured:
    """All mutants of the project, and one of them: what that takes beside one mutant's share is starting."""
    whole = _mutmut(write(root / "mutmut", passing=True, turns=0), programs)
    ended = _mutants(root / "mutmut", programs)
    if len(ended) < 2:
        raise SystemExit("bench-speed: mutmut tried no mutants")
    one = _mutmut(write(root / "mutmut-one", passing=True, turns=0), programs, ended[0])
    each = (whole - one) / (len(ended) - 1)
    return Measured("mutmut 3", len(ended), each * len(ended), one - each)


def _mutmut(folder: Path, programs: Path, *names: str) -> float:
    (folder / "setup.cfg").write_text(
        "[mutmut]\npaths_to_mutate=shop/\nsource_paths=shop/\ntests_dir=test_code.py\n"
    )
    return run_peer([str(programs / "mutmut"), "run", "--max-children", "1", *names], folder)


def _mutants(folder: Path, programs: Path) -> list[str]:
    """The names of those that were tried."""
    command = [str(programs / "mutmut"), "results", "--all", "true"]
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    ends = ("killed", "survived", "timeout")
    return [line.partition(":")[0].strip() for line in listed.splitlines() if line.strip().endswith(ends)]


def cosmic_ray(folder: Path, programs: Path) -> Measured:
    (folder / "cosmic.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "{PATH}"\ntimeout = 20.0\nexcluded-modules = []\n'
        f'test-command = "{programs}/python -m pytest -x -q"\n[cosmic-ray.distributor]\nname = "local"\n'
    )
    tool = str(programs / "cosmic-ray")
    starting = run_peer([tool, "init", "cosmic.toml", "session.sqlite"], folder)
    with closing(sqlite3.connect(folder / "session.sqlite")) as session, session:
        session.execute(
            "delete from mutation_specs where job_id not in (select job_id from mutation_specs limit ?)",
            (COSMIC_MUTANTS,),
        )
        session.execute("delete from work_items where job_id not in (select job_id from mutation_specs)")
    seconds = run_peer([tool, "exec", "cosmic.toml", "session.sqlite"], folder)
    with closing(sqlite3.connect(folder / "session.sqlite")) as session:
        (tried,) = session.execute("select count(*) from work_results").fetchone()
    return Measured("cosmic-ray 8", tried, seconds, starting)


def environment(root: Path) -> Path:
    """The folder of programs of an environment with the peers in it, made once."""
    place = root / "environment"
    if not (place / "bin/cosmic-ray").is_file() or not (place / "bin/mutmut").is_file():
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([place / "bin/pip", "-q", "install", *PEERS], check=True)
    return place / "bin"


def section(found: Sequence[Measured], load: float) -> str:
    ways = {measured.way: measured for measured in found}
    rows: list[str] = []
    for measured in found:
        ratios = [
            f"{measured.rate / ways[peer].rate:,.0f}× | {measured.rate_of_all / ways[peer].rate_of_all:,.0f}×"
            if peer in ways and measured.way != peer
            else " | "
            for peer in PEER_NAMES
        ]
        rows.append(
            f"| {measured.way} | {measured.tried} | {measured.seconds:.2f} | {measured.starting:.2f} "
            f"| {measured.rate:,.1f} | {AIMS.get(measured.way, '')} | {' | '.join(ratios)} |"
        )
    columns = " | ".join(f"to {peer} | with starting" for peer in PEER_NAMES)
    head = (
        f"| way | tried | CPU s | starting, CPU s | tried per CPU s | should be | {columns} |\n"
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    return (
        "## Candidates a CPU second (`python -m bench.repair.speed`)\n\n"
        f"Measured {measured_on()}; load average before {load:.1f}. One worker, {FUNCTIONS} functions of three to "
        "five lines with a test each. The ratio to mutmut should be ≥ 1000× with trivial tests, and ≥ 30× with a fork "
        "each. Ratios are of what candidates alone take, in the columns beside of all from the start on, on both "
        "sides.\n\n" + head + "\n".join(rows)
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    parser.add_argument("--without-peers", action="store_true", help="measure the search alone")
    given = parser.parse_args(argv)
    load = os.getloadavg()[0]
    root = Path(tempfile.gettempdir()) / f"macrohard-bench-{os.getuid()}" / "speed"
    root.mkdir(parents=True, exist_ok=True)
    programs = environment(root)
    python = programs / "python"
    turns = turns_of_a_millisecond()
    trivial = Searched(write(root / "trivial", passing=False, turns=0), python, 0.0005)
    leaking = Searched(write(root / "leaking", passing=False, turns=0, leaking=True), python, 0.0005)
    longer = Searched(write(root / "longer", passing=False, turns=turns), python, 0.0015)
    found = [
        trivial.measure("trivial tests", MOST_TRIVIAL),
        longer.measure("1 ms tests", MOST_LONGER),
        leaking.measure("a fork each", MOST_APART, apart=True),
    ]
    if not given.without_peers:
        found.append(mutmut(root, programs))
        found.append(cosmic_ray(write(root / "cosmic", passing=True, turns=0), programs))
    text = section(found, load)
    print(text)
    if not given.dry:
        replace_section("bench-speed", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
