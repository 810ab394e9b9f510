"""Runs one piece of untrusted work in a forked child and tells what came of it.

The parent must survive whatever the child does: loop for ever, exit early, fork, eat memory, close
its pipe, kill its process group. Only what arrives on the pipe before the child's orderly end counts, and
nothing after a line without the child's own mark: that was written by the program under test.
"""

import _signal
import ctypes
import json
import os
import resource
import select
import signal
import time

import macrohard_inside_hooks as hooks

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
MEMORY_HEADROOM_BYTES = 1024 * 1024 * 1024
MAXIMUM_REPLY_BYTES = 4 * 1024 * 1024
SWEEP_ROUNDS = 50
FILE_SIZE_LIMIT = 256 * 1024 * 1024
POLL_SECONDS = 0.002
# For so long a child may come to its end by itself before what it says is read: each word that is listened for costs
# as much as a small test.
SHORT_SECONDS = 0.02
END = {"end": True}

_libc = ctypes.CDLL(None)

# Descriptors that no child may keep: on them it could speak for this process.
private = set()

# Of which process the limit of memory is known, and what it is.
_limited = (0, 0)


def become_subreaper():
    """Make orphaned descendants children of this process, so that `sweep` finds every one of them."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent():
    """In a child: whoever kills its parent must not live on to kill the next one, which serves all requests."""
    _libc.prctl(PR_SET_PDEATHSIG, _signal.SIGKILL, 0, 0, 0)


def give_back_memory():
    """Return what is free to the kernel: a fork takes the longer the more memory there is, used or not."""
    trim = getattr(_libc, "malloc_trim", None)
    if trim is not None:
        trim(0)


def answer_from_child(work, request):
    """Run the work of one request in a child; what it reports is outcomes (lists), or fields of the answer."""
    return answer_of(run_in_child(work, request["wall"], request["cpu"]))


def answer_of(result):
    outcomes = [value for value in result["values"] if isinstance(value, list)]
    answer = {"ended": result["ended"], "outcomes": outcomes, "cpu": result["cpu"]}
    for value in result["values"]:
        if isinstance(value, dict):
            answer.update(value)
    return answer


def run_in_child(work, wall_seconds, cpu_seconds, parts=1, left=None):
    """Call `work(report)` in a child; `report(value)` sends one JSON value back.

    With several `parts` the limits are for each: the wall clock begins anew with every value, and with every change
    of what `left()` says is left; `work` calls `arm` for each part. Returns a dict: `values` (what was reported),
    `ended` (`finished`, `timeout`, `died`), and `cpu` (seconds of processor time of the child and of everything it
    waited for).
    """
    child = Child(cpu_seconds, parts)
    if child.pid == 0:
        try:
            work(child.report)
        except BaseException:
            os._exit(1)
        child.finish()
    return child.result(wall_seconds, left)


class Child:
    """A process that was just forked, seen from both sides: `pid` is 0 in the child, which has its limits already."""

    def __init__(self, cpu_seconds, parts=1):
        self._read_end, self._write_end = os.pipe()
        self._mark = os.urandom(8).hex()
        self._before = children_cpu()
        self._parts = parts
        memory = _memory_limit()
        self.pid = hooks.fork()
        if self.pid:
            os.close(self._write_end)
            return
        self._owner = os.getpid()
        try:
            os.close(self._read_end)
            close_private()
            os.setsid()
            _limit(cpu_seconds * parts, memory)
            arm(cpu_seconds)
            silence()
        except BaseException:
            os._exit(1)

    def report(self, value):
        # A fork made by the program under test runs this same code; it must not speak for us.
        if os.getpid() == self._owner:
            os.write(self._write_end, (self._mark + json.dumps(value) + "\n").encode())

    def finish(self):
        """The orderly end of the child."""
        try:
            self.report(END)
        except BaseException:
            os._exit(1)
        os._exit(0)

    def result(self, wall_seconds, left=None):
        """In the parent: wait for the end, or make it, and leave nothing behind."""
        timed_out = False
        try:
            ended = ends_within(self.pid, min(wall_seconds, SHORT_SECONDS))
            if ended:
                # What descendants of it may still hold open says nothing more.
                data = _read_what_is_there(self._read_end)
            else:
                end = (self._mark + json.dumps(END) + "\n").encode()
                data, timed_out = _read_until_end(self._read_end, end, wall_seconds, self._parts > 1, left)
        finally:
            os.close(self._read_end)
        status = os.waitpid(self.pid, 0)[1] if ended else _reap(self.pid, 0.0 if timed_out else wall_seconds)
        sweep()
        values, complete = _parse(data, self._mark.encode())
        killed_by_clock = status is None or (
            os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGXCPU)
        )
        if timed_out or killed_by_clock:
            ended = "timeout"
        elif complete and status == 0:
            ended = "finished"
        else:
            ended = "died"
        return {"values": values, "ended": ended, "cpu": children_cpu() - self._before}


def close_private():
    while private:
        os.close(private.pop())


def sweep(kept=()):
    """Kill and reap every remaining child of this process but those, whatever session it moved to."""
    for _ in range(SWEEP_ROUNDS):
        if not _has_children():
            return
        children = [pid for pid in _children() if pid not in kept]
        if not children:
            return
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for pid in children:
            _wait_without_blocking(pid)
        time.sleep(POLL_SECONDS)


def _limit(cpu_seconds, memory):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE_LIMIT, FILE_SIZE_LIMIT))
    whole = int(cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))


def _memory_limit():
    """What the children of this process may have each, in bytes; read once, it takes as long as a small test."""
    global _limited
    owner = os.getpid()
    if _limited[0] != owner:
        with open("/proc/self/statm") as file:
            space = int(file.read().split()[0]) * resource.getpagesize()
        memory = MEMORY_HEADROOM_BYTES + 2 * space
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        # A child of a child can't have more than that one has.
        _limited = owner, memory if most == resource.RLIM_INFINITY else min(memory, most)
    return _limited[1]


def arm(cpu_seconds):
    """From now on so much processor time; the timer's default action kills, also inside a loop in C."""
    # Asked in C: `signal` makes enumerations of what it is given and of what it answers, which takes longer.
    _signal.signal(_signal.SIGPROF, _signal.SIG_DFL)
    _signal.setitimer(_signal.ITIMER_PROF, cpu_seconds)


