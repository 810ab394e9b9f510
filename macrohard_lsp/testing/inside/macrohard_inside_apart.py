"""One child of a sieve that tries every edit of a batch in a process of its own, forked from here.

For a program that leaves something behind. What is the same for all of them is done once, here, so that a process
begins with its tests, and ends after them without a word: its verdict stands on the board.
"""

import gc
import mmap
import os
import signal
import time

import macrohard_inside_direct as direct
import macrohard_inside_fork as forking
import macrohard_inside_hooks as hooks
from macrohard_inside_trial import PASSED, REJECTED, RUNNING, TIMEOUT, Trial


class TrialApart(Trial):
    def work(self, report):
        forking.become_subreaper()
        direct.settle_for_direct_calls(self._sieve.config)
        for entry in self._batch:
            self._tests_of(entry.row)
        self._sieve.clock.prepare()
        # This process runs nothing of the user's.
        forking.arm(self.limit * len(self._batch))
        # Which of its first tests an edit passed.
        notes = mmap.mmap(-1, max(len(entry.row.first) for entry in self._batch))
        gc.freeze()
        begun = time.monotonic()
        for place, entry in enumerate(self._batch):
            first = entry.row.first
            self._try(place, entry, notes)
            passed = [name for name, noted in zip(first, notes) if noted != b"\0"]
            if passed:
                report({str(entry.place): passed})
                notes[: len(first)] = bytes(len(first))
            whole = self._halt and self._board[place] == ord(PASSED) and len(passed) == len(first)
            if whole:
                report({"whole": True})
            if whole or time.monotonic() - begun > self._seconds:
                return

    def _try(self, place, entry, notes):
        self._board[place] = RUNNING
        pid = hooks.fork()
        if pid == 0:
            self._be_tried(place, entry, notes)
        _, status = os.waitpid(pid, 0)
        forking.sweep()
        if self._board[place] == RUNNING:
            late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGXCPU)
            self._board[place] = ord(TIMEOUT if late else REJECTED)

    def _be_tried(self, place, entry, notes):
        """The whole life of one process."""
        try:
            owner = os.getpid()
            os.setsid()
            forking.die_with_parent()

            def note(value):
                for name in value.get(str(entry.place), ()):
                    notes[entry.row.first.index(name)] = 1

            self._report = note
            verdict = self._verdict(entry)
            # The program under test may have forked, and its child come out here.
            if os.getpid() == owner:
                self._board[place] = ord(verdict)
        finally:
            os._exit(0)
