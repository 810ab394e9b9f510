"""Ports of the host's loopback, made reachable on the loopback of one command's own network namespace.

A socket belongs to the network in which it was made, whoever uses it later. So a thread of the relay enters the
command's namespace, makes sockets that listen there, and ends; the relay itself never leaves the host's network
and connects each caller to the real port. The command waits until they listen (bwrap's `--block-fd`).
"""

import ctypes
import json
import os
import select
import signal
import socket
from typing import Any

import descriptors

CLONE_NEWNET = 0x40000000
IP_FREEBIND, IPV6_FREEBIND = 15, 78
"""Take the address of a loopback that bwrap has not brought up yet."""
MOST_CONNECTIONS = 128
CONNECT_SECONDS = 10.0
CHUNK_BYTES = 1 << 16
MOST_INFORMATION_BYTES = 1 << 16
PR_SET_PDEATHSIG = 1


def start(ports: list[int], ready: int, passed: list[int], prctl: Any) -> int:
    """Start the relay of a command that is about to be started, and return its process id.

    Its copy of `ready` is closed when it listens. Adds to `passed` the descriptor on which bwrap says which
    process it started. Raises OSError.
    """
    information, say_write = os.pipe()
    passed.append(say_write)
    launcher = os.getpid()
    # The launcher's own handlers must not run in the child, where they would end the whole Machine.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGCHLD))
    try:
        child = os.fork()
        if child == 0:
            _be_relay(ports, information, ready, prctl, launcher)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        os.close(information)
    return child


def _be_relay(ports: list[int], information: int, ready: int, prctl: Any, launcher: int) -> None:
    try:
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        descriptors.keep_only(information, ready)
        if os.getppid() == launcher:
            listening = _listen_inside(_first_process(information), ports)
            os.close(ready)
            _serve(listening)
    finally:
        os._exit(1)


def _first_process(information: int) -> int:
    """The process in the new namespaces, as bwrap says on `--info-fd`. Raises ValueError when it said nothing."""
    said = b""
    while b"}" not in said and len(said) < MOST_INFORMATION_BYTES and (data := os.read(information, 4096)):
        said += data
    os.close(information)
    return int(json.loads(said)["child-pid"])


def _listen_inside(process: int, ports: list[int]) -> dict[int, int]:
    """The descriptors that listen in the namespace of `process`, with the port of each."""
    import threading  # Slow to import, and only Machines with open ports need it.

    listening: dict[int, int] = {}

    def enter_and_listen() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        namespace = os.open(f"/proc/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        if libc.setns(namespace, CLONE_NEWNET) != 0:
            return
        for port in ports:
            for family in (socket.AF_INET, socket.AF_INET6):
                fd = _listen(family, port)
                if fd >= 0:
                    listening[fd] = port

    thread = threading.Thread(target=enter_and_listen)
    thread.start()
    thread.join()
    return listening


def _listen(family: socket.AddressFamily, port: int) -> int:
    """A listening socket, or -1 where the kernel has no such protocol."""
    try:
        sock = socket.socket(family)
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
            sock.bind(("127.0.0.1", port))
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            sock.bind(("::1", port))
        sock.listen(MOST_CONNECTIONS)
    except OSError:
        return -1
    return sock.detach()


def _serve(listening: dict[int, int]) -> None:
    import threading

    room = threading.Semaphore(MOST_CONNECTIONS)
    sockets = {fd: socket.socket(fileno=fd) for fd in listening}
    while sockets:
        ready, _, _ = select.select(list(sockets), [], [])
        for fd in ready:
            room.acquire()
            caller, _ = sockets[fd].accept()
            threading.Thread(target=_connect, args=(caller, listening[fd], room), daemon=True).start()


def _connect(caller: socket.socket, port: int, room: Any) -> None:
    import threading

    try:
        service = _reach(port)
        if service is None:
            # Nothing listens outside: the caller's connection is reset rather than ended in good order.
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            caller.close()
            return
        for sock in (caller, service):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_pump, args=(service, caller), daemon=True)
        back.start()
        _pump(caller, service)
        back.join()
        caller.close()
        service.close()
    finally:
        room.release()


def _reach(port: int) -> "socket.socket | None":
    for host in ("127.0.0.1", "::1"):
        try:
            service = socket.create_connection((host, port), CONNECT_SECONDS)
        except OSError:
            continue
        service.settimeout(None)
        return service
    return None


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes one way until there are no more, and say so to the other side."""
    try:
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
    except OSError:
        pass  # One of them is gone; what is left to say is that nothing more will come.
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
