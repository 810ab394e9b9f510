"""Ends what runs too long without ending its process: a timer raises in the running code, another kills it.

Only code that runs as Python can be ended so. What loops in C, or swallows every exception, is killed by
the second timer, whose default action needs no cooperation.
"""

import _signal

# After the first ring it rings again at this interval, in seconds of processor time: code may swallow one.
AGAIN_SECONDS = 0.02
KILL_FACTOR = 4.0
KILL_EXTRA_SECONDS = 0.05


class OutOfTime(BaseException):
    """Not an Exception, so that the program's own `except Exception` doesn't swallow it."""


class Clock:
    """Counts processor time of this process. `rang` says whether it was used up since `begin`."""

    def __init__(self):
        self.rang = False
        self._armed = False
        self._handler = self._ring

    def begin(self, seconds):
        self.rang = False
        # The program under test may have set its own. Asked in C: `signal` makes an enumeration of every answer.
        if _signal.getsignal(_signal.SIGVTALRM) is not self._handler:
            _signal.signal(_signal.SIGVTALRM, self._handler)
        if _signal.getsignal(_signal.SIGPROF) != _signal.SIG_DFL:
            _signal.signal(_signal.SIGPROF, _signal.SIG_DFL)
        _signal.setitimer(_signal.ITIMER_PROF, KILL_FACTOR * seconds + KILL_EXTRA_SECONDS)
        _signal.setitimer(_signal.ITIMER_VIRTUAL, seconds, AGAIN_SECONDS)
        self._armed = True

    def prepare(self):
        """Do now what `begin` would do in every process that is forked from this one."""
        _signal.signal(_signal.SIGVTALRM, self._handler)

    def end(self):
        """Nothing is raised from here on; what kills stays armed until the next `begin`."""
        self._armed = False

    def _ring(self, number, frame):
        if self._armed:
            self.rang = True
            raise OutOfTime
