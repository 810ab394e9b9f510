"""What a command uses is bounded, and nothing of it outlives its command, its Machine or its opener."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.spec import Limits, MachineLost

from .outside import pids_of

SMALL = Limits(memory_bytes=200 * 2**20, processes=40)
SHARING = """
import os, time
x = bytearray(60 * 2**20)
x[::4096] = b'x' * len(x[::4096])
for _ in range(8):
    if os.fork() == 0:
        time.sleep(1); os._exit(0)
for _ in range(8):
    os.wait()
"""


def test_memory_shared_by_forks_counts_once(tier: Tier, open_on) -> None:
    result = open_on(tier, limits=SMALL).run(["python3", "-c", SHARING], seconds=30)
    assert (result.exit_code, result.killed_by) == (0, None)


def test_open_files_and_core_dumps_are_limited(tier: Tier, open_on) -> None:
    machine = open_on(tier, limits=Limits(open_files=123))
    assert machine.run(["sh", "-c", "ulimit -n; ulimit -c"], seconds=20).stdout == b"123\n0\n"


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3):
            os.close(fd)
        os.execvp('sleep', ['sleep', sys.argv[1]])
    os._exit(0)
os.wait()
print('left a daemon')
"""


def test_everything_dies_with_the_machine(machine: Machine, marker: str) -> None:
    machine.start(["sh", "-c", f"sleep {marker} & (setsid sleep {marker} &); sleep {marker}"], channel=False)
    assert wait_until(lambda: len(pids_of(f"sleep\0{marker}")) == 3, 20)
    machine.close()
    assert pids_of(marker) == []


def test_a_daemon_does_not_end_another_command(machine: Machine, marker: str) -> None:
    other = machine.start(["sleep", marker], channel=False)
    machine.run(["python3", "-c", DAEMON, "99887766"], seconds=20)
    assert other.running
    assert pids_of("99887766") == []


OPENER = """
import os, sys, time
from pathlib import Path
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import zygote
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from tests.sandbox.outside import launchers_of
machine = open_machine(MachineSpec(Path(sys.argv[1]), {}, (), {}), Tier(sys.argv[2]))
marker = sys.argv[3]
machine.start(['sh', '-c', f'trap "" TERM HUP; sleep {marker} & (setsid sleep {marker} &); sleep {marker}'])
print(machine.workspace, *launchers_of(zygote._living().pid), flush=True)
if len(sys.argv) > 4 and os.fork() == 0:
    time.sleep(15)  # Holds a copy of every descriptor of the opener, and outlives it.
    os._exit(0)
time.sleep(60)
"""


@pytest.fixture(params=[[], ["fork"]], ids=["alone", "forked"])
def opener(request: pytest.FixtureRequest, tier: Tier, workspace: Path, marker: str):
    command = [sys.executable, "-c", OPENER, str(workspace), str(tier), marker, *request.param]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        yield process
        process.kill()


def test_nothing_survives_the_death_of_its_opener(
    opener: subprocess.Popen[str], tier: Tier, marker: str
) -> None:
    assert opener.stdout is not None
    inside, _, launcher = opener.stdout.readline().strip().rpartition(" ")
    assert wait_until(lambda: len(pids_of(f"sleep\0{marker}")) == 3, 20)
    opener.send_signal(signal.SIGKILL)
    opener.wait()
    gone = wait_until(lambda: not pids_of(f"sleep\0{marker}") and not Path("/proc", launcher).exists(), 2.0)
    assert gone, pids_of(marker)
    assert Path(inside).exists() == (tier is Tier.NAMESPACE)


def test_nothing_survives_the_death_of_its_launcher(
    opener: subprocess.Popen[str], tier: Tier, marker: str
) -> None:
    assert opener.stdout is not None
    inside, _, launcher = opener.stdout.readline().strip().rpartition(" ")
    assert wait_until(lambda: len(pids_of(f"sleep\0{marker}")) == 3, 20)
    os.kill(int(launcher), signal.SIGKILL)
    assert wait_until(lambda: not pids_of(f"sleep\0{marker}"), 5.0)
    if tier is Tier.PROCESS:
        shutil.rmtree(Path(inside).parents[1])  # With both dead, nobody is left to remove the copy.


def test_a_dead_launcher_is_noticed(machine: Machine) -> None:
    process = machine.start(["sleep", "981"], channel=False)
    machine._control.kill()
    with pytest.raises(MachineLost, match="open a new one"):
        process.wait(20)
    with pytest.raises(MachineLost):
        machine.run(["true"], seconds=20)
    machine.close()
    if machine.tier is Tier.PROCESS:
        assert not machine.workspace.exists()


def test_closing_leaves_no_files(process: Tier, open_on) -> None:
    machine = open_on(process)
    machine.run(["sh", "-c", "mkdir -p a/b; echo x > a/b/c; chmod 000 a/b a"], seconds=20)
    machine.close()
    assert not machine.workspace.parent.parent.exists()


def test_no_descriptors_are_left(tier: Tier, open_on) -> None:
    open_on(tier).close()
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the descriptors' names are all that matters.
    machine = open_on(tier)
    for _ in range(5):
        machine.run(["true"], seconds=20, stdin=b"x")
        process = machine.start(["true"])
        process.wait(20)
        process.channel.close()
    machine.close()
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
