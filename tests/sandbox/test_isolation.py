"""What a command of the namespace tier can't see or reach."""

import json
import subprocess
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.machine import Machine


def test_environment_is_an_allow_list(tier: Tier, open_on, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    machine = open_on(tier, environment={"GIVEN": "yes", "LANG": "de_DE.UTF-8"})
    listed = machine.run(["env"], seconds=20).stdout.decode().split("\n")
    names = {line.partition("=")[0] for line in listed if line}
    assert names - {"PWD", "TMPDIR"} == {"PATH", "HOME", "LANG", "GIVEN"}
    assert {"GIVEN=yes", "LANG=de_DE.UTF-8"} <= set(listed)


@pytest.mark.parametrize("environment", [{"X": "a\0--bind\0/\0/host"}, {"A\0B": "x"}])
def test_a_nul_can_not_smuggle_in_options(sealed: Machine, environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        sealed.run(["true"], seconds=20, environment=environment)
    assert sealed.run(["true"], seconds=20).exit_code == 0


def test_first_process_has_a_clean_environment(sealed: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    everything = sealed.run(["sh", "-c", "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline"], seconds=20).stdout
    assert b"SECRET" not in everything
    assert b"hunter2" not in everything


def test_outside_files_are_not_there(sealed: Machine, tmp_path: Path) -> None:
    (tmp_path / "beside").write_text("private")
    home = Path.home()
    hidden = [
        tmp_path / "beside",
        home / ".ssh",
        home / ".bashrc",
        Path("/etc/shadow"),
        Path("/etc/ssl/private"),
        Path("/etc/fstab"),
    ]
    for path in [*hidden, Path("/var/log"), Path("/sys"), Path("/run/systemd"), Path("/boot")]:
        assert sealed.run(["ls", str(path)], seconds=20).exit_code != 0, path


def test_names_and_places_programs_expect(sealed: Machine) -> None:
    script = """
import getpass, multiprocessing, os, pwd, socket, ssl, tempfile
ssl.create_default_context()
multiprocessing.Lock()
open('/dev/null', 'w').write('x'); os.urandom(3); tempfile.mkdtemp()
print(pwd.getpwuid(os.getuid()).pw_dir, getpass.getuser(), os.path.isdir(os.environ['HOME']))
print(socket.getaddrinfo('localhost', 80)[0][4][0] in ('127.0.0.1', '::1'), socket.gethostname())
"""
    result = sealed.run(["python3", "-c", script], seconds=20)
    assert result.stdout.decode().split("\n")[:2] == ["/tmp/home user True", "True sandbox"], result.stderr


HONEST = """
import multiprocessing, os, pty, shutil, signal, socket, ssl, subprocess, tempfile, time
from multiprocessing import shared_memory
ssl.create_default_context()
time.localtime()
socket.getaddrinfo('localhost', 80)
with multiprocessing.Pool(2) as pool:
    assert pool.map(abs, [-1, 2]) == [1, 2]
block = shared_memory.SharedMemory(create=True, size=100)
block.close()
block.unlink()
master, terminal = pty.openpty()
assert os.isatty(terminal)
os.write(terminal, b'x')
assert os.read(master, 1) == b'x'
with tempfile.TemporaryDirectory() as folder:
    os.makedirs(folder + '/a/b')
    open(folder + '/a/file', 'w').write('x')
    os.rename(folder + '/a/file', folder + '/a/b/file')
    os.link(folder + '/a/b/file', folder + '/linked')
    os.symlink('linked', folder + '/soft')
    os.mkfifo(folder + '/pipe')
    os.truncate(folder + '/soft', 0)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(folder + '/socket')
        server.listen()
        client.connect(folder + '/socket')
    script = folder + '/program'
    open(script, 'w').write('#!/bin/sh\\nexit 7')
    os.chmod(script, 0o755)
    assert subprocess.run([script]).returncode == 7
    shutil.move(folder + '/linked', 'here')
with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
    server.bind('\\0honest-%d' % os.getpid())
    server.listen()
    client.connect(server.getsockname())
sleeper = subprocess.Popen(['sleep', '60'])
sleeper.send_signal(signal.SIGTERM)
assert sleeper.wait() == -signal.SIGTERM
open('/dev/null', 'w').write('x')
open('/dev/stdout', 'w').write('all of it')
"""


def test_what_honest_programs_do(machine: Machine) -> None:
    result = machine.run(["python3", "-c", HONEST], seconds=30)
    assert result.stdout == b"all of it", result.stderr


def test_read_only_directories_are_shown(namespace: Tier, open_on, tmp_path: Path) -> None:
    shown = tmp_path.resolve() / "shown" / "inner"
    shown.mkdir(parents=True)
    (shown / "file").write_text("visible")
    machine = open_on(namespace, read_only=(shown, shown.parent, tmp_path / "none", Path("/usr/lib")))
    assert machine.run(["cat", str(shown / "file")], seconds=20).stdout == b"visible"
    assert machine.run(["touch", str(shown / "file")], seconds=20).exit_code != 0


LOOPBACK = """
import socket
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
server.accept()[0].send(b'loop')
print(client.recv(9).decode())
"""


def test_loopback_works_inside(sealed: Machine) -> None:
    assert sealed.run(["python3", "-c", LOOPBACK], seconds=20).stdout == b"loop\n"


def test_other_processes_are_not_visible(sealed: Machine) -> None:
    pids = sealed.run(["sh", "-c", "echo /proc/[0-9]*"], seconds=20).stdout.split()
    assert len(pids) <= 3
    assert sealed.run(["sh", "-c", "kill -9 -1"], seconds=20).timed_out is False
    assert subprocess.run(["true"], check=True).returncode == 0


SECCOMP = """
import ctypes, errno, fcntl, json, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments))
    return errno.errorcode.get(ctypes.get_errno(), 'done') if result == -1 else 'done'
def family(number):
    try:
        socket.socket(number, socket.SOCK_DGRAM).close()
    except OSError as error:
        return errno.errorcode[error.errno]
    return 'done'
def ioctl(request):
    try:
        fcntl.ioctl(0, request, b'x')
    except OSError as error:
        return errno.errorcode[error.errno]
    return 'done'
numbers = json.loads(os.environ['NUMBERS'])
print(json.dumps({
    **{name: call(number, 0, 0, 0, 0, 0, 0) for name, number in numbers['plain'].items()},
    'clone3': call(numbers['clone3'], 0, 0),
    'clone-user': call(numbers['clone'], 0x10000000 | 17, 0, 0, 0, 0),
    'clone-net': call(numbers['clone'], 0x40000000 | 17, 0, 0, 0, 0),
    'TIOCSTI': ioctl(0x5412), 'TIOCLINUX': ioctl(0x541C), 'TCGETS': ioctl(0x5401),
    **{f'family {n}': family(n) for n in (1, 2, 16, 17, 38, 40)},
}))
"""


def test_system_call_filter(sealed: Machine) -> None:
    import platform

    from macrohard_lsp.sandbox.seccomp import filter_bytes
    from macrohard_lsp.sandbox.syscalls import ARM64_CALLS, X86_64_CALLS

    if not filter_bytes():
        pytest.skip(f"no system call filter is known for {platform.machine()}")
    calls = {"x86_64": X86_64_CALLS, "aarch64": ARM64_CALLS}[platform.machine()]
    special = ("clone", "clone3", "ioctl", "socket")
    plain = {name: number for name, number in calls.items() if name not in special}
    numbers = json.dumps({"plain": plain, "clone": calls["clone"], "clone3": calls["clone3"]})
    result = sealed.run(["python3", "-c", SECCOMP], seconds=20, environment={"NUMBERS": numbers})
    found = json.loads(result.stdout)
    assert {name: found[name] for name in plain} == dict.fromkeys(plain, "EPERM")
    assert (found["clone3"], found["clone-user"], found["clone-net"]) == ("ENOSYS", "EPERM", "EPERM")
    assert (found["TIOCSTI"], found["TIOCLINUX"], found["TCGETS"]) == ("EPERM", "EPERM", "ENOTTY")
    assert (found["family 1"], found["family 2"]) == ("done", "done")
    assert {found[f"family {number}"] for number in (16, 17, 38, 40)} == {"EAFNOSUPPORT"}


def test_no_new_user_namespaces_and_no_privileges(sealed: Machine) -> None:
    assert sealed.run(["unshare", "-U", "true"], seconds=20).exit_code != 0
    status = sealed.run(["cat", "/proc/self/status"], seconds=20).stdout.decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"


def test_threads_work(sealed: Machine) -> None:
    """The filter says that clone3 doesn't exist; threads have to start all the same."""
    script = "import threading; t = threading.Thread(target=print, args=('ran',)); t.start(); t.join()"
    assert sealed.run(["python3", "-c", script], seconds=20).stdout == b"ran\n"
