"""Running commands: how they end, what they print, how they are stopped."""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel, Cancelled
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.launcher.trees import children
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import Limits, MachineLost, MachineSpec, MachineUnavailable

from .outside import pids_of
from .test_limits import wait_until

ENDINGS = {
    "true": ("exit 0", 0, None),
    "code": ("exit 7", 7, None),
    "crash": ("kill -SEGV $$", None, signal.SIGSEGV),
    "killed": ("kill -KILL $$", None, signal.SIGKILL),
}


@pytest.mark.parametrize(("script", "code", "signum"), ENDINGS.values(), ids=ENDINGS.keys())
def test_ending(machine: Machine, script: str, code: int | None, signum: int | None) -> None:
    result = machine.run(["sh", "-c", script], seconds=20)
    assert (result.exit_code, result.signal) == (code, signum)
    assert (result.timed_out, result.killed_by) == (False, None)


def test_missing_program(machine: Machine) -> None:
    result = machine.run(["no-such-program"], seconds=20)
    assert result.exit_code == 127
    assert b"no-such-program" in result.stderr


def test_missing_directory(machine: Machine) -> None:
    result = machine.run(["true"], cwd="no/such", seconds=20)
    assert (result.exit_code, result.signal) == (1 if machine.tier is Tier.NAMESPACE else 127, None)
    assert b"No such file or directory" in result.stderr


def first_process(words: str) -> int:
    """Of the three that have these words in their command line: bwrap, the first in its namespace, the program."""
    for pid in pids_of(words):
        if any(below in pids_of(words) for below in children(pid)):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if parent in pids_of(words):
                return pid
    return 0


def kill_first_process(marker: str) -> int:
    """Kill the first process of the namespace in which a command sleeps, and return its number."""
    assert wait_until(lambda: bool(first_process(f"sleep\0{marker}")), 20)
    first = first_process(f"sleep\0{marker}")
    os.kill(first, signal.SIGKILL)
    return first


def test_the_first_process_of_a_namespace_is_killed(sealed: Machine, marker: str) -> None:
    """bwrap collects it then, where else it leaves it to the launcher."""
    process = sealed.start(["sleep", marker], channel=False)
    kill_first_process(marker)
    result = process.wait(20)
    assert (result.signal, result.timed_out, result.killed_by) == (signal.SIGKILL, False, None)
    assert sealed.run(["true"], seconds=20).exit_code == 0


LAST_PID = Path("/proc/sys/kernel/ns_last_pid")


def test_whoever_has_its_number_next_is_spared(sealed: Machine, marker: str) -> None:
    if not os.access(LAST_PID, os.W_OK):
        pytest.skip("only root can choose the number of a process, where the kernel lets it")
    process = sealed.start(["sleep", marker], channel=False)
    number = kill_first_process(marker)
    assert wait_until(lambda: not Path("/proc", str(number)).exists(), 20)
    for _ in range(100):
        LAST_PID.write_text(str(number - 1))
        with subprocess.Popen(["sleep", "30"]) as other:
            if other.pid == number:
                process.kill()
                process.wait(20)
                sealed.close()
                assert other.poll() is None
            other.kill()
            if other.pid == number:
                return
    pytest.skip("others took the number all the time")


def test_input_output_directory_and_environment(machine: Machine) -> None:
    result = machine.run(
        ["sh", "-c", 'cat; pwd; echo "$EXTRA" >&2'],
        cwd="package/deep",
        seconds=20,
        stdin=b"given\n" * 50_000,
        output_bytes=1_000_000,
        environment={"EXTRA": "von außen"},
    )
    inside = os.fsencode(machine.workspace / "package" / "deep")
    assert result.stdout == b"given\n" * 50_000 + inside + b"\n"
    assert result.stderr.decode() == "von außen\n"


def test_input_nobody_reads(machine: Machine) -> None:
    assert machine.run(["true"], seconds=20, stdin=b"x" * 1_000_000).exit_code == 0


@pytest.mark.parametrize("cwd", ["..", "/", "package/../.."])
def test_directory_outside_is_refused(machine: Machine, cwd: str) -> None:
    with pytest.raises(ValueError, match="inside the workspace"):
        machine.run(["true"], cwd=cwd, seconds=20)


def test_cpu_seconds_are_counted(machine: Machine) -> None:
    spin = "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done"
    idle = machine.run(["sleep", "0.3"], seconds=20)
    busy = machine.run(["sh", "-c", f"({spin}) & wait"], seconds=60)
    assert idle.seconds >= 0.3 > idle.cpu_seconds
    assert busy.cpu_seconds > idle.cpu_seconds


def test_output_flood_is_drained_and_bounded(machine: Machine) -> None:
    size = 200_000_000
    script = f"echo first; head -c {size} /dev/zero; echo last"
    result = machine.run(["sh", "-c", script], seconds=60, output_bytes=10_000)
    assert result.exit_code == 0
    assert result.stdout.startswith(b"first\n")
    assert result.stdout.endswith(b"last\n")
    assert result.dropped_bytes == size + len(b"first\nlast\n") - 10_000
    assert len(result.stdout) < 10_200


