"""Hostile programs against each tier, every one with what stops it; `docs/isolation.md` is this table.

A case is a part of `abuse.cases`: what the program tries, then for each tier how that ends and the layer that ends
it, then the program. It says `done` when it managed what it tried, `learned` when it came to know what it shouldn't;
`out` is what was seen to get out. Where `process` doesn't stop something, that is asserted like the rest, and
where a Machine says of itself that a layer is missing (`weaker` is how that begins), so is that.

`UPDATE_EXPECTATIONS=1` writes the document anew.
"""

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.machine import CommandResult, Machine
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import Limits, MachineSpec

from .outside import Outside, pids_of

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "isolation.md"
LIMITS = Limits(memory_bytes=200 * 2**20, processes=40, writable_bytes=16 * 2**20)
OUTPUT_BYTES = 100_000
SECONDS = 30.0

PRELUDE = """
import ctypes, errno, json, os, signal, socket, subprocess, sys, time
GIVEN = json.loads(sys.argv[1])
LIBC = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    ctypes.set_errno(0)
    result = getattr(LIBC, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), name)
    return result
def attempt():
    try:
        exec(compile(sys.argv[2], "abuse", "exec"), globals())
    except OSError as error:
        print(errno.errorcode.get(error.errno, repr(error)))
attempt()
"""


@dataclass(frozen=True)
class Stop:
    """How a case ends: one of `words`, by `layer`. `landlock` is the version of it that this takes."""

    words: tuple[str, ...]
    layer: str
    landlock: int

    @property
    def holds(self) -> bool:
        return "out" not in self.words and "learned" not in self.words


@dataclass(frozen=True)
class Abuse:
    group: str
    name: str
    stops: dict[Tier, Stop]
    script: str
    seconds: float
    own_machine: bool
    weaker: str
    proof: str


def parse_stop(text: str) -> Stop:
    words, _, layer = text.partition(" | ")
    version = re.search(r"Landlock (\d)", layer)
    return Stop(tuple(words.split("/")), layer, int(version[1]) if version else 0)


def parse(text: str) -> list[Abuse]:
    found: list[Abuse] = []
    for part in re.split(r"^= ", text, flags=re.MULTILINE)[1:]:
        group, *cases = re.split(r"^== ", part, flags=re.MULTILINE)
        for case in cases:
            head, _, script = case.partition("\n--\n")
            name, *lines = head.strip().splitlines()
            fields = dict(line.split(": ", 1) for line in lines)
            found.append(
                Abuse(
                    group=group.strip(),
                    name=name,
                    stops={tier: parse_stop(fields[tier.value]) for tier in (Tier.NAMESPACE, Tier.PROCESS)},
                    script=script,
                    seconds=float(fields.get("seconds", SECONDS)),
                    weaker=fields.get("weaker", ""),
                    own_machine=fields.get("machine") == "own",
                    proof=fields.get("proof", ""),
                )
            )
    return found


CASES = parse((Path(__file__).parent / "abuse.cases").read_text())


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    planted = Outside(tmp_path_factory.mktemp("abuse").resolve())
    yield planted
    planted.close()


@pytest.fixture(scope="module")
def open_near(outside: Outside) -> Iterator[Callable[[Tier, bool], Machine]]:
    """Opens a Machine on the planted workspace: the tier's own one, or another where a case wants that."""
    shared: dict[Tier, Machine] = {}
    opened: list[Machine] = []
    inherited = os.open(outside.key, os.O_RDONLY)
    os.set_inheritable(inherited, True)

    def open_near(tier: Tier, own: bool) -> Machine:
        if own or tier not in shared:
            opened.append(
                open_machine(MachineSpec(outside.workspace, {}, (outside.shown,), {}, LIMITS), tier)
            )
            shared.setdefault(tier, opened[-1])
        return opened[-1] if own else shared[tier]

    yield open_near
    for machine in opened:
        machine.close()
    os.close(inherited)


