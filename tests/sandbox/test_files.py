"""The workspace inside: what commands see and write, and that nothing of it reaches the folder outside."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import Limits, MachineSpec, MachineUnavailable

LIST = ["sh", "-c", "find . -type f | sort | xargs -d '\\n' tail -n +1"]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_writes_stay_inside_and_last_as_long_as_the_machine(tier: Tier, open_on, workspace: Path) -> None:
    before = tree(workspace)
    machine = open_on(tier)
    machine.run(["sh", "-c", "echo more >> one.txt; rm -r package; mkdir new; echo x > new/file"], seconds=20)
    assert machine.run(["cat", "one.txt", "new/file"], seconds=20).stdout == b"one\nmore\nx\n"
    assert machine.run(["ls", "package"], seconds=20).exit_code != 0
    assert machine.read_file("new/file", 100) == b"x\n"
    assert tree(workspace) == before
    assert open_on(tier).run(["sh", "-c", "cat one.txt; ls"], seconds=20).stdout == b"one\none.txt\npackage\n"


def test_tmp_and_home_last_too(machine: Machine) -> None:
    machine.run(["sh", "-c", 'echo a > "${TMPDIR:-/tmp}/kept"; echo b > "$HOME/kept"'], seconds=20)
    again = machine.run(["sh", "-c", 'cat "${TMPDIR:-/tmp}/kept" "$HOME/kept"'], seconds=20)
    assert again.stdout == b"a\nb\n"


def test_files_laid_over(tier: Tier, open_on, workspace: Path) -> None:
    (workspace / "script").write_text("#!/bin/sh\necho old\n")
    (workspace / "script").chmod(0o755)
    before = tree(workspace)
    files = {
        "one.txt": b"changed",
        "package/two.txt": None,
        "a/b/c.bin": bytes(range(256)),
        "script": b"#!/bin/sh\necho new\n",
        "not/there": None,
        "empty": b"",
    }
    machine = open_on(tier, files=files)
    script = "cat one.txt; ls -A package; wc -c < a/b/c.bin; ./script; test -e empty && echo empty"
    assert machine.run(["sh", "-c", script], seconds=20).stdout == b"changeddeep\n256\nnew\nempty\n"
    machine.write_files({"one.txt": b"again", "a/b/c.bin": None})
    assert machine.run(["sh", "-c", "cat one.txt; ls a/b"], seconds=20).stdout == b"again"
    assert tree(workspace) == before


OUTSIDE_PATHS = ["../x", "/etc/x", "a/../../x", "a//b", "", ".", "a/."]


@pytest.mark.parametrize("path", OUTSIDE_PATHS)
def test_paths_that_leave_the_workspace_are_refused(machine: Machine, path: str) -> None:
    for attempt in (lambda: machine.write_files({path: b"x"}), lambda: machine.read_file(path, 10)):
        with pytest.raises(ValueError, match="inside the workspace"):
            attempt()


def test_links_are_never_followed(machine: Machine, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("private")
    links = f"ln -s '{secret}' out; ln -s '{secret}/key' key; ln -s ../../../.. up"
    machine.run(["sh", "-c", links], seconds=20)
    machine.write_files({"key": b"mine"})  # Replaces the link, and does not write through it.
    assert machine.read_file("key", 100) == b"mine"
    for path in ("out/new", "out/key", "up/new"):
        with pytest.raises(OSError, match=r"."):
            machine.write_files({path: b"x"})
        with pytest.raises(OSError, match=r"."):
            machine.read_file(path, 10)
        with pytest.raises(OSError, match=r"."):
            machine.write_files({path: None})
    assert tree(secret) == {"key": b"private"}


def test_reading(machine: Machine) -> None:
    assert machine.read_file("package/two.txt", 2) == b"tw"
    machine.run(["mkfifo", "pipe"], seconds=20)
    with pytest.raises(ValueError, match="regular"):
        machine.read_file("pipe", 10)
    with pytest.raises(FileNotFoundError):
        machine.read_file("none", 10)


ODD_NAMES = [
    "with space",
    "com,ma",
    "co:lon",
    "back\\slash",
    "quo'te\"s",
    "雪 und Eis",
    "%s{}$HOME",
    "-dash",
    "eq=al",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_workspace_names(tier: Tier, tmp_path: Path, name: str) -> None:
    folder = tmp_path.resolve() / name
    folder.mkdir()
    (folder / name).write_text("content")
    spec = MachineSpec(folder, {f"{name}2": b"more"}, (), {})
    with open_machine(spec, tier) as machine:
        assert machine.run(["cat", f"./{name}", f"./{name}2"], seconds=20).stdout == b"contentmore"
        assert machine.run(["pwd"], seconds=20).stdout == os.fsencode(machine.workspace) + b"\n"
        if tier is Tier.NAMESPACE:
            assert machine.workspace == folder
            assert not any("private copy" in protection for protection in machine.protections)


def test_name_that_is_not_utf8(tier: Tier, tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path.resolve()) + b"/caf\xe9"))
    folder.mkdir()
    with open_machine(MachineSpec(folder, {"a": b"1"}, (), {}), tier) as machine:
        assert machine.run(["cat", "a"], seconds=20).stdout == b"1"


def test_read_only_workspace(tier: Tier, open_on, workspace: Path) -> None:
    for path in (workspace, workspace / "package"):
        path.chmod(0o555)
    try:
        machine = open_on(tier, files={"one.txt": b"new", "package/fresh": b"f"})
        assert machine.run(["cat", "one.txt", "package/fresh"], seconds=20).stdout == b"newf"
    finally:
        for path in (workspace, workspace / "package"):
            path.chmod(0o755)


def test_workspace_limit(namespace: Tier, open_on) -> None:
    machine = open_on(namespace, limits=Limits(writable_bytes=8 * 2**20))
    full = machine.run(
        ["sh", "-c", "head -c 100000000 /dev/zero > big; ls -l big | cut -d' ' -f5"], seconds=20
    )
    assert b"No space left" in full.stderr
    assert 0 < int(full.stdout) <= 8 * 2**20
    with pytest.raises(OSError, match="space") as caught:
        machine.write_files({"more": b"x" * 2**20})
    assert caught.value.errno == errno.ENOSPC


def test_tmp_is_limited(sealed: Machine) -> None:
    result = sealed.run(["sh", "-c", "head -c 1500000000 /dev/zero > /tmp/big"], seconds=60)
    assert b"No space left" in result.stderr


def test_copy_leaves_out_what_is_large_and_keeps_links(process: Tier, open_on, workspace: Path) -> None:
    for name in (".git", ".venv", "node_modules", "package/__pycache__"):
        (workspace / name).mkdir()
        (workspace / name / "file").write_text("x")
    (workspace / "link").symlink_to("package/two.txt")
    (workspace / "dangling").symlink_to("/no/where")
    result = open_on(process).run(["sh", "-c", "ls -A . package; readlink link dangling"], seconds=20)
    listed = result.stdout.decode().split("\n")
    assert not {".git", ".venv", "node_modules", "__pycache__"} & set(listed)
    assert {"package/two.txt", "/no/where"} <= set(listed)


def test_copy_has_a_limit(process: Tier, spec: MachineSpec) -> None:
    (spec.workspace / "big").write_bytes(b"x" * 3_000_000)
    limited = MachineSpec(spec.workspace, {}, (), {}, Limits(writable_bytes=1_000_000))
    with pytest.raises(MachineUnavailable, match="too large to copy"):
        open_machine(limited, process)


def test_foreign_files_make_a_copy(namespace: Tier, open_on, workspace: Path) -> None:
    """An overlay could not be written to where files have an owner that isn't mapped."""
    if os.geteuid() != 0:
        pytest.skip("giving files away takes root")
    os.chown(workspace / "package", 12345, 12345)
    machine = open_on(namespace)
    assert any("belong to another user" in protection for protection in machine.protections)
    assert (
        machine.run(["sh", "-c", "echo x > package/new && cat package/*.txt"], seconds=20).stdout == b"two\n"
    )
    assert not (workspace / "package" / "new").exists()


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
PATHS = st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3).map("/".join)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=PATHS, data=st.binary(max_size=2000))
def test_what_is_written_is_read(shared_machine: Machine, path: str, data: bytes) -> None:
    try:
        shared_machine.write_files({path: data})
    except OSError as error:
        # An earlier example made a file where this one needs a directory, or the other way round.
        assert error.errno in (errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
        return
    assert shared_machine.read_file(path, 10_000) == data


@pytest.fixture
def shared_machine(namespace: Tier, open_on) -> Machine:
    return open_on(namespace)
