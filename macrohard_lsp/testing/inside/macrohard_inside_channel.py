"""The reporter's line to the outside. PYTEST_DONT_REWRITE

Every message is one line of JSON with the run's secret and a running number, so that what the program
under test writes to the same descriptor, by accident or not, is told apart from what the reporter says.
Messages are gathered and sent together at the latest before code of the user's runs again: each
sending costs as much as a small test.
"""

import faulthandler
import fcntl
import json
import os
import resource
import signal
import socket
import sys
import threading

# Bound here, before any code of the user's runs: tests replace functions of these modules.
_getpid = os.getpid
_exit = os._exit
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_decode = json.loads

HIGHEST_DESCRIPTOR = 4096
LOST = 71

_current = None


class Channel:
    """Used by the process that opened it only; in a forked child it is closed and silent."""

    def __init__(self, descriptor):
        self._socket = socket.socket(fileno=_move_high(descriptor))
        self._socket.setblocking(True)
        self._owner = _getpid()
        self._lock = threading.Lock()
        self._secret = ""
        self._number = 0
        self._gathered = []
        # Nothing is gathered where messages come from other processes, at times that nobody here knows.
        self.eager = False
        self.options = {}
        os.register_at_fork(after_in_child=self._close_in_child)

    def receive_options(self):
        """The first line from the outside. Exits when the outside is gone."""
        self.options = self._receive()
        self._secret = self.options.pop("secret")
        return self.options

    def receive_more_options(self):
        """The line that says what the first one left open. Exits when the outside is gone."""
        self.options.update(self._receive())

    def _receive(self):
        chunks = []
        while not chunks or b"\n" not in chunks[-1]:
            chunk = self._socket.recv(1 << 16)
            if not chunk:
                sys.exit(LOST)
            chunks.append(chunk)
        return _decode(b"".join(chunks))

    def tell(self, kind, **fields):
        """Gather one message; it goes out with the next that is sent."""
        if _getpid() == self._owner:
            with self._lock:
                self._gather(kind, fields)
                if self.eager:
                    self._flush()

    def send(self, kind, **fields):
        """Send one message, after all that were gathered."""
        if _getpid() == self._owner:
            with self._lock:
                self._gather(kind, fields)
                self._flush()

    def send_from_signal(self, kind, **fields):
        """As `send`, from a signal handler: gives up where the interrupted code was itself sending."""
        if _getpid() != self._owner or not self._lock.acquire(blocking=False):
            return
        try:
            self._gather(kind, fields)
            self._flush()
        finally:
            self._lock.release()

    def answer_stack_requests(self):
        """On SIGUSR2 write the running thread's stack, in C, so that a loop inside C code answers too."""
        faulthandler.register(signal.SIGUSR2, file=self._socket.fileno(), all_threads=False, chain=False)

    def call_on_stack_request(self, function):
        """Also call `function` on SIGUSR2, as soon as Python code runs again."""
        signal.signal(signal.SIGUSR2, lambda *_: function())
        faulthandler.register(signal.SIGUSR2, file=self._socket.fileno(), all_threads=False, chain=True)

    def _gather(self, kind, fields):
        self._number += 1
        fields.update(type=kind, secret=self._secret, number=self._number)
        self._gathered.append(_encode(fields))

    def _flush(self):
        """Without its outside the reporter's process has no purpose and ends at once."""
        lines, self._gathered = self._gathered, []
        try:
            # Half a surrogate pair (an undecodable file name, a test's own text) has no place in UTF-8.
            self._socket.sendall(("\n".join(lines) + "\n").encode("utf-8", "replace"))
        except OSError:
            _exit(LOST)

    def _close_in_child(self):
        faulthandler.unregister(signal.SIGUSR2)
        self._socket.close()


def _move_high(descriptor):
    """Tests that close or reuse low descriptors don't reach it; programs they start don't inherit it."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = HIGHEST_DESCRIPTOR if soft == resource.RLIM_INFINITY else min(soft, HIGHEST_DESCRIPTOR)
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, max(highest - 32, 3))
    os.close(descriptor)
    return high


def open_channel(descriptor):
    global _current
    _current = Channel(descriptor)
    return _current


def current():
    """This process's channel; None in a worker of pytest-xdist, whose reports go through its controller."""
    return _current
