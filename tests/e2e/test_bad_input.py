"""What the program says when it is given something it can't work with: a sentence, an exit code, never a traceback."""

import ctypes
import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

GOOD = """--- calc.py
def add(a, b):
    return a + b
--- test_calc.py
from calc import add

def test_add():
    assert add(1, 2) == 3
"""
BAD = GOOD.replace("a + b", "a - b")


@dataclass(frozen=True)
class Case:
    """`words` may hold `{folder}`. `says` are patterns that its words to people match, `never` one that they don't.

    `prepare` changes the folder before, and answers the command to start the program within, if any.
    """

    name: str
    files: str
    words: str
    code: int
    says: tuple[str, ...]
    never: str = r"\bFix:"
    variables: dict[str, str | None] = field(default_factory=dict)
    prepare: Callable[[Path, Callable[[str], str]], Sequence[object] | None] = lambda folder, need: None


def without_pytest(folder: Path, need: Callable[[str], str]) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)


def broken_environment(folder: Path, need: Callable[[str], str]) -> None:
    without_pytest(folder, need)
    for python in (folder / ".venv/bin").glob("python*"):
        python.unlink()
    (folder / ".venv/bin/python").symlink_to("/nowhere/python3")


def binary(folder: Path, need: Callable[[str], str]) -> None:
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    (folder / "packed.py").write_bytes(b"\0\xff\xfe" * 100)


def binary_test(folder: Path, need: Callable[[str], str]) -> None:
    (folder / "test_packed.py").write_bytes(b"\0\xff\xfe" * 100)


def huge(folder: Path, need: Callable[[str], str]) -> None:
    for name in ("huge.dat", "huge.py"):
        with (folder / name).open("wb") as file:
            file.truncate(50_000_000)


def unreadable(folder: Path, need: Callable[[str], str]) -> Sequence[object]:
    (folder / "secret.txt").write_text("secret")
    (folder / "secret.txt").chmod(0)
    return as_others(need)


