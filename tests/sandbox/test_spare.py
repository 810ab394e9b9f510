"""The launcher that is forked ahead: whose it becomes, what it can't have missed, and that nobody sees a difference."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import zygote
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.spec import Limits, Openings

from .outside import launchers_of, open_from_spare, spare_of
from .test_limits import wait_until

ROOT = Path(__file__).parents[2]
LOOK = """
id; pwd; umask; ulimit -a; ulimit -Ha; env | sort; cat /proc/1/environ | tr '\\0' '\\n'
grep -E '^(Cap|NoNew|Seccomp|Sig|Groups|Uid|Gid)' /proc/self/status
awk '{print $5, $6, $7 != "-", $(NF - 2)}' /proc/self/mountinfo
ls -ln /etc /tmp /dev /run / | grep -v '^total' | awk '{print $1, $3, $4, $9, $10, $11}'
for fd in /proc/self/fd/*; do readlink $fd | tr -d '0-9'; done
cat /proc/self/oom_score_adj; ps -eo comm= 2>/dev/null | grep -vE '^(ps|grep|sh)$'
hostname; df -k --output=size /tmp . /etc
"""


def looks(machine: Machine) -> list[str]:
    result = machine.run(["sh", "-c", LOOK], seconds=60, environment={"GIVEN": "1"})
    assert result.stderr == b""
    return result.stdout.decode().splitlines()


def test_nobody_inside_sees_a_difference(namespace: Tier, open_on) -> None:
    """Nor in a command of the same Machine that comes later, and is not what was forked ahead."""
    open_on(namespace, limits=Limits(memory_bytes=2**30))
    forked = open_on(namespace)
    assert spare_of(zygote._living().pid) not in launchers_of(zygote._living().pid)
    ahead = open_from_spare(lambda: open_on(namespace))
    first, later = looks(ahead), looks(ahead)
    assert len(first) > 60
    assert first == looks(forked) == later


def test_a_command_may_be_long(namespace: Tier, open_on) -> None:
    """Longer than what a socket takes at once."""
    machine = open_from_spare(lambda: open_on(namespace))
    words = ["sh", "-c", 'printf %s "$@" | wc -c', "-", *["x" * 100_000] * 8]
    assert machine.run(words, seconds=20).stdout == b"800000\n"


@pytest.mark.parametrize(
    "change",
    [
        {"limits": Limits(writable_bytes=2**20)},
        {"openings": Openings(network=True)},
    ],
    ids=["limits", "network"],
)
def test_what_it_was_not_made_for_it_is_not_used_for(
    namespace: Tier, open_on, change: dict[str, object]
) -> None:
    open_from_spare(lambda: open_on(namespace))
    assert wait_until(lambda: spare_of(zygote._living().pid) != 0, 20)
    spare = spare_of(zygote._living().pid)
    machine = open_on(namespace, **change)
    assert spare not in launchers_of(zygote._living().pid)
    too_much = machine.run(["sh", "-c", "head -c 3000000 /dev/zero > big; wc -c < big"], seconds=20).stdout
    assert (int(too_much) < 2**20 + 4096) == ("limits" in change)
    assert wait_until(lambda: not Path(f"/proc/{spare}").exists(), 10)


def test_one_that_dies_is_replaced(namespace: Tier, open_on) -> None:
    open_on(namespace)
    above = zygote._living().pid
    for _ in range(2):
        assert wait_until(lambda: spare_of(above) != 0, 20)
        spare = spare_of(above)
        os.kill(spare, signal.SIGKILL)
        assert wait_until(lambda dead=spare: not Path(f"/proc/{dead}").exists(), 20)
        assert open_on(namespace).run(["true"], seconds=20).exit_code == 0
        assert wait_until(lambda dead=spare: spare_of(above) not in (0, dead), 20)
    assert open_from_spare(lambda: open_on(namespace)).run(["true"], seconds=20).exit_code == 0


IN_ITS_OWN_MOUNTS = """
import os, subprocess, sys, time
from pathlib import Path
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import zygote
from macrohard_lsp.sandbox.launcher.trees import children
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from tests.sandbox.outside import spare_of
folder, etc = Path(sys.argv[1]), Path(sys.argv[2])
def mount(*words):
    subprocess.run(['mount', *words], check=True)
def shown():
    with open_machine(MachineSpec(folder, {}, (), {}), Tier.NAMESPACE) as machine:
        return machine.run(['cat', 'file', '/etc/timezone'], seconds=20).stdout.decode()
def await_spare():
    for _ in range(1000):
        if spare_of(zygote._living().pid):
            return
        time.sleep(0.01)
    raise SystemExit('no launcher was forked ahead')
with open_machine(MachineSpec(folder, {}, (), {}), Tier.PROCESS) as machine:
    time.sleep(0.3)
    print(len(children(zygote._living().pid)))
mount('--bind', str(etc), '/etc')
print(shown(), end='')
await_spare()
(etc / 'new').write_text('second\\n')
os.replace(etc / 'new', etc / 'timezone')
print(shown(), end='')
await_spare()
mount('-t', 'tmpfs', 'none', str(folder))
(folder / 'file').write_text('mounted ')
print(shown(), end='')
await_spare()
print(shown(), end='')
"""


@pytest.fixture
def own_mounts() -> list[str]:
    """Starts a program with mounts of its own."""
    words = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], check=False).returncode != 0:
        stop = pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip
        stop("unshare can't give a program mounts of its own here")
    return words


def test_what_changed_since_it_was_forked_is_seen(
    namespace: Tier, workspace: Path, tmp_path: Path, own_mounts: list[str]
) -> None:
    """A file of /etc that was replaced, and something mounted on the workspace. The tier process has no spare."""
    (etc := tmp_path / "etc").mkdir()
    (etc / "timezone").write_text("first\n")
    (workspace / "file").write_text("plain ")
    command = [*own_mounts, sys.executable, "-c", IN_ITS_OWN_MOUNTS, str(workspace), str(etc)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    expected = ["1", "plain first", "plain second", "mounted second", "mounted second"]
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == (expected, "", 0)
