"""What a Machine lets through when asked by name, what it still keeps back, and that it says so."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.launcher.trees import children
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.sandbox.spec import Openings

from .outside import launchers_of, name_of

SHOUT = """
import socket, sys, threading
sock = socket.create_connection((sys.argv[2], int(sys.argv[1])), 10)
said = b"x" * int(sys.argv[3])
def say():
    sock.sendall(said)
    sock.shutdown(socket.SHUT_WR)
threading.Thread(target=say).start()
heard = b""
while chunk := sock.recv(1 << 16):
    heard += chunk
print("whole" if heard == said.upper() else len(heard))
"""
TRY = """
import socket, sys
try:
    sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    print("read", sock.recv(1))
except OSError as error:
    print(type(error).__name__)
"""


def shouting_back(address: tuple[str, int], family: socket.AddressFamily) -> Iterator[int]:
    """A real service of the host's loopback, which answers everything in capitals."""

    def answer(caller: socket.socket) -> None:
        with caller:
            while chunk := caller.recv(1 << 16):
                caller.sendall(chunk.upper())

    def serve() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(caller,), daemon=True).start()

    with socket.create_server(address, family=family) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def port() -> Iterator[int]:
    yield from shouting_back(("127.0.0.1", 0), socket.AF_INET)


@pytest.fixture
def port_of_6() -> Iterator[int]:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this computer has no IPv6")
    yield from shouting_back(("::1", 0), socket.AF_INET6)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that nothing listens on, kept from others."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def said(machine: Machine, script: str, *arguments: object) -> str:
    result = machine.run(["python3", "-c", script, *map(str, arguments)], seconds=30)
    assert result.exit_code == 0, result.stderr
    return result.stdout.decode().strip()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_named_port_is_reached(namespace: Tier, open_on, port: int, host: str) -> None:
    machine = open_on(namespace, openings=Openings(ports=(port,)))
    assert said(machine, SHOUT, port, host, 3_000_000) == "whole"
    assert said(machine, SHOUT, port, host, 0) == "whole"
    assert f"not: the host's loopback on port {port}, as `sandbox.ports` asks" in machine.protections


def test_only_the_named_port_is_reached(namespace: Tier, open_on, port: int, port_of_6: int) -> None:
    machine = open_on(namespace, openings=Openings(ports=(port_of_6,)))
    assert said(machine, SHOUT, port_of_6, "localhost", 10) == "whole"
    assert said(machine, TRY, port) == "ConnectionRefusedError"
    assert said(open_on(namespace), TRY, port) == "ConnectionRefusedError"


def test_a_named_port_that_nothing_listens_on_gives_an_error(
    namespace: Tier, open_on, silent_port: int
) -> None:
    machine = open_on(namespace, openings=Openings(ports=(silent_port,)))
    assert said(machine, TRY, silent_port) == "ConnectionResetError"


def test_relays_end_with_their_commands_and_spare_others(namespace: Tier, open_on, port: int) -> None:
    machine = open_on(namespace, openings=Openings(ports=(port,)))
    first_wait = f"import os\nos.read(3, 1)\n{SHOUT}"
    waiting = machine.start(["python3", "-c", first_wait, str(port), "localhost", "10"])
    for _ in range(3):
        assert said(machine, SHOUT, port, "localhost", 10) == "whole"
    before = len(relays(machine))
    waiting.channel.sendall(b"go")
    assert waiting.wait(20).stdout == b"whole\n"
    assert (before, relays(machine)) == (1, [])


def relays(machine: Machine) -> list[int]:
    """The launcher's children that are no commands: those run bwrap."""
    (launcher,) = launchers_of(machine._control._launched.zygote.pid)
    return [pid for pid in children(launcher) if name_of(pid) not in ("bwrap", "starter")]


def test_the_network_is_there_when_asked_for(namespace: Tier, open_on, port: int) -> None:
    machine = open_on(namespace, openings=Openings(network=True, ports=(port,)))
    assert said(machine, SHOUT, port, "127.0.0.1", 10) == "whole"
    assert "not: the network and the host's loopback, as `sandbox.network` asks" in machine.protections
    assert not any("no network" in phrase for phrase in machine.protections)
    assert any("no network" in phrase for phrase in open_on(namespace).protections)
    own = Path("/etc/hosts").read_text()
    assert machine.run(["cat", "/etc/hosts"], seconds=20).stdout.decode() == own


def test_named_paths_are_shown_and_written(namespace: Tier, open_on, tmp_path: Path) -> None:
    base = tmp_path.resolve()
    for name in ("data/deep/kept", "scratch/fixed"):
        (base / name).mkdir(parents=True)
    (base / "data" / "file").write_text("data")
    (base / "single").write_text("single")
    (base / "beside").write_text("private")
    openings = Openings(
        read=(base / "data", base / "single", base / "scratch" / "fixed"),
        write=(base / "scratch", base / "data" / "deep"),
    )
    machine = open_on(namespace, openings=openings)
    writes = [
        ("data/file", False),
        ("data/new", False),
        ("single", False),
        ("scratch/new", True),
        ("scratch/fixed/new", False),
        ("data/deep/new", True),
    ]
    for name, allowed in writes:
        result = machine.run(["sh", "-c", f"echo written >> {base / name}"], seconds=20)
        assert (result.exit_code == 0) == allowed, name
        assert ("written" in text_of(base / name)) == allowed, name
    shown = machine.run(["cat", str(base / "data/file"), str(base / "single")], seconds=20)
    assert shown.stdout == b"datasingle"
    assert machine.run(["cat", str(base / "beside")], seconds=20).exit_code != 0
    told = "\n".join(machine.protections)
    assert f"not: writing to {base / 'scratch'}, {base / 'data/deep'}, as `sandbox.write` asks" in told
    assert f"not: reading {base / 'data'}" in told


def text_of(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_a_path_around_the_workspace_shows_what_is_beside_it(
    namespace: Tier, open_on, workspace: Path
) -> None:
    (workspace.parent / "beside").write_text("shown")
    machine = open_on(namespace, openings=Openings(read=(workspace.parent,)))
    script = f"cat {workspace.parent}/beside; echo new > one.txt; cat one.txt; ls; touch ../x"
    result = machine.run(["sh", "-c", script], seconds=20)
    assert result.stdout == b"shownnew\none.txt\npackage\n"
    assert b"ead-only" in result.stderr
    assert (workspace / "one.txt").read_text() == "one\n"


def test_named_variables_are_passed_on(tier: Tier, open_on, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_TOKEN", "hunter2")
    openings = Openings(environment={"API_KEY": "key with spaces\n"})
    machine = open_on(tier, openings=openings, environment={"GIVEN": "yes"})
    script = "import os; print([os.environ.get(n) for n in ('API_KEY', 'GIVEN', 'OTHER_TOKEN')])"
    assert said(machine, script) == "['key with spaces\\n', 'yes', None]"
    told = "\n".join(machine.protections)
    assert "not: the variables API_KEY, as `sandbox.environment` asks" in told
    assert "key with" not in told
