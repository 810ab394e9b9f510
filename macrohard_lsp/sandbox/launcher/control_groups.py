# ruff: noqa: PTH102, PTH103, PTH106, PTH110, PTH112, PTH118, PTH120, PTH123, PTH208
# The launcher uses no pathlib: importing it would double the time to start.
"""Limits that the kernel itself keeps, where it lets us make control groups: of version 2, else of version 1.

One directory in each hierarchy belongs to a zygote, and in it one to each running command. Whether they
hold is tried once, with a process that enters one; where not, the watching of the launcher is alone.
"""

import contextlib
import os
from dataclasses import dataclass
from typing import Any

PREFIX = "macrohard-"
CONTROLLERS = ("memory", "pids")
TRIAL = "trial"


@dataclass(frozen=True)
class Kind:
    """Names of files, and what is said there when a limit was reached. `extra` is written where it exists."""

    version: int
    memory: str
    memory_events: str
    extra: tuple[tuple[str, str], ...]


V1 = Kind(1, "memory.limit_in_bytes", "memory.oom_control", ())
V2 = Kind(2, "memory.max", "memory.events", (("memory.swap.max", "0"), ("memory.oom.group", "1")))


@dataclass(frozen=True)
class Groups:
    """A zygote's own directories, of the controllers in their order; for version 2 both are the same one."""

    kind: Kind
    parents: tuple[str, str]

    def make_parents(self) -> None:
        for path in set(self.parents):
            os.makedirs(path, 0o700, exist_ok=True)
            if self.kind is V2:
                _write(os.path.join(path, "cgroup.subtree_control"), "+memory +pids")

    def make(self, name: str, memory: int, tasks: int) -> "Group":
        """A group for one command. Raises OSError."""
        if not os.path.isdir(self.parents[0]) or not os.path.isdir(self.parents[1]):
            # Somebody who can't see our process, as in another container, took what we made for abandoned.
            self.make_parents()
        group = Group(self.kind, *(os.path.join(parent, name) for parent in self.parents))
        for path in group.paths:
            os.mkdir(path, 0o700)
        _write(os.path.join(group.memory, self.kind.memory), str(memory))
        _write(os.path.join(group.pids, "pids.max"), str(tasks))
        for file, text in self.kind.extra:
            if os.path.exists(os.path.join(group.memory, file)):
                _write(os.path.join(group.memory, file), text)
        return group

    def remove(self, prefix: str = "") -> bool:
        """Remove what is left of commands whose names begin so; for none, all of them and the parents.

        False where something was left, because a process still ends in there.
        """
        gone = True
        for parent in set(self.parents):
            gone = _remove_below(parent, prefix) and gone
            if not prefix:
                gone = _remove(parent) and gone
        return gone


@dataclass(frozen=True)
class Group:
    kind: Kind
    memory: str
    pids: str

    @property
    def paths(self) -> set[str]:
        return {self.memory, self.pids}

    def add(self, pid: int) -> None:
        """Move a process in (0: this one), and all that it starts from now on; nothing where it has ended."""
        for path in self.paths:
            with contextlib.suppress(ProcessLookupError):
                _write(os.path.join(path, "cgroup.procs"), str(pid))

    def exceeded(self) -> str | None:
        """Which limit the kernel had to keep: "memory", "processes", or None."""
        if _counter(os.path.join(self.memory, self.kind.memory_events), "oom_kill"):
            return "memory"
        if _counter(os.path.join(self.pids, "pids.events"), "max"):
            return "processes"
        return None

    def remove(self) -> None:
        for path in self.paths:
            _remove(path)


def find(opener: str) -> Groups | str:
    """The directories made for `opener`, or why there can't be any. What dead openers have left is removed."""
    try:
        kind, parents = _places()
        for parent in set(parents):
            _sweep(parent)
        own = Groups(kind, (os.path.join(parents[0], opener), os.path.join(parents[1], opener)))
        own.make_parents()
        _try(own)
    except (OSError, LookupError) as error:
        return error.strerror or str(error) if isinstance(error, OSError) else str(error.args[0])
    return own