def as_others(need: Callable[[str], str]) -> Sequence[object]:
    """Root passes over permissions; without these two capabilities it is held to them like everybody."""
    return (need("setpriv"), "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


def no_namespaces(folder: Path, need: Callable[[str], str]) -> Sequence[object]:
    """A user namespace in which no other may be made: the tier `namespace` can't be had, and nothing else changed."""
    script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    return (need("unshare"), "--user", "--map-root-user", "sh", "-c", script, "sh")


UNTRUSTED_INTERPRETER = (
    '--- pyproject.toml\n[tool.macrohard]\ninterpreter = "./evil"\n--- evil\n#!/bin/sh\nexit 9\n'
)

CASES = (
    Case("all well without git", GOOD, "test {folder}", 0, ("1 passed",)),
    Case("nothing failing", GOOD, "fix {folder}", 0, ("Nothing to repair",)),
    Case(
        "no pytest",
        GOOD,
        "test {folder}",
        2,
        (r"pytest is not installed in .*/\.venv/bin/python", r"-m pip install pytest"),
        prepare=without_pytest,
    ),
    Case(
        "no interpreter",
        GOOD,
        "test {folder}",
        2,
        (r"(?i)no .*interpreter|no Python", r"Create|create|[Mm]ake|[Nn]ame|[Ii]nstall"),
        variables={"VIRTUAL_ENV": None, "PATH": "/nowhere"},
    ),
    Case(
        "an environment whose interpreter is gone",
        GOOD,
        "fix {folder}",
        2,
        (r"/nowhere/python3, which does not exist", "python3 -m venv"),
        prepare=broken_environment,
    ),
    Case("no tests", "--- calc.py\n", "test {folder}", 2, (r"found no tests", "testpaths")),
    Case("no tests to fix", "--- calc.py\n", "fix {folder}", 2, (r"found no tests",)),
    Case("an empty folder", "", "test {folder}", 2, (r"found no tests",)),
    Case(
        "a syntax error in a conftest",
        GOOD + "--- conftest.py\nimport os\n\ndef broken(:\n    pass\n",
        "test {folder}",
        1,
        (r"ERROR conftest\.py +conftest\.py:3", r"Note: conftest\.py could not be imported .*invalid syntax"),
    ),
    Case(
        "a syntax error in a conftest, to fix",
        GOOD + "--- conftest.py\nimport os\n\ndef broken(:\n    pass\n",
        "fix {folder}",
        1,
        (r"conftest\.py:3: collection", r"conftest\.py can't be collected"),
    ),
    Case(
        "only collection errors",
        "--- test_a.py\nimport nothing_of_that_name\n--- test_b.py\ndef test_b(:\n",
        "fix {folder}",
        1,
        (
            r"test_a\.py:1: collection .*nothing_of_that_name",
            r"test_b\.py:1: collection",
            "can't be collected",
        ),
    ),
    Case(
        "a file that may not be read",
        GOOD,
        "test {folder}",
        0,
        ("1 passed", r"can't be read: secret\.txt"),
        prepare=unreadable,
    ),
    Case("binary files", GOOD, "test {folder}", 0, ("1 passed",), prepare=binary),
    Case(
        "a binary test",
        GOOD,
        "test {folder}",
        1,
        (r"ERROR test_packed\.py", "1 passed, 1 error"),
        prepare=binary_test,
    ),
    Case("50 MB files", GOOD, "test {folder}", 0, ("1 passed",), prepare=huge),
    Case("the root", "", "test /", 2, ("root of the whole system; name the folder of your project",)),
    Case("a path that is nowhere", "", "test {folder}/nowhere", 2, ("no file or directory .*nowhere",)),
    Case("a path that is nowhere, to fix", "", "fix {folder}/nowhere", 2, ("no directory .*nowhere",)),
    Case("a file for a folder", GOOD, "fix {folder}/calc.py", 2, (r"calc\.py' is a file; give the folder",)),
    Case(
        "a test that isn't there",
        BAD,
        "fix {folder} --test test_calc.py::test_gone",
        2,
        (r"There is no test test_calc\.py::test_gone",),
    ),
    Case(
        "a test to run that isn't there",
        GOOD,
        "test {folder} test_calc.py::test_gone",
        2,
        (r"test_calc\.py::test_gone",),
    ),
    Case(
        "a pyproject.toml that isn't TOML",
        GOOD + "--- pyproject.toml\n[project]\nname = \n",
        "test {folder}",
        2,
        (r"pyproject\.toml, line 2, column 8, is not TOML", "Correct it there"),
    ),
    Case(
        "a setting of the wrong kind",
        GOOD + '--- pyproject.toml\n[tool.macrohard.fix]\nbudget_seconds = "long"\n',
        "fix {folder}",
        2,
        (r"pyproject\.toml \[tool\.macrohard\]: .*fix\.budget_seconds",),
    ),
    Case(
        "a setting there isn't",
        GOOD + "--- pyproject.toml\n[tool.macrohard]\nspeed = 9\n",
        "fix {folder}",
        2,
        ("there is no setting `speed`",),
    ),
    Case(
        "pytest's own configuration is wrong",
        GOOD + "--- pytest.ini\n[pytest]\naddopts = --no-such-option\n",
        "test {folder}",
        2,
        ("refused its configuration or arguments: .*--no-such-option",),
    ),
    Case("the tier vm", GOOD, "test {folder} --tier vm", 2, ("tier `vm` is not part of this version",)),
    Case(
        "the tier process, for one call",
        GOOD,
        "test {folder} --tier process",
        0,
        (r"1 passed .*tier: process", "the tests reach the network"),
    ),
    Case(
        "a folder that asks for the tier process",
        GOOD + '--- pyproject.toml\n[tool.macrohard]\ntier = "process"\n',
        "test {folder}",
        0,
        (r"1 passed .*tier: namespace", "`tier` in .* is not honoured"),
    ),
    Case(
        "an interpreter named by a folder nobody trusts",
        GOOD + UNTRUSTED_INTERPRETER,
        "test {folder}",
        0,
        ("1 passed", r"`interpreter` in .* is not honoured: it names a program", r"macrohard-lsp trust PATH"),
    ),
    Case(
        "no namespaces",
        GOOD,
        "test {folder}",
        2,
        (
            r"tier `namespace` is not available",
            r"is not trusted",
            r"--tier process",
            r"macrohard-lsp trust /.*project",
        ),
        prepare=no_namespaces,
    ),
    Case(
        "no namespaces, but asked for one",
        GOOD,
        "test {folder} --tier namespace",
        2,
        (r"tier `namespace` is not available",),
        prepare=no_namespaces,
    ),
    Case(
        "a test that hangs",
        "--- pyproject.toml\n[tool.macrohard.test]\ntimeout_seconds = 0.5\n"
        "--- test_a.py\nimport time\n\ndef test_hangs():\n    time.sleep(1000)\n\ndef test_b():\n    pass\n",
        "test {folder}",
        1,
        (r"FAILED test_a\.py::test_hangs +test_a\.py:4", "ran out of time", "1 passed, 1 failed"),
    ),
    Case(
        "a test that passes alone and fails in the suite",
        "--- test_a.py\nSEEN = []\n\ndef test_first():\n    SEEN.append(1)\n\n"
        "def test_second():\n    assert not SEEN\n",
        "test {folder}",
        1,
        (r"test_a\.py:\d+: suite-order passes alone and fails in the suite",),
    ),
    Case(
        "a test that passes alone and fails in the suite, to fix",
        "--- shop.py\nSEEN = []\n\ndef visit():\n    SEEN.append(1)\n    return len(SEEN) > 1\n"
        "--- test_a.py\nimport shop\n\ndef test_first():\n    shop.visit()\n\n"
        "def test_second():\n    assert not shop.visit()\n",
        "fix {folder}",
        1,
        (r"suite-order passes alone and fails in the suite", r"only in the suite"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_says(case, program, files, need):
    folder = files(case.files)
    within = case.prepare(folder, need) or ()
    check(
        case,
        program(*case.words.format(folder=folder).split(), "--json", within=within, variables=case.variables),
    )


def check(case, done):
    assert done.code == case.code, done.told
    for pattern in case.says:
        assert re.search(pattern, done.err), f"no {pattern!r} in\n{done.told}"
    assert not re.search(case.never, done.err), done.told
    if case.code == 2:
        assert any(re.search(pattern, done.answer["message"]) for pattern in case.says), done.told
        assert done.answer["status"] == "error"


def test_home_is_never_walked(program, tmp_path):
    """The kernel tells of every folder opened inside it, and of `/`'s that hardly anybody opens."""
    home = Path(program.variables["HOME"])
    (home / "music").mkdir()
    quiet = [path for path in map(Path, ("/srv", "/media", "/mnt")) if path.is_dir()]
    opened = watched([home, home / "music", *quiet])
    for folder, says in (
        (home, "is your home directory"),
        (tmp_path, "above your home directory"),
        ("/", "root"),
    ):
        case = Case("", "", "", 2, (says,))
        check(case, program("fix", folder, "--json"))
    assert opened() == []
    list(home.iterdir())
    assert opened() == [str(home)], "the watch itself does not work"


def watched(folders):
    """A function that names those of the folders that were listed since."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    opens = 0x20
    names = {libc.inotify_add_watch(descriptor, os.fsencode(path), opens): str(path) for path in folders}
    assert -1 not in names, os.strerror(ctypes.get_errno())

    def so_far():
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return []
        found = []
        while data:
            watch, _, _, length = struct.unpack_from("iIII", data)
            data = data[16 + length :]
            if not length:  # The folder itself; an entry of it would be named.
                found.append(names[watch])
        return sorted(set(found))

    return so_far


def test_trust_lets_a_folder_run_without_a_sandbox(program, files, need):
    folder = files(GOOD)
    within = no_namespaces(folder, need)
    assert program("trust", folder, "--json").code == 0
    check(
        Case("", "", "", 0, (r"1 passed .*tier: process", "the tests reach the network")),
        program("test", folder, "--json", within=within),
    )
    assert program("trust", folder, "--revoke", "--json").code == 0
    check(Case("", "", "", 2, ("is not trusted",)), program("test", folder, "--json", within=within))


def test_an_interpreter_named_by_a_trusted_folder_is_honoured(program, files):
    """The other side of the case above: were the setting ignored always, that one would prove nothing."""
    folder = files(GOOD + UNTRUSTED_INTERPRETER)
    (folder / "evil").chmod(0o755)
    assert program("trust", folder).code == 0
    check(
        Case("", "", "", 2, (r"names \./evil, which is not a program",)),
        program("test", folder, "--json"),
    )


def test_a_flaky_test_is_told_and_never_fixed(program, files):
    """It depends on what changes outside between two runs: the first fails, the fresh ones pass."""
    folder = files(
        "--- moon.py\nfrom pathlib import Path\n\ndef is_full():\n    return Path('moon.txt').read_text() != 'new'\n"
        "--- test_moon.py\nimport moon\n\ndef test_moon():\n    assert moon.is_full()\n--- moon.txt\nnew"
    )
    for command, code, says in (
        ("test", 1, r"FLAKY test_moon\.py::test_moon"),
        ("fix", 0, r"flaky-test .*failed in 1 of \d fresh runs"),
    ):
        (folder / "moon.txt").write_text("new")
        process = program.start(command, folder, "--json")
        heard = until(process, b"1 failing test again")
        (folder / "moon.txt").write_text("full")
        done = program.finish(process, as_json=True, heard=heard)
        check(Case("", "", "", code, (says,)), done)
        outcomes = [test["outcome"] for test in done.answer.get("tests", ())]
        assert outcomes == (["flaky"] if command == "test" else [])


def until(process, words):
    """Read stderr until `words` were said."""
    heard = b""
    deadline = time.monotonic() + 60
    while words not in heard:
        chunk = os.read(process.stderr.fileno(), 4096)
        heard += chunk
        assert chunk and time.monotonic() < deadline, heard.decode()
    return heard


SLOW = BAD + "--- test_slow.py\nimport time\n\ndef test_slow():\n    time.sleep(2)\n"


@pytest.mark.parametrize("tier", ["namespace", "process"])
def test_a_folder_deleted_in_the_middle(tier, program, files, need):
    folder = files(SLOW)
    process = program.start("fix", folder, "--apply", "--tier", tier, "--json")
    heard = until(process, b"Running the tests")
    subprocess.run([need("rm"), "-rf", folder], check=True)
    check(
        Case("", "", "", 2, (f"{folder} was deleted or moved",)),
        program.finish(process, as_json=True, heard=heard),
    )
    assert not folder.exists()


def test_stopped_in_the_middle(program, files):
    folder = files(SLOW)
    before = contents(folder)
    process = program.start("fix", folder, "--apply", "--json")
    heard = until(process, b"Running the tests")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    done = program.finish(process, as_json=True, heard=heard)
    check(Case("", "", "", 130, ("Stopped by Ctrl-C before it was done; no file was changed",)), done)
    assert contents(folder) == before
    assert processes_in(folder) == []


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def processes_in(folder):
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            where = entry.readlink()
        except OSError:
            continue
        if where.is_relative_to(folder):
            found.append(entry.parent.name)
    return found


def test_a_folder_that_may_not_be_written(program, files, need):
    folder = files(BAD)
    binary(folder, need)
    before = contents(folder)
    folder.chmod(0o555)
    try:
        done = program("fix", folder, "--apply", "--json", within=as_others(need))
    finally:
        folder.chmod(0o755)
    check(
        Case("", "", "", 2, ("A proven fix was found but could not be written. Nothing was changed",), "^$"),
        done,
    )
    assert contents(folder) == before
    assert done.answer["proposals"][0]["kind"] == "fix"


FULL_DISK = """
mount -t tmpfs -o size=64k small "$0" && cp -r "$1/." "$0" && dd if=/dev/zero of="$0/fill" 2>/dev/null
shift; "$@"; code=$?; rm "$0/fill"; cp -r "$0/." "$KEEP"; exit $code
"""


def test_a_full_disk(program, files, need, tmp_path):
    """On a disk of 64 KiB in a mount namespace of its own; what is left there is copied out at the end."""
    folder = files(BAD)
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    script = FULL_DISK.replace("$KEEP", str(kept))
    own_mounts = [need("unshare"), "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",))]
    within = [*own_mounts, "sh", "-c", script, disk, folder]
    done = program("fix", disk, "--apply", "--json", within=within)
    check(Case("", "", "", 2, ("could not be written", "no space left on device", "Make room"), "^$"), done)
    assert [path.read_bytes() for path in contents(kept)] == [path.read_bytes() for path in contents(folder)]


@pytest.mark.soak
def test_a_read_only_disk(program, files, need):
    folder = files(BAD)
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    own_mounts = [need("unshare"), "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",))]
    within = [*own_mounts, "sh", "-c", script, folder]
    done = program("fix", folder, "--apply", "--json", within=within)
    check(Case("", "", "", 2, ("could not be written", "read-only file system"), "^$"), done)
    assert done.answer["proposals"][0]["kind"] == "fix"
