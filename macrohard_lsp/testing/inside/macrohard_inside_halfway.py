"""A process that has gone as far through a run of pytest as a run goes without the edited files, and forks there.

It stops when the first edited file is about to be imported, or at the latest when the first test is about to
run. Everything before is the same whatever the edit is; everything after happens in a fork for each edit,
which goes on from the very place. So each edit is imported as in a fresh run, and nothing has to be taken back.
"""

import gc
import os
import signal
import socket
import threading
import time

import macrohard_inside_fork as forking
from macrohard_inside_lines import Lines

GRACE_SECONDS = 2.0


class Halt:
    """The inside of such a process: `reach` is called at every place where it may have to stop."""

    def __init__(self, lines, between):
        self.request = None
        self.child = None
        self._lines = lines
        self._reached = False
        self._between = between

    def reach(self):
        """Stop here, and serve; only forks return, each with its own `request`."""
        if self._reached:
            return
        self._reached = True
        if threading.active_count() > 1:
            # A fork would be without them, and with the locks they hold.
            self._lines.send({"halted": False})
            os._exit(0)
        gc.freeze()
        self._lines.send({"halted": True, "cpu": time.process_time()})
        while True:
            request = self._lines.receive()
            if request is None:
                os._exit(0)
            child = forking.Child(request["cpu"])
            if child.pid == 0:
                self.request, self.child = request, child
                return
            self._lines.send(forking.answer_of(child.result(request["wall"])))
            # The next is likely to be of the same kind; who asks has the answer to think about meanwhile.
            self._between(request)


class Halfway:
    """The outside: starts such a process and asks it. `go(lines)` runs in it and doesn't return."""

    def __init__(self, go):
        ours, theirs = (end.detach() for end in socket.socketpair())
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(ours)
                forking.close_private()
                os.setsid()
                forking.become_subreaper()
                forking.silence()
                go(Lines(theirs))
            finally:
                os._exit(1)
        os.close(theirs)
        self._lines = Lines(ours)

    def halted(self, deadline):
        """What it says first, None when it is gone. Raises TimeoutError."""
        return self._lines.receive(deadline)

    def ask(self, request):
        """The answer, None when the process is gone. Raises TimeoutError when it is late."""
        try:
            self._lines.send(request)
        except OSError:
            return None
        return self._lines.receive(time.monotonic() + request["wall"] + GRACE_SECONDS)

    def end(self):
        """Let it end by itself where it is at rest, so that its processor time is known, and kill it otherwise."""
        self._lines.close()
        if not forking.ends_within(self.pid, GRACE_SECONDS / 10):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
