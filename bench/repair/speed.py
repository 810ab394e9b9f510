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
from macrohard_lsp.repair.operators import candidates_for
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.search import Search
from macrohard_lsp.repair.statements import statement_spans
from macrohard_lsp.repair.task import RepairTask, RepairTools
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.attempt import INSIDE
from macrohard_lsp.testing.localisation import FailureGroup, Suspect
from macrohard_lsp.testing.warm import WarmMode, WarmRunner, WarmSettings
from macrohard_lsp.workspace.read import read_snapshot

# None of them has a loop that an edit could make endless: what such a one costs is the limit of time, however quick the
# rest is.
FUNCTIONS = 6
# The search ends after so many candidates: trivial tests, 1 ms tests, and a process for each; and mutants that the
# slowest tool tries.
MOST_TRIVIAL, MOST_LONGER, FORKED, COSMIC_MUTANTS = 8000, 3000, 100, 6
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


@dataclass(frozen=True)
class Measured:
    """`starting` are the processor seconds before the counting began, None where they are in `seconds`."""

    way: str
    tried: int
    seconds: float
    starting: float | None = None

    @property
    def rate(self) -> float:
        return self.tried / self.seconds


def program() -> str:
    return "\n\n".join(f"def f{n}(a, b):\n    {BODIES[n % len(BODIES)]}" for n in range(FUNCTIONS))


def tests(passing: bool, turns: int) -> str:
    """One test a function; `turns` of an empty loop make it take its time."""
    space: dict[str, object] = {}
    exec(program(), space)
    wait = f"    for _ in range({turns}):\n        pass\n" if turns else ""
    lines = ["from shop import code"]
    for n in range(FUNCTIONS):
        right = repr(eval(f"f{n}(4, 3)", space)) if passing else "'never'"
        lines.append(f"def test_{n}():\n{wait}    assert code.f{n}(4, 3) == {right}")
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


def write(folder: Path, *, passing: bool, turns: int) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "shop").mkdir(parents=True)
    (folder / "shop/__init__.py").touch()
    (folder / PATH).write_text(program(), "utf-8")
    (folder / TEST_PATH).write_text(tests(passing, turns), "utf-8")
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

    def measure(self, way: str, most: int) -> Measured:
        """The cheapest of the space. What is tried first is left out of the rate: runners are started for it."""
        marks: list[tuple[int, float]] = []
        begun = processor_seconds()

        def progress(tried: int) -> None:
            # Told before a batch is tried: at the second, the first is done.
            if len(marks) < 2:
                marks.append((tried, processor_seconds()))

        tools = RepairTools(self.open, 1, Cancel(), lambda _: search.candidates >= most, progress)
        search = Search(self.task, tools, {PATH: self.source}, {PATH: self._spans})
        found = list(search.survivors())
        if found or search.notes:
            raise SystemExit(f"bench-speed: the search went another way: {found[:1]} {search.notes}")
        first, second = marks[0], marks[1]
        return Measured(way, search.candidates - first[0], processor_seconds() - second[1], second[1] - begun)

    def measure_forks(self, way: str) -> Measured:
        """The same edits one by one: a process for each, pytest around its test."""
        candidates = list(candidates_for(self.source, None))
        chosen = [candidates[n * len(candidates) // FORKED] for n in range(FORKED)]
        settings = WarmSettings(WarmMode.SWAP, self.task.warm_arguments, tuple(self.task.failing))
        with (
            self.open() as machine,
            WarmRunner(machine, self.task.interpreter, self.task.project, settings, Cancel()) as runner,
        ):
            begun = processor_seconds()
            for candidate in chosen:
                name = candidate.function.replace("f", f"{TEST_PATH}::test_")
                runner.check({PATH: candidate.edits}, [name], stop=True, wall_seconds=5.0, cpu_seconds=0.1)
            return Measured(way, len(chosen), processor_seconds() - begun)


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


def mutmut(folder: Path, programs: Path) -> Measured:
    (folder / "setup.cfg").write_text(
        "[mutmut]\npaths_to_mutate=shop/\nsource_paths=shop/\ntests_dir=test_code.py\n"
    )
    seconds = run_peer([str(programs / "mutmut"), "run", "--max-children", "1"], folder)
    listed = subprocess.run(
        [str(programs / "mutmut"), "results", "--all", "true"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    ended = [
        line
        for line in listed.stdout.splitlines()
        if line.strip().endswith(("killed", "survived", "timeout"))
    ]
    if not ended:
        raise SystemExit("bench-speed: mutmut tried no mutant")
    return Measured("mutmut 3", len(ended), seconds)


def cosmic_ray(folder: Path, programs: Path) -> Measured:
    (folder / "cosmic.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "{PATH}"\ntimeout = 20.0\nexcluded-modules = []\n'
        f'test-command = "{programs}/python -m pytest -x -q"\n[cosmic-ray.distributor]\nname = "local"\n'
    )
    tool = str(programs / "cosmic-ray")
    run_peer([tool, "init", "cosmic.toml", "session.sqlite"], folder)
    with closing(sqlite3.connect(folder / "session.sqlite")) as session, session:
        session.execute(
            "delete from mutation_specs where job_id not in (select job_id from mutation_specs limit ?)",
            (COSMIC_MUTANTS,),
        )
        session.execute("delete from work_items where job_id not in (select job_id from mutation_specs)")
    seconds = run_peer([tool, "exec", "cosmic.toml", "session.sqlite"], folder)
    with closing(sqlite3.connect(folder / "session.sqlite")) as session:
        (tried,) = session.execute("select count(*) from work_results").fetchone()
    return Measured("cosmic-ray 8", tried, seconds)


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
            f"{measured.rate / ways[peer].rate:,.0f}×" if peer in ways and measured.way != peer else ""
            for peer in ("mutmut 3", "cosmic-ray 8")
        ]
        start = "" if measured.starting is None else f"{measured.starting:.2f}"
        rows.append(
            f"| {measured.way} | {measured.tried} | {measured.seconds:.2f} | {start} | {measured.rate:,.1f} "
            f"| {AIMS.get(measured.way, '')} | {' | '.join(ratios)} |"
        )
    head = (
        "| way | tried | CPU s | starting, CPU s | tried per CPU s | should be | to mutmut 3 | to cosmic-ray 8 |\n"
        "|---|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    return (
        "## Candidates a CPU second (`python -m bench.repair.speed`)\n\n"
        f"Measured {measured_on()}; load average before {load:.1f}. One worker, {FUNCTIONS} functions of three to "
        "five lines with a test each. The ratio to mutmut should be ≥ 1000× with trivial tests, and ≥ 30× with a fork "
        "each.\n\n" + head + "\n".join(rows)
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
    longer = Searched(write(root / "longer", passing=False, turns=turns), python, 0.0015)
    found = [
        trivial.measure("trivial tests", MOST_TRIVIAL),
        longer.measure("1 ms tests", MOST_LONGER),
        trivial.measure_forks("a fork each"),
    ]
    if not given.without_peers:
        found.append(mutmut(write(root / "mutmut", passing=True, turns=0), programs))
        found.append(cosmic_ray(write(root / "cosmic", passing=True, turns=0), programs))
    text = section(found, load)
    print(text)
    if not given.dry:
        replace_section("bench-speed", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
