"""Landlock as each kind of kernel knows it: what is in force is what its version can do, and nothing else breaks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import macrohard_lsp.sandbox.launcher.protocol as of_the_launcher
from macrohard_lsp.sandbox.process_view import protections
from macrohard_lsp.sandbox.spec import Limits

LAUNCHER = Path(of_the_launcher.__file__).parent

SCRIPT = """
import json, os, sys
launcher, folder, abi = sys.argv[1:]
sys.path.insert(0, launcher)
import confinement, landlock
if landlock.kernel_abi() < int(abi):
    print(json.dumps(None))
    sys.exit()
os.chdir(folder)
rules = [("inside", "write"), ("read.txt", "read"), ("/dev/null", "device"), ("none", "read"), (sys.prefix, "read")]
confined = confinement.Confinement(rules, b"", int(abi))
assert confined.abi == int(abi)
confined.apply()
def attempt(action):
    try:
        action()
    except OSError:
        return False
    return True
print(json.dumps({
    "write inside": attempt(lambda: open("inside/new", "w").close()),
    "move inside": attempt(lambda: os.rename("inside/new", "inside/below/new")),
    "read a file that is allowed": attempt(lambda: open("read.txt").close()),
    "use a device": attempt(lambda: open("/dev/null", "w").write("x")),
    "write outside": attempt(lambda: open("outside.txt", "w").close()),
    "read outside": attempt(lambda: open("outside.txt").close()),
    "list outside": attempt(lambda: os.listdir(".")),
    "make a device": attempt(lambda: os.mknod("inside/device", 0o20600, os.makedev(1, 3))),
    "cut short outside": attempt(lambda: os.truncate("outside.txt", 1)),
    "signal outside": attempt(lambda: os.kill(os.getppid(), 0)),
}))
"""
HONEST = {"write inside", "move inside", "read a file that is allowed", "use a device"}
# What older versions can't take away.
REMAINS = {
    2: {"cut short outside", "signal outside"},
    3: {"signal outside"},
    4: {"signal outside"},
    5: {"signal outside"},
    6: set(),
    7: set(),
}


@pytest.mark.parametrize("abi", REMAINS)
def test_each_version(abi: int, tmp_path: Path) -> None:
    (tmp_path / "inside" / "below").mkdir(parents=True)
    for name in ("read.txt", "outside.txt"):
        (tmp_path / name).write_text("text")
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, str(LAUNCHER), str(tmp_path), str(abi)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    worked = json.loads(done.stdout)
    if worked is None:
        pytest.skip(f"this kernel has no Landlock of version {abi}")
    assert {what for what, did in worked.items() if did} == HONEST | REMAINS[abi]


def test_version_one_is_not_used(tmp_path: Path) -> None:
    """It forbids to move files between directories, which honest programs do."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); import confinement\n"
    script += "print(confinement.Confinement([], b'', 1).abi)"
    command = [sys.executable, "-I", "-c", script, str(LAUNCHER)]
    assert subprocess.run(command, capture_output=True, check=True, timeout=60).stdout == b"0\n"


WORDS = {
    "nothing of it": (
        0,
        False,
        {"not: reading and writing files outside", "not: other processes", "not: system calls"},
    ),
    "files": (2, True, {"not: cutting files elsewhere short", "not: other processes of yours"}),
    "all of it": (7, True, {"not: the names of other processes", "not: Unix sockets with a path"}),
}


@pytest.mark.parametrize(("abi", "filtered", "missing"), WORDS.values(), ids=WORDS)
def test_what_is_missing_is_said(abi: int, filtered: bool, missing: set[str]) -> None:
    said = protections(abi, filtered, Limits(), "watched")
    assert all(any(words.startswith(one) for words in said) for one in missing), said
    assert any(words.startswith("Landlock") for words in said) == bool(abi)
    assert ("system call filter" in said) == filtered
    assert any(words.startswith("not: network") for words in said)
