"""Ten thousand Machines: nothing is left of them, and memory stays what it was."""

import gc
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox import zygote
from macrohard_lsp.sandbox.launcher.trees import descendants
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec

from .outside import launchers_of, spare_of
from .test_limits import wait_until

MACHINES = int(os.environ.get("MACROHARD_SOAK_MACHINES", "10000"))
WARM_UP = 10
"""One part in so many: memory is compared from there on."""
GROWTH_KIB = 2048
"""Noise of the allocator and of page tables; a leak of one KiB for each Machine would be over it."""
CONTROL_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Left:
    """What a Machine could leave behind; the spare launcher is always there. `memory` in KiB: opener and zygote."""

    processes: int
    descriptors: tuple[int, int]
    mounts: int
    control_groups: int
    files: frozenset[str]
    memory: tuple[int, int]

    @property
    def things(self) -> tuple[object, ...]:
        return self.processes, self.descriptors, self.mounts, self.control_groups, self.files


def left_now(folder: Path) -> Left:
    above = zygote._living().pid
    gc.collect()
    assert wait_until(lambda: not launchers_of(above) and spare_of(above) != 0, 10.0)
    pids = (os.getpid(), above)
    mounts = sum(len(Path(f"/proc/{pid}/mountinfo").read_text().splitlines()) for pid in pids)
    own = f"macrohard-{above}-"
    groups = sum(own in f"{base}/{name}" for base, names, _ in os.walk(CONTROL_GROUPS) for name in names)
    named = frozenset(path.name for path in Path(tempfile.gettempdir()).iterdir())
    return Left(
        len(descendants(os.getpid(), 1 << 16)),
        (len(list(Path("/proc/self/fd").iterdir())), len(list(Path(f"/proc/{above}/fd").iterdir()))),
        mounts,
        groups,
        named | frozenset(str(path.relative_to(folder)) for path in folder.rglob("*")),
        (own_memory(pids[0]), own_memory(pids[1])),
    )


def own_memory(pid: int) -> int:
    """RSS in KiB: what others share with it at the moment changes its PSS by more than a leak would."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


@pytest.mark.soak
def test_ten_thousand_machines_leave_nothing(
    namespace: Tier, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    spec = MachineSpec(workspace, {"new.txt": b"new"}, (), {})
    before: Left | None = None
    for number in range(MACHINES):
        if number == MACHINES // WARM_UP:
            before = left_now(workspace)
        with open_machine(spec, namespace) as machine:
            result = machine.run(["cat", "new.txt"], seconds=60)
        assert (result.stdout, result.stderr, result.exit_code) == (b"new", b"", 0), number
    after = left_now(workspace)
    assert before is not None
    print(f"{MACHINES} Machines; RSS of opener and zygote in KiB after a tenth and at the end:", end=" ")
    print(before.memory, after.memory)
    assert after.things == before.things
    for grown, base in zip(after.memory, before.memory, strict=True):
        assert grown - base < GROWTH_KIB