def silence():
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def _read_until_end(descriptor, end, wall_seconds, renewed, parts_left):
    chunks = []
    size = 0
    known = parts_left() if parts_left is not None else 0
    deadline = time.monotonic() + wall_seconds
    while size <= MAXIMUM_REPLY_BYTES:
        left = deadline - time.monotonic()
        if left <= 0:
            return b"".join(chunks), True
        ready, _, _ = select.select([descriptor], [], [], left)
        if not ready:
            if parts_left is not None and parts_left() != known:
                known = parts_left()
                deadline = time.monotonic() + wall_seconds
                continue
            return b"".join(chunks), True
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return b"".join(chunks), False
        chunks.append(chunk)
        size += len(chunk)
        if renewed and b"\n" in chunk:
            deadline = time.monotonic() + wall_seconds
        # The end mark means nothing more will come: grandchildren holding the pipe must not delay us.
        if chunk.endswith(end):
            return b"".join(chunks), False
    return b"".join(chunks), True


def _read_what_is_there(descriptor):
    """All that was written by now to a pipe, less than it holds at once."""
    os.set_blocking(descriptor, False)
    chunks = []
    try:
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)
            if len(chunks) * 65536 > MAXIMUM_REPLY_BYTES:
                break
    except BlockingIOError:
        pass
    return b"".join(chunks)


def _reap(pid, seconds):
    """The child's wait status, or None when it had to be killed."""
    if ends_within(pid, seconds):
        return os.waitpid(pid, 0)[1]
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    os.waitpid(pid, 0)
    return None


def ends_within(pid, seconds):
    """Whether a child has come to its end by then; it is left to be waited for."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        # A kernel older than Python 3.9 knows of: look now and then.
        return _looks_ended(pid, time.monotonic() + seconds)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def _looks_ended(pid, deadline):
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS / 4)
    return True


def _has_children():
    """Whether any child is left, running or ended; most candidates leave none, and this asks only once."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _children():
    found = []
    for thread in os.listdir("/proc/self/task"):
        try:
            with open("/proc/self/task/%s/children" % thread) as file:
                found.extend(int(pid) for pid in file.read().split())
        except FileNotFoundError:
            continue
    return found


def _wait_without_blocking(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _parse(data, mark):
    values = []
    for line in data.split(b"\n"):
        if not line:
            continue
        if not line.startswith(mark):
            return values, False
        try:
            value = json.loads(line[len(mark) :])
        except ValueError:
            return values, False
        if value == END:
            return values, True
        values.append(value)
    return values, False
