"""Limits that the kernel keeps, where this computer lets us make control groups."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import zygote
from macrohard_lsp.sandbox.spec import Limits, MachineLost

from .outside import open_from_spare, pids_of, spare_of
from .test_limits import wait_until

GROUPS = Path("/sys/fs/cgroup")
LIMITS = Limits(memory_bytes=100 * 2**20, processes=20)
BWRAP_AND_SHELL = 3
"""bwrap itself, the first process of its namespace, and the shell."""
HOG = """
import time
x = bytearray(300 * 2**20)
x[::4096] = b'x' * len(x[::4096])
time.sleep(30)
"""
BOMB = """
import os, time
for _ in range(11):
    try:
        os.fork()
    except OSError:
        pass
    time.sleep(0.02)
time.sleep(30)
"""


def groups_of(zygotes: str) -> set[Path]:
    """The groups of commands whose zygote's directory has this in its name, and the directory itself."""
    return {
        Path(base, name)
        for base, names, _ in os.walk(GROUPS)
        for name in names
        if zygotes in f"{base}/{name}"
    }


def ours() -> set[Path]:
    """Those of our commands; others may run some at the same time."""
    own = f"macrohard-{zygote._living().pid}-"
    return {path for path in groups_of(own) if not path.name.startswith(own)}


def groups_with(words: str) -> dict[Path, int]:
    """Our groups in which a process has this in its command line, and how many processes there are in each."""
    wanted = set(map(str, pids_of(words)))
    inside = {path: set((path / "cgroup.procs").read_text().split()) for path in ours()}
    return {path: len(pids) for path, pids in inside.items() if wanted & pids}


@pytest.fixture(params=["forked", "spare"])
def limited(request: pytest.FixtureRequest, namespace: Tier, open_on):
    """A Machine whose launcher was forked when it was asked for, or before; by then there is another spare one."""
    open_on(namespace)  # A spare one with the limits of the next is none after it.
    machine = open_on(namespace, limits=LIMITS)
    if not any(each.startswith("control groups") for each in machine.protections):
        pytest.skip(next(each for each in machine.protections if "limits of the kernel" in each))
    if request.param == "spare":
        machine = open_from_spare(lambda: open_on(namespace, limits=LIMITS))
    assert wait_until(lambda: spare_of(zygote._living().pid) != 0, 20)
    return machine


def test_a_command_runs_in_a_group_of_its_own(limited, marker: str) -> None:
    """Nothing of it is elsewhere, also not what its program starts at once."""
    process = limited.start(["sh", "-c", f"sleep {marker} & sleep {marker} & sleep {marker}"], channel=False)
    assert wait_until(lambda: len(pids_of(f"sleep\0{marker}")) == 3, 20)
    groups = groups_with(f"sleep\0{marker}")
    assert set(groups.values()) == {3 + BWRAP_AND_SHELL}
    assert len({path.name for path in groups}) == 1
    process.kill()
    process.wait(20)
    assert wait_until(lambda: not groups.keys() & ours(), 10)


@pytest.mark.parametrize(("script", "reason"), [(HOG, "memory"), (BOMB, "processes")])
def test_the_reason_is_told(limited, script: str, reason: str) -> None:
    result = limited.run(["python3", "-c", script], seconds=60)
    assert (result.killed_by, result.signal) == (reason, signal.SIGKILL)
    assert limited.run(["true"], seconds=20).exit_code == 0


def test_what_a_killed_launcher_leaves_is_removed(limited, marker: str) -> None:
    """Its commands die a little later than it does, and their groups can't be removed before."""
    processes = [limited.start(["sleep", marker], channel=False) for _ in range(3)]
    assert wait_until(lambda: len({path.name for path in groups_with(f"sleep\0{marker}")}) == 3, 10)
    groups = groups_with(f"sleep\0{marker}")
    limited._control.kill()
    for process in processes:
        with pytest.raises(MachineLost):
            process.wait(20)
    assert wait_until(lambda: not groups.keys() & ours(), 10)


OPENER = """
import os, sys, time
from pathlib import Path
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import zygote
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from tests.sandbox.outside import spare_of
machine = open_machine(MachineSpec(Path(sys.argv[1]), {}, (), {}), Tier.NAMESPACE)
machine.start(['sleep', '50'], channel=False)
pid = zygote._living().pid
while not spare_of(pid):
    time.sleep(0.01)
print(pid, flush=True)
if sys.argv[2] == 'zygote':
    os.kill(pid, 9)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("killed", ["opener", "zygote"])
def test_what_dead_openers_leave_is_removed(limited, workspace: Path, killed: str) -> None:
    def run(what: str) -> str:
        command = [sys.executable, "-c", OPENER, str(workspace), what]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
        ).stdout.strip()

    def left(pid: str) -> set[Path]:
        return groups_of(f"macrohard-{pid}-")

    dead = run(killed)
    if killed == "zygote":
        # It could not tidy up; the next one does, once the processes in there have died.
        assert wait_until(lambda: not left(dead) or not run("opener") or not left(dead), 20)
    assert wait_until(lambda: not left(dead), 10)
