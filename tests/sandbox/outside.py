"""What a hostile program would like to reach, planted for real outside a Machine, and whether it was reached."""

import contextlib
import ctypes
import os
import pty
import secrets
import shutil
import socket
import subprocess
import sys
import time
import tty
from collections.abc import Callable
from pathlib import Path

from macrohard_lsp.sandbox.launcher.trees import children
from macrohard_lsp.sandbox.machine import Machine

SHM_KEY_BITS = 0x3FFFFFFF
IPC_CREATE, IPC_REMOVE = 0o1600, 0
SEGMENT_BYTES = 4096
ATTEMPTS = 5
SPARE_SECONDS = 20.0

_libc = ctypes.CDLL(None, use_errno=True)
_libc.shmat.restype = ctypes.c_void_p


class Outside:
    """A home directory with a project in it, services, a terminal, and a process to attack.

    `secret` is in the files, in that process's environment and command line, and in shared memory: where it
    comes out of a Machine, it was read.
    """

    def __init__(self, folder: Path) -> None:
        self.secret = f"planted-{secrets.token_hex(8)}"
        self.name = f"macrohard-{secrets.token_hex(6)}"
        self.home = folder / "home"
        self.workspace = self.home / "project"
        self.shown = self.home / "shown"
        for path in (self.workspace, self.shown, self.home / ".ssh"):
            path.mkdir(parents=True)
        self.beside = self.home / "beside.txt"
        self.key = self.home / ".ssh" / "id_ed25519"
        self.files = {
            self.beside: self.secret,
            self.key: self.secret,
            self.workspace / "one.txt": "one\n",
            self.shown / "file": "shown\n",
        }
        self._closing = contextlib.ExitStack()
        self._plant_files()
        self._start_services()
        self._start_victim()
        self._share_memory()

    def close(self) -> None:
        self._closing.close()

    def _plant_files(self) -> None:
        for path in self.files:
            self._restore(path)
        (self.workspace / "link").symlink_to(self.beside)
        (self.workspace / "links").symlink_to(self.home)
        self.setuid = ""
        program = shutil.which("id")
        if os.geteuid() == 0 and program:
            copy = self.shown / "id"
            shutil.copy(program, copy)
            os.chown(copy, 65534, 65534)
            copy.chmod(0o4755)
            self.setuid = str(copy)

    def _restore(self, path: Path) -> None:
        path.write_text(self.files[path])
        path.chmod(0o600)

    def _start_services(self) -> None:
        keep = self._closing.enter_context
        self.tcp = keep(socket.create_server(("127.0.0.1", 0)))
        self.udp = keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.udp.bind(("127.0.0.1", 0))
        self._listening = {"tcp": self.tcp}
        # The longest path that fits into an address is short: these are bound by the directory's descriptor.
        places = {"abstract": f"\0{self.name}"}
        for name, directory in (("workspace", self.workspace), ("shown", self.shown)):
            fd = os.open(directory, os.O_PATH)
            self._closing.callback(os.close, fd)
            places[name] = f"/proc/self/fd/{fd}/socket"
        for name, address in places.items():
            server = self._listening[name] = keep(socket.socket(socket.AF_UNIX))
            server.bind(address)
            server.listen()
        for server in (*self._listening.values(), self.udp):
            server.setblocking(False)
        os.mkfifo(self.shown / "pipe")
        self._pipe = os.open(self.shown / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        self._closing.callback(os.close, self._pipe)
        self._master, terminal = pty.openpty()
        tty.setraw(terminal)
        os.set_blocking(self._master, False)
        self.terminal = os.ttyname(terminal)
        for fd in (self._master, terminal):
            self._closing.callback(os.close, fd)

    def _start_victim(self) -> None:
        with self.key.open() as stdin:
            self.victim = subprocess.Popen(
                [sys.executable, "-c", "import time; time.sleep(1000)", self.secret],
                stdin=stdin,
                env={"PATH": "/usr/bin:/bin", "TOKEN": self.secret},
            )

        def end() -> None:
            self.victim.kill()
            self.victim.wait()

        self._closing.callback(end)

    def _share_memory(self) -> None:
        self.segment = secrets.randbits(32) & SHM_KEY_BITS
        identity = _libc.shmget(self.segment, SEGMENT_BYTES, IPC_CREATE)
        assert identity >= 0, os.strerror(ctypes.get_errno())
        self._closing.callback(_libc.shmctl, identity, IPC_REMOVE, None)
        address = _libc.shmat(identity, None, 0)
        ctypes.memmove(address, self.secret.encode(), len(self.secret))
        _libc.shmdt(ctypes.c_void_p(address))

    def given(self) -> dict[str, object]:
        """What a program needs to know to try; knowing where something is must not be enough."""
        return {
            "home": str(self.home),
            "workspace": str(self.workspace),
            "shown": str(self.shown),
            "beside": str(self.beside),
            "key": str(self.key),
            "setuid": self.setuid,
            "name": self.name,
            "tcp": self.tcp.getsockname()[1],
            "udp": self.udp.getsockname()[1],
            "terminal": self.terminal,
            "segment": self.segment,
            "victim": self.victim.pid,
            "opener": os.getpid(),
        }

    def changes(self) -> list[str]:
        """What was reached or changed since the last look; all is put back as it was."""
        found = [f"a connection: {name}" for name, server in self._listening.items() if _accepted(server)]
        if _received(lambda: self.udp.recv(10)):
            found.append("a datagram")
        if _received(lambda: os.read(self._pipe, 10)):
            found.append("the pipe")
        if _received(lambda: os.read(self._master, 100)):
            found.append("the terminal")
        for path, text in self.files.items():
            if not path.is_file() or path.read_text() != text or path.stat().st_mode & 0o777 != 0o600:
                found.append(str(path))
                self._restore(path)
        left = [*self.home.glob("new"), *self.shown.glob("new"), Path("/dev/shm", self.name)]
        for path in filter(Path.exists, left):
            found.append(str(path))
            path.unlink()
        if self.victim.poll() is not None:
            found.append("the victim")
            self._start_victim()
        return found


def _accepted(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _received(read) -> bool:
    try:
        return bool(read())
    except BlockingIOError:
        return False


def name_of(pid: int) -> str:
    """What a process is called; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def launchers_of(zygote: int) -> list[int]:
    """The launchers of Machines, without the spare one that waits for the next."""
    return [pid for pid in children(zygote) if name_of(pid) == "launcher"]


def spare_of(zygote: int) -> int:
    """The launcher that has everything ready and waits for the next Machine, or 0."""
    return next((pid for pid in children(zygote) if name_of(pid) == "spare"), 0)


def open_from_spare(open_it: Callable[[], Machine]) -> Machine:
    """A Machine whose launcher was forked before it was asked for; `open_it` opens one."""
    for _ in range(ATTEMPTS):
        machine = open_it()
        zygote = machine._control._launched.zygote.pid
        give_up = time.monotonic() + SPARE_SECONDS
        while (spare := spare_of(zygote)) == 0 and time.monotonic() < give_up:
            time.sleep(0.01)
        machine = open_it()
        # One that just ends, because it didn't fit the first, may still have been in the list of processes.
        if spare in launchers_of(zygote):
            return machine
    raise AssertionError("no launcher was forked ahead")


def pids_of(marker: str) -> list[int]:
    """Processes that have `marker` in their command line."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if marker.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # It ended between the listing and the reading.
    return found