def test_cancel_from_another_thread(machine: Machine) -> None:
    cancel = Cancel()
    threading.Timer(0.3, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        machine.run(["sleep", "986"], seconds=60, cancel=cancel)
    assert time.monotonic() - started < 20
    assert machine.run(["true"], seconds=20).exit_code == 0


def test_cancel_before(machine: Machine, spec: MachineSpec) -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        machine.run(["true"], seconds=20, cancel=cancel)
    with pytest.raises(Cancelled):
        open_machine(spec, machine.tier, cancel)


def test_cancel_after_close_is_harmless(machine: Machine) -> None:
    started = machine.start(["sleep", "985"], channel=False)
    machine.close()
    started.kill()
    with pytest.raises(MachineLost):
        started.wait(5)
    machine.close()
    with pytest.raises(MachineLost, match="closed"):
        machine.run(["true"], seconds=5)


ECHO = """
import os, socket
channel = socket.socket(fileno=int(os.environ['MACROHARD_CHANNEL_FD']))
print('up', flush=True)
while (data := channel.recv(4096)):
    channel.sendall(data.upper())
"""


def test_channel(machine: Machine) -> None:
    started = machine.start(["python3", "-c", ECHO])
    started.channel.settimeout(20)
    started.channel.sendall(b"hello")
    assert started.channel.recv(100) == b"HELLO"
    started.channel.shutdown(socket.SHUT_WR)
    result = started.wait(20)
    assert result.exit_code == 0
    assert started.output_tail() == (b"up\n", b"")
    assert started.channel.recv(100) == b""


def test_signal_reaches_the_program_itself(machine: Machine) -> None:
    script = "trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.05; done"
    started = machine.start(["sh", "-c", script], channel=False)
    give_up = time.monotonic() + 20
    while b"ready" not in started.output_tail()[0] and time.monotonic() < give_up:
        time.sleep(0.02)
    started.signal(signal.SIGUSR1)
    result = started.wait(20)
    assert (result.stdout, result.exit_code) == (b"ready\ngot it\n", 5)


def test_kill_and_the_end_of_the_channel(machine: Machine) -> None:
    started = machine.start(["sh", "-c", "sleep 984 & sleep 984"])
    started.kill()
    result = started.wait(20)
    assert (result.killed_by, result.signal, result.timed_out) == ("request", signal.SIGKILL, False)
    started.channel.settimeout(5)
    assert started.channel.recv(1) == b""


def test_started_command_past_its_wait(machine: Machine) -> None:
    assert machine.start(["sleep", "983"]).wait(0.2).timed_out


def test_two_at_once(machine: Machine) -> None:
    first = machine.start(["sh", "-c", "sleep 0.5; echo first"], channel=False)
    second = machine.start(["sh", "-c", "sleep 982"], channel=False)
    assert first.wait(20).stdout == b"first\n"
    assert second.running
    second.kill()
    assert second.wait(20).killed_by == "request"


LIST_DESCRIPTORS = "import os; print(sorted(os.listdir('/proc/self/fd')))"


@pytest.mark.parametrize("channel", [False, True])
def test_only_the_standard_descriptors_are_open(machine: Machine, channel: bool) -> None:
    extra = os.open("/", os.O_RDONLY)
    os.set_inheritable(extra, True)
    try:
        result = machine.start(
            ["python3", "-c", "import os; print(sorted(os.listdir('/proc/self/fd')))"], channel=channel
        ).wait(20)
    finally:
        os.close(extra)
    # The highest is the listing's own.
    assert result.stdout.decode().strip() == str(
        ["0", "1", "2", "3", "4"] if channel else ["0", "1", "2", "3"]
    )


def test_workspace_removed_while_open(machine: Machine, workspace: Path) -> None:
    import shutil

    shutil.rmtree(workspace)
    if machine.tier is Tier.NAMESPACE:
        with pytest.raises(MachineLost, match="removed"):
            machine.run(["true"], seconds=20)
    else:
        # The copy doesn't need the original.
        assert machine.run(["cat", "one.txt"], seconds=20).stdout == b"one\n"
    machine.close()


def test_refused_workspaces(tier: Tier, tmp_path: Path) -> None:
    for path, reason in (
        (Path("/"), "below it"),
        (Path("/usr"), "below it"),
        (tmp_path / "none", "not a folder"),
    ):
        with pytest.raises(MachineUnavailable, match=reason):
            open_machine(MachineSpec(path, {}, (), {}, Limits()), tier)


def test_the_vm_tier_says_so(spec: MachineSpec) -> None:
    with pytest.raises(MachineUnavailable, match="--tier"):
        open_machine(spec, Tier.VM)
