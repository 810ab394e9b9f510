"""A workspace laid in anew while a command runs: it then sees the folder as it is by now."""

from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.spec import Limits

LOOK = """
import os, socket

def look():
    found = [os.path.join(place, name) for place, _, names in os.walk(".") for name in names]
    return " ".join(f"{os.path.normpath(path)}={open(path).read().strip()}" for path in sorted(found))

channel = socket.socket(fileno=3)
open("written", "w").write("x")
while True:
    channel.sendall(look().encode() + b"\\n")
    if not channel.recv(1):
        break
    os.chdir(os.getcwd())
"""


def test_a_running_command_sees_what_has_changed(namespace: Tier, open_on, workspace: Path) -> None:
    machine = open_on(namespace, files={"one.txt": b"unsaved"})
    process = machine.start(["python3", "-c", LOOK])
    process.channel.settimeout(20)
    before = "one.txt=unsaved package/deep/three.txt=three package/two.txt=two"
    assert process.channel.recv(1000).decode() == f"{before} written=x\n"
    for number, (change, files, seen) in enumerate(CHANGES):
        change(workspace)
        machine.renew(files)
        process.channel.sendall(b"x")
        assert process.channel.recv(1000).decode() == f"{seen}\n", number
        # A command that is started now sees the same.
        assert machine.run(["find", ".", "-type", "f"], seconds=20).stdout.count(b"\n") == seen.count("=")
        machine.run(["sh", "-c", "echo more > one.txt; touch left"], seconds=20)
    assert (workspace / "one.txt").read_text() == "one\n"
    assert not list(workspace.glob("left")) and not list(workspace.glob("written"))


def _replaced(workspace: Path) -> None:
    new = workspace / "new"
    new.write_text("2\n")
    new.replace(workspace / "package" / "two.txt")


def _moved(workspace: Path) -> None:
    (workspace / "package" / "deep").rename(workspace / "deep")
    (workspace / "deep" / "four.txt").write_text("four\n")


CHANGES = (
    (_replaced, {}, "one.txt=one package/deep/three.txt=three package/two.txt=2"),
    (_moved, {"deep/four.txt": b"unsaved"}, "deep/four.txt=unsaved deep/three.txt=three one.txt=one package/two.txt=2"),
    (
        lambda workspace: (workspace / "package" / "two.txt").unlink(),
        {"deep/four.txt": None},
        "deep/three.txt=three one.txt=one",
    ),
)  # fmt: skip


def test_a_copy_stays_what_it_is(process: Tier, open_on) -> None:
    machine = open_on(process)
    assert not machine.renewable
    with pytest.raises(ValueError, match="copy"):
        machine.renew({})


def test_what_was_written_before_counts_for_the_limit(namespace: Tier, open_on) -> None:
    """The layers lie in one tmpfs, so that laying the workspace in anew gives no further room."""
    machine = open_on(namespace, limits=Limits(writable_bytes=2**22))
    fill = ["sh", "-c", "dd if=/dev/zero of=big bs=1M count=3 2>/dev/null && echo all"]
    assert machine.run(fill, seconds=20).stdout == b"all\n"
    machine.renew({})
    assert machine.run(fill, seconds=20).stdout == b""