def what_came_of(result: CommandResult, changes: list[str], secret: str, survivors: list[int]) -> str:
    """The word for how it ended; getting out outweighs everything else."""
    said = result.stdout.decode(errors="replace")
    last = said.strip().rpartition("\n")[2]
    if changes or survivors or secret in said or last == "learned":
        return "out"
    if result.killed_by or result.timed_out:
        return f"killed for {result.killed_by}" if result.killed_by else "timed out"
    if result.dropped_bytes:
        return "cut short"
    return {"done": "no effect", "started": "gone"}.get(last, last)


SCRIPTED = [case for case in CASES if not case.proof]


@pytest.mark.parametrize("case", SCRIPTED, ids=lambda case: case.name.replace(" ", "-"))
def test_abuse(case: Abuse, tier: Tier, outside: Outside, open_near) -> None:
    stop = case.stops[tier]
    machine = open_near(tier, case.own_machine)
    need_landlock(machine, stop)
    marker = secrets.token_hex(8)
    result = machine.run(
        ["python3", "-c", PRELUDE, json.dumps(outside.given()), case.script, marker],
        seconds=case.seconds,
        output_bytes=OUTPUT_BYTES,
    )
    changes = outside.changes()
    word = what_came_of(result, changes, outside.secret, pids_of(marker))
    expected = {"out" if word == "learned" else word for word in stop.words}
    if case.weaker and any(protection.startswith(case.weaker) for protection in machine.protections):
        expected = {"out"}
    assert word in expected, (changes, result.stdout[-500:], result.stderr[-2000:])
    assert len(result.stdout) < OUTPUT_BYTES + 100
    assert machine.run(["true"], seconds=20).exit_code == 0


def need_landlock(machine: Machine, stop: Stop) -> None:
    """No script could install another kernel: its absence is a skip everywhere."""
    match = re.search(r"Landlock \(version (\d+)\)", " ".join(machine.protections))
    version = int(match[1]) if match else 0
    if machine.tier is Tier.PROCESS and version < stop.landlock:
        pytest.skip(f"this kernel's Landlock is of version {version}; the case takes {stop.landlock}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_nothing_gets_out_of_a_namespace(case: Abuse) -> None:
    assert case.stops[Tier.NAMESPACE].holds


@pytest.mark.parametrize("case", [case for case in CASES if case.proof], ids=lambda case: case.name)
def test_cases_that_stand_elsewhere_are_there(case: Abuse) -> None:
    path, _, name = case.proof.partition(" ")
    assert re.search(rf"^{name} = ", (ROOT / path).read_text(), re.MULTILINE)


INTRODUCTION = """\
# What the sandbox stops

Hostile programs against each tier, and the layer that stops each. `tests/sandbox/test_abuse.py` runs all of them
against real Machines; this page is made from the same data and the test fails where they differ.

**Nothing here gets out of `namespace`.** What gets past `process` is named as such. There, `Landlock n` stands for
version n or later in the kernel; `macrohard-lsp doctor` says which this computer has and, for each tier, what is in
force and what isn't. Without Landlock those rows are not stopped.
"""


def render() -> str:
    lines = [INTRODUCTION]
    for group in dict.fromkeys(case.group for case in CASES):
        lines += [f"## {group}", "", "| a program that … | `namespace` | `process` |", "|---|---|---|"]
        lines += [
            f"| {case.name} | {cell(case.stops[Tier.NAMESPACE])} | {cell(case.stops[Tier.PROCESS])} |"
            for case in CASES
            if case.group == group
        ]
        lines.append("")
    return "\n".join(lines)


def cell(stop: Stop) -> str:
    if not stop.holds:
        reason = stop.layer.removeprefix("nothing").lstrip(": ")
        return "**not stopped**" + (f": {reason}" if reason else "")
    words = [f"`{word}`" if word.isupper() else word for word in stop.words]
    return f"{stop.layer} ({' or '.join(words)})"


def test_the_document_is_the_table() -> None:
    if os.environ.get("UPDATE_EXPECTATIONS"):
        DOCUMENT.write_text(render())
    assert DOCUMENT.read_text() == render(), "run it with UPDATE_EXPECTATIONS=1, and read the difference"
