# The launcher uses no pathlib: importing it would double the time to start.
"""The launcher of one Machine: forked with one end of a socket pair, alive as long as the other end is.

It owns the Machine's namespace (or its temporary directory), starts commands on request, watches
what they use, and kills them all when asked to close, when the socket ends, or when the program
that opened it is gone. It runs with the standard library only. What is started here is the zygote
that forks the launchers of one opener.
"""

import gc
import os
import resource
import select
import signal
import socket
import sys
import time
from dataclasses import replace
from typing import Any

import ahead
import birth
import commands
import confinement
import control_groups
import inside
import mounts
import protocol
import starting
import tree_files
import trees
import zygote

WATCH_SECONDS = 0.1
SIGNAL_RETRY_SECONDS = 0.01


class Launcher:
    def __init__(self, born: birth.Birth, prepared: ahead.Ahead | None) -> None:
        self.birth = born
        self.prepared = prepared
        self.starter = prepared.starter if prepared is not None else None
        self.sock, self.parent, self.opener_fd = born.sock, born.parent, born.opener_fd
        self.receiver = protocol.Receiver()
        self.sending = bytearray()
        self.finishing = False
        self.commands: dict[int, commands.Command] = {}
        self.prctl = birth.prctl
        self.prctl(birth.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.inside = inside.Inside()
        self.memory = self.processes = self.tasks = 0
        self.seccomp = b""
        self.bounds = commands.Bounds()
        self.next_watch = 0.0
        self.wake_fd = birth.wake_on_children()
        signal.signal(signal.SIGTERM, self.on_terminate)

    # What keeps it alive.

    def wanted(self) -> None:
        """End the process when the opener is gone; called from anything that takes long."""
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP | select.POLLHUP)
        if self.opener_fd >= 0:
            poll.register(self.opener_fd, select.POLLIN)
        if poll.poll(0) or os.getppid() != self.parent:
            self.finish()

    def on_terminate(self, _signum: int, _frame: object) -> None:
        # The end of the opener often comes twice: seen here, and by the zygote, whose end sends this signal.
        if not self.finishing:
            self.finish()

    def finish(self) -> None:
        """Kill everything, remove the temporary directory, say what all of it has used, and exit."""
        self.finishing = True
        for command in self.commands.values():
            command.kill("request")
        self.reap_until_quiet()
        self.inside.remove()
        self.say_last({"used": _processor_seconds()})
        os._exit(0)

    def say_last(self, message: protocol.Message) -> None:
        try:
            self.sock.send(self.sending + protocol.pack(message))
        except OSError:
            return  # Nobody is there to hear it, or nobody has been listening for long.

    def reap_until_quiet(self) -> None:
        give_up = time.monotonic() + trees.SWEEP_SECONDS
        while self.commands and time.monotonic() < give_up:
            self.reap()
            time.sleep(0.002)
        trees.sweep(os.getpid(), set())

    # The loop.

    def run(self) -> None:
        self.sock.setblocking(False)
        reading: list[Any] = [self.sock, self.wake_fd]
        if self.opener_fd >= 0:
            reading.append(self.opener_fd)
        while True:
            writing = [self.sock] if self.sending else []
            held = [command.status_fd for command in self.commands.values() if command.hold_fd >= 0]
            readable, writable, _ = select.select(reading + held, writing, [], self.patience())
            if self.wake_fd in readable:
                os.read(self.wake_fd, 4096)
            if self.sock in readable:
                self.take_in()
            if writable:
                self.flush()
            if self.opener_fd in readable or os.getppid() != self.parent:
                self.finish()
            self.reap()
            self.watch()

    def patience(self) -> float:
        """Seconds until something has to be looked at again."""
        if not self.commands:
            return 1.0
        if any(command.pending_signals for command in self.commands.values()):
            return SIGNAL_RETRY_SECONDS
        now = time.monotonic()
        deadlines = [command.deadline for command in self.commands.values() if command.deadline is not None]
        return max(0.001, min([self.next_watch, *deadlines]) - now)

    def take_in(self) -> None:
        try:
            open_still = self.receiver.feed(self.sock)
        except BlockingIOError:
            return
        except OSError:
            open_still = False
        if not open_still:
            self.finish()
        while (arrived := self.receiver.next()) is not None:
            message, blob, fds = arrived
            answer, data = self.answer(message, blob, fds)
            self.say({"reply": message["seq"], **answer}, data)

    def say(self, message: protocol.Message, blob: bytes = b"") -> None:
        if not self.finishing:
            self.sending += protocol.pack(message, blob)
            self.flush()

    def flush(self) -> None:
        try:
            while self.sending:
                del self.sending[: self.sock.send(self.sending)]
        except BlockingIOError:
            return
        except OSError:
            self.finish()

    # Commands.

    def reap(self) -> None:
        """Collect every child that has died, and report the commands that have ended by it."""
        for command in self.commands.values():
            command.read_status()
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            for command in self.commands.values():
                command.read_status()
                command.collected(pid, status, usage.ru_utime + usage.ru_stime)
        ended = [command for command in self.commands.values() if command.ended]
        if ended:
            # Orphans come to us: a child that is no living command's got away from one that has ended.
            spare = {
                pid for c in self.commands.values() if not c.ended for pid in (c.child, c.inner, c.relay)
            }
            if self.starter is not None:
                spare.add(self.starter.pid)
            trees.sweep(os.getpid(), spare)
        for command in ended:
            del self.commands[command.id]
            self.say(command.report())
            command.tidy()

    def watch(self) -> None:
        for command in self.commands.values():
            command.deliver()
        now = time.monotonic()
        due = [c for c in self.commands.values() if c.deadline is not None and now >= c.deadline]
        if now >= self.next_watch:
            self.next_watch = now + WATCH_SECONDS
            due = list(self.commands.values())
        for command in due:
            command.check(self.memory, self.processes)

    # Requests.

    def answer(
        self, message: protocol.Message, blob: bytes, fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        """Do what is asked; what goes wrong is the answer."""
        handler = getattr(self, "do_" + message["do"])
        try:
            return handler(message, blob, fds)
        except tree_files.CopyTooLarge:
            return {"error": "copy-too-large", "errno": 0}, b""
        except ValueError as error:
            return {"error": str(error), "errno": 0, "refused": True}, b""
        except OSError as error:
            return {"error": error.strerror or str(error), "errno": error.errno or 0}, b""

    def do_namespace(
        self, message: protocol.Message, blob: bytes, _fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        message |= self.birth.recipe
        if self.prepared is None:
            mounts.enter_namespaces()
        base = mounts.Base(message) if self.prepared is None else self.prepared.base
        user = self.birth.user if message["drop"] else None
        laid = self.inside.lay_out(message, user, self.wanted, base)
        self.seccomp = blob
        self.bounds = commands.Bounds(user=laid.user)
        self.opened(message)
        # How root's commands are kept from being root; what there is to say of others is empty.
        dropped = {"user": laid.user and laid.user.number, "no_user": laid.no_user or self.birth.no_user}
        groups = self.birth.groups
        version, no_groups = (0, groups) if isinstance(groups, str) else (groups.kind.version, "")
        limited = {"groups": version, "no_groups": no_groups, "tasks": self.tasks}
        shown = [(each.place, each.veiled) for each in laid.shown]
        return {"copied": laid.copied, "base": laid.base, "shown": shown, **dropped, **limited}, b""

    def do_process(
        self, message: protocol.Message, blob: bytes, _fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        self.inside.copy(message, self.wanted)
        confined = confinement.Confinement(message["rules"], blob, message["most_abi"])
        self.bounds = commands.Bounds(confinement=confined)
        self.opened(message)
        in_force = {"landlock": confined.abi, "filtered": confined.filtered}
        return {"workspace": self.inside.merged, **in_force}, b""

    def opened(self, message: protocol.Message) -> None:
        self.memory, self.processes = message["memory_bytes"], message["processes"]
        self.tasks = self.processes * commands.THREADS_PER_PROCESS

    def do_renew(
        self, _message: protocol.Message, _blob: bytes, _fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        self.inside.renew()
        return {}, b""

    def do_write(
        self, message: protocol.Message, blob: bytes, _fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        self.inside.write(message["files"], blob)
        return {}, b""

    def do_read(
        self, message: protocol.Message, _blob: bytes, _fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        return {}, self.inside.read(message["path"], message["limit"])

    def do_start(
        self, message: protocol.Message, _blob: bytes, fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        if not self.inside.still_there():
            for fd in fds:
                os.close(fd)
            return {"error": "the workspace is gone", "errno": 0, "lost": True}, b""
        bounds, starter = self.bounds, self.take_starter(message)
        if starter is not None:
            bounds = replace(bounds, group=starter.group)
        elif message["options"] is not None and isinstance(self.birth.groups, control_groups.Groups):
            group = self.birth.groups.make(f"{self.birth.name}-{message['id']}", self.memory, self.tasks)
            bounds = replace(bounds, group=group)
        try:
            command = commands.spawn(message, fds, self.seccomp, self.prctl, bounds, starter)
        except (OSError, ValueError):
            if bounds.group is not None:
                bounds.group.remove()
            raise
        self.commands[command.id] = command
        return {}, b""

    def take_starter(self, message: protocol.Message) -> starting.Starter | None:
        """The child that waits for a command, where there is one, it is where it should be, and can become this one."""
        starter = self.starter
        if starter is None or message["options"] is None or message["ports"] or not starter.ready():
            return None
        self.starter = None
        return starter

    def do_signal(
        self, message: protocol.Message, _blob: bytes, _fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        command = self.commands.get(message["id"])
        if command is not None:
            command.pending_signals.append(message["signum"])
        return {}, b""

    def do_kill(
        self, message: protocol.Message, _blob: bytes, _fds: list[int]
    ) -> tuple[protocol.Message, bytes]:
        command = self.commands.get(message["id"])
        if command is not None:
            command.timed_out = bool(message["timed_out"])
            command.kill(None if command.timed_out else "request")
        return {}, b""


def _processor_seconds() -> float:
    """What this process has used, and everything it has started and collected."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _launch(born: birth.Birth) -> None:
    """Be the launcher of one Machine, in a process of its own; does not return."""
    prepared = None
    if born.waits:
        prepared = ahead.Ahead(born, born.recipe["processes"] * commands.THREADS_PER_PROCESS)
        sock = prepared.wait(born.sock)
        if sock is None:
            return
        born.sock = sock
        birth.call_it(birth.LAUNCHER_NAME)
    launcher = Launcher(born, prepared)
    try:
        launcher.run()
    except BaseException as error:
        launcher.say_last({"last_words": f"{type(error).__name__}: {error}"})
    os._exit(1)


def main() -> None:
    sock = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(sock.fileno(), False)
    # What is loaded now is shared with every launcher, as long as the collector leaves it alone.
    gc.collect()
    gc.freeze()
    zygote.Zygote(sock, int(sys.argv[2])).run(_launch)


main()
