"""Launchers are forked from one process: it dies with its opener, and none of them has anything of another's."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel, Cancelled
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import zygote
from macrohard_lsp.sandbox.control import Control, processor_seconds_of_closed
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineLost, MachineSpec

from .outside import launchers_of
from .test_limits import pids_of, wait_until

ROOT = Path(__file__).parents[2]
NULL = Path("/dev/null").stat()


def descriptors_of(pid: int) -> set[tuple[int, int]]:
    """Device and inode of what a process has open, without what says nothing about anybody.

    That is /dev/null, the descriptor that tells that the opener has ended, and the launcher's own mapping
    of users, which the zygote keeps for the next.
    """
    told = ("anon_inode:", "user:")
    found = [
        entry.stat()
        for entry in Path(f"/proc/{pid}/fd").iterdir()
        if not str(entry.readlink()).startswith(told)
    ]
    return {(each.st_dev, each.st_ino) for each in found} - {(NULL.st_dev, NULL.st_ino)}


def test_launchers_share_no_descriptor(tier: Tier, open_on, tmp_path: Path) -> None:
    (other := tmp_path.resolve() / "other").mkdir()
    assert wait_until(lambda: not launchers_of(zygote._living().pid), 5.0)
    first, _ = open_on(tier), open_on(tier, workspace=other)
    first.start(["sleep", "30"])
    above = zygote._living().pid
    launchers = launchers_of(above)
    assert len(launchers) == 2
    shown = [descriptors_of(pid) for pid in (*launchers, above)]
    assert all(shown)
    assert sum(map(len, shown)) == len(set().union(*shown))
    assert {Path(f"/proc/{pid}/environ").read_bytes() for pid in launchers} == {b"PATH=/usr/bin:/bin\0"}
    assert len({os.getsid(pid) for pid in (*launchers, above, os.getpid())}) == 4


def test_no_launcher_is_left_as_a_zombie(tier: Tier, open_on) -> None:
    assert wait_until(lambda: not launchers_of(zygote._living().pid), 5.0)
    machine, killed = open_on(tier), open_on(tier)
    above = zygote._living().pid
    assert len(launchers_of(above)) == 2
    machine.close()
    killed._control.kill()
    killed.close()
    assert wait_until(lambda: not launchers_of(above), 5.0)


def test_what_a_machine_used_is_counted_when_it_is_closed(tier: Tier, open_on) -> None:
    machine = open_on(tier)
    result = machine.run(["python3", "-c", "sum(range(6_000_000))"], seconds=60)
    before = processor_seconds_of_closed()
    machine.close()
    machine.close()
    used = processor_seconds_of_closed() - before
    assert 0 < result.cpu_seconds <= used < result.cpu_seconds + 5


def test_many_threads_open_machines_at_once(tier: Tier, spec: MachineSpec) -> None:
    def use(number: int) -> bytes:
        with open_machine(spec, tier) as machine:
            return machine.run(["sh", "-c", f"echo {number} > mine; cat mine"], seconds=60).stdout

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(use, range(18))) == [b"%d\n" % number for number in range(18)]


def test_machines_die_with_the_zygote_and_the_next_has_another(tier: Tier, open_on) -> None:
    machine = open_on(tier)
    process = machine.start(["sleep", "977.5"], channel=False)
    above = zygote._living().pid
    os.kill(above, signal.SIGKILL)
    with pytest.raises(MachineLost, match="open a new one"):
        process.wait(20)
    assert wait_until(lambda: not pids_of("sleep\000977.5"), 5.0)
    assert open_on(tier).run(["true"], seconds=20).exit_code == 0
    assert zygote._living().pid != above
    if tier is Tier.PROCESS:
        assert wait_until(lambda: not machine.workspace.exists(), 5.0)


def test_cancel_kills_what_is_being_opened(tier: Tier, spec: MachineSpec) -> None:
    """The switch is turned by another thread at some point of the opening, early and late."""
    for number in range(8):
        cancel = Cancel()
        timer = threading.Timer(number / 400, cancel.set)
        timer.start()
        try:
            open_machine(spec, tier, cancel).close()
        except Cancelled:
            assert cancel.is_set
        timer.join()
    assert wait_until(lambda: not launchers_of(zygote._living().pid), 5.0)


FORKING = """
import os, sys, time
from pathlib import Path
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import zygote
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
spec, tier = MachineSpec(Path(sys.argv[1]), {}, (), {}), Tier(sys.argv[2])
def use():
    with open_machine(spec, tier) as machine:
        return machine.run(['true'], seconds=20).exit_code, zygote._living().pid
first = use()
child = os.fork()
if child == 0:
    sys.exit(0 if use()[0] == 0 and use()[1] != first[1] else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
# The child's end has not ended what is ours.
print(status, use() == first, first[1])
"""


def test_a_forked_opener_has_a_zygote_of_its_own(tier: Tier, workspace: Path) -> None:
    command = [sys.executable, "-c", FORKING, str(workspace), str(tier)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    status, same, pid = answer.stdout.split()
    assert (status, same, answer.stderr) == ("0", "True", "")
    assert not Path("/proc", pid).exists()


def test_a_launcher_that_fails_says_why(namespace: Tier, open_on) -> None:
    control: Control = open_on(namespace)._control
    with pytest.raises(MachineLost, match=r"launcher ended \(AttributeError: .*do_nonsense"):
        control.request({"do": "nonsense"})
