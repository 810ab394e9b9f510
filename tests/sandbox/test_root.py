"""Machines that root opens: their commands are an unprivileged user, to whom root's files belong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import open as opening
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.spec import Limits, Openings

from .test_limits import pids_of, wait_until

OWN_USER = "run by an unprivileged user of its own"


@pytest.fixture
def owned(namespace: Tier, open_on, tmp_path: Path) -> Machine:
    """On a workspace of root's, with a directory of root's alone shown."""
    if os.geteuid() != 0:
        pytest.skip("only root can give up being root")
    private = tmp_path.resolve() / "private"
    private.mkdir(mode=0o700)
    (private / "file").write_text("shown")
    machine = open_on(namespace, read_only=(private,))
    if not any(OWN_USER in each for each in machine.protections):
        pytest.skip(f"no id-mapped mounts here: {machine.protections[-1]}")
    return machine


def test_what_is_shown_is_veiled(owned: Machine, tmp_path: Path) -> None:
    """A layer goes over an id-mapped mount, too; `abuse.cases` sees what it is good for."""
    private = tmp_path.resolve() / "private"
    mounts = owned.run(["cat", "/proc/self/mountinfo"], seconds=20).stdout.decode()
    assert [line for line in mounts.splitlines() if f" {private} ro" in line and " - overlay " in line]


def test_what_they_write_outside_is_roots(owned: Machine, open_on, tmp_path: Path) -> None:
    (scratch := tmp_path.resolve() / "scratch").mkdir(mode=0o700)
    machine = open_on(Tier.NAMESPACE, openings=Openings(write=(scratch,)))
    assert any(OWN_USER in each for each in machine.protections)
    assert machine.run(["sh", "-c", f"echo x > {scratch}/new"], seconds=20).exit_code == 0
    assert ((scratch / "new").stat().st_uid, (scratch / "new").read_text()) == (0, "x\n")


def users_of(seconds: str) -> set[frozenset[str]]:
    """The users and groups of the processes that sleep so long, for each process."""
    found: set[frozenset[str]] = set()
    for pid in pids_of(f"sleep\0{seconds}"):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        ids = [line for line in lines if line.startswith(("Uid:", "Gid:"))]
        found.add(frozenset(number for line in ids for number in line.split()[1:]))
    return found


def test_commands_are_nobody_else_outside(owned: Machine, open_on, marker: str) -> None:
    second = open_on(Tier.NAMESPACE)
    for machine in (owned, second):
        machine.start(["sleep", marker], channel=False)
    assert wait_until(lambda: len(users_of(marker)) == 2, 20)
    first, other = users_of(marker)
    assert len(first) == len(other) == 1
    assert "0" not in first | other


def test_root_files_are_theirs(owned: Machine, workspace: Path, tmp_path: Path) -> None:
    script = f"""
id -u
cat {tmp_path.resolve()}/private/file; touch {tmp_path.resolve()}/private/file 2>/dev/null || echo ' read-only'
echo more >> one.txt; rm package/two.txt; mv package/deep moved; mkdir fresh; echo x > fresh/file; chmod 600 fresh/file
stat -c %u one.txt moved fresh/file given/by/us | sort -u
echo y > given/by/beside
"""
    owned.write_files({"given/by/us": b"given"})
    result = owned.run(["sh", "-ec", script], seconds=20)
    assert result.stdout.decode() == "1000\nshown read-only\n1000\n", result.stderr
    assert owned.read_file("one.txt", 100) == b"one\nmore\n"
    assert owned.read_file("fresh/file", 100) == b"x\n"
    owned.write_files({"fresh/file": b"again", "one.txt": None})
    assert owned.run(["sh", "-c", "cat fresh/file; ls one.txt"], seconds=20).stdout == b"again"
    assert (workspace / "one.txt").read_text() == "one\n"
    assert (workspace / "package" / "two.txt").exists()


def test_settings_of_the_kernel_are_out_of_reach(owned: Machine) -> None:
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger"):
        assert owned.run(["sh", "-c", f"echo x > {path}"], seconds=20).exit_code != 0, path


HARD_BOUND = """
import os, resource, time
resource.setrlimit(resource.RLIMIT_NPROC, (30, 30))
made = 0
try:
    while made < 100:
        if os.fork() == 0:
            time.sleep(20); os._exit(0)
        made += 1
except BlockingIOError:
    print('refused', made < 30)
"""


def test_a_bound_on_processes_holds(owned: Machine) -> None:
    assert owned.run(["python3", "-c", HARD_BOUND], seconds=20).stdout == b"refused True\n"
    script = "import resource as r; print(r.getrlimit(r.RLIMIT_NPROC)[1])"
    bound = int(owned.run(["python3", "-c", script], seconds=20).stdout)
    assert bound == Limits().processes * opening.HARD_TASKS_PER_PROCESS


FOREIGN = "files in the workspace belong to another user"


def test_files_of_others_are_copied_as_before(owned: Machine, open_on, workspace: Path) -> None:
    os.chown(workspace / "one.txt", 4321, 4321)
    machine = open_on(Tier.NAMESPACE)
    assert any(
        each.startswith("not: a user other than root") and FOREIGN in each for each in machine.protections
    )
    assert any(each.startswith("a private copy") for each in machine.protections)
    assert machine.run(["sh", "-c", "echo x > one.txt; cat one.txt"], seconds=20).stdout == b"x\n"
    assert machine.run(["sh", "-c", "echo x > /proc/sys/kernel/core_pattern"], seconds=20).exit_code != 0


REFUSING = """
import os, sys
from pathlib import Path
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import open as opening
from macrohard_lsp.sandbox.spec import MachineSpec
opening.shutil.which = lambda *a, **k: sys.argv[2]
with opening.open_machine(MachineSpec(Path(sys.argv[1]), {}, (), {}), Tier.NAMESPACE) as machine:
    print(machine.run(['id', '-u'], seconds=20).exit_code, machine.protections[-1])
"""


def test_where_only_root_may_use_bwrap_it_stays_root(owned: Machine, workspace: Path, tmp_path: Path) -> None:
    """As on systems that forbid user namespaces to ordinary users: here by a bwrap that only root may start."""
    bwrap = tmp_path / "bwrap"
    bwrap.write_bytes(Path("/usr/bin/bwrap").read_bytes())
    bwrap.chmod(0o700)
    command = [sys.executable, "-c", REFUSING, str(workspace), str(bwrap)]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, cwd=Path(__file__).parents[2]
    )
    assert answer.stdout.startswith("0 not: a user other than root outside (")
    assert "could not start the command" in answer.stdout