def name_of(pid: int) -> str:
    """What an opener's directory is called: its process id, and when it started, which no later one shares."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return f"{PREFIX}{pid}-{int(file.read().rpartition(b')')[2].split()[19])}"


def _places() -> tuple[Kind, tuple[str, str]]:
    """Where our directories can be made. Raises LookupError with the reason, OSError."""
    ours: dict[str, str] = {}
    with open("/proc/self/cgroup") as file:
        for line in file:
            _, names, path = line.rstrip("\n").split(":", 2)
            ours.update(dict.fromkeys(names.split(","), path))
    mounted: dict[str, tuple[str, str]] = {}
    with open("/proc/self/mountinfo") as file:
        for line in file:
            before, _, after = line.partition(" - ")
            root, point = before.split()[3:5]
            system, _, options = after.split(" ", 2)
            for name in [""] if system == "cgroup2" else options.split() if system == "cgroup" else []:
                for each in name.split(","):
                    mounted.setdefault(each, (root, point))
    if all(name in ours and name in mounted for name in CONTROLLERS):
        memory, pids = (_inside(ours[name], *mounted[name]) for name in CONTROLLERS)
        if os.access(memory, os.W_OK) and os.access(pids, os.W_OK):
            return V1, (memory, pids)
        raise LookupError("control groups of version 1 are root's")
    if "" not in ours or "" not in mounted:
        raise LookupError("no control groups for memory and processes are mounted")
    above = _delegated(_inside(ours[""], *mounted[""]), mounted[""][1])
    return V2, (above, above)


def _inside(path: str, root: str, point: str) -> str:
    relative = os.path.relpath(path, root)
    if relative.startswith(".."):
        raise LookupError("our own control group is not visible here")
    return os.path.normpath(os.path.join(point, relative))


def _delegated(path: str, top: str) -> str:
    """The nearest group, ours or above, in which we may make others that are limited."""
    while path.startswith(top):
        with open(os.path.join(path, "cgroup.subtree_control")) as file:
            handed_on = file.read().split()
        writable = os.access(path, os.W_OK) and os.access(os.path.join(path, "cgroup.procs"), os.W_OK)
        if writable and all(name in handed_on for name in CONTROLLERS):
            return path
        path = os.path.dirname(path)
    raise LookupError("no control group is delegated to this user with memory and pids")


def _sweep(parent: str) -> None:
    for name in os.listdir(parent):
        if name.startswith(PREFIX) and not _lives(name):
            _remove_below(os.path.join(parent, name), "")
            _remove(os.path.join(parent, name))


def _lives(name: str) -> bool:
    try:
        return name_of(int(name.split("-")[1])) == name
    except (OSError, ValueError, IndexError):
        return False


def _remove_below(path: str, prefix: str) -> bool:
    try:
        names = os.listdir(path)
    except OSError:
        return True
    gone = True
    for name in names:
        if name.startswith(prefix) and os.path.isdir(os.path.join(path, name)):
            gone = _remove(os.path.join(path, name)) and gone
    return gone


def _remove(path: str) -> bool:
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # Somebody still ends in there; the zygote, or a later one, finds it empty.
    return True


def _try(groups: Groups) -> None:
    """See a process enter a group. Raises OSError or LookupError; nothing is left then."""
    try:
        group = groups.make(TRIAL, 1 << 30, 64)
        child = os.fork()
        if child == 0:
            try:
                group.add(0)
                os._exit(0)
            finally:
                os._exit(1)
        status = os.waitpid(child, 0)[1]
        group.exceeded()
        group.remove()
        if status != 0:
            raise LookupError("the kernel lets no process into a control group of ours")
    except BaseException:
        groups.remove()
        raise


def _counter(path: str, name: str) -> int:
    try:
        with open(path) as file:
            for line in file:
                key, _, value = line.partition(" ")
                if key == name:
                    return int(value)
    except (OSError, ValueError):
        return 0
    return 0


def _write(path: str, text: str) -> None:
    fd: Any = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode("ascii"))
    finally:
        os.close(fd)
