"""One child of a sieve: tries a batch of edits, one after the other, in one process."""

import os
import time

import macrohard_inside_direct as direct

# Verdicts, as they are told. `UNTRIED` are edits that were left for the next time.
UNTRIED, REJECTED, PASSED, TIMEOUT, NOT_SWAPPABLE, BREAKS = ".", "r", "p", "t", "n", "b"
# What the board holds before there is a verdict.
BLANK, RUNNING = 0, 1
HUNG = "hung"
# Looking for what was left behind may take this share of the time.
LOOKING_SHARE = 0.1


class Trial:
    """The inside of one child: tries a batch, one after the other, and writes the verdicts on the board."""

    def __init__(self, sieve, batch, board, request):
        self._sieve = sieve
        self._batch = batch
        self._board = board
        self._halt = request["halt"]
        self._seconds = request["seconds"]
        # So many from the front are looked at one by one.
        self.careful = 0
        # The processor time, in seconds, that ends a process which nothing else ends.
        self.limit = 0.0
        self._tests = {}
        self._report = None
        self._whole = False
        self._looked_at = 0.0
        self._look_seconds = 0.0

    def work(self, report):
        self._report = report
        owner = os.getpid()
        direct.settle_for_direct_calls(self._sieve.config)
        board, batch = self._board, self._batch
        begun = time.monotonic()
        place = clean = 0
        while place < len(batch):
            board[place] = RUNNING
            verdict = self._verdict(batch[place])
            if os.getpid() != owner:
                # The program under test has forked, and its child came out here.
                os._exit(1)
            board[place] = ord(verdict)
            place += 1
            over = self._whole or place == len(batch) or time.monotonic() - begun > self._seconds
            if over or verdict == TIMEOUT or place <= self.careful or self._is_time_to_look():
                changed, restored = self._look()
                if changed and place - clean > 1:
                    # Only the first of them ran in a program that was as it should be.
                    board[clean + 1 : place] = bytes(place - clean - 1)
                    self.careful = place
                    place = clean + 1
                    self._whole = over = False
                if changed and not restored:
                    report({"suspects": self.careful - place})
                    return
                clean = place
            if over:
                break
        self._check_again(place)

    def _verdict(self, entry):
        before = [(function, function.__code__) for function, _, _ in entry.bodies]
        try:
            for function, code, _ in entry.bodies:
                function.__code__ = code
            return self._judge(entry)
        finally:
            for function, code in before:
                function.__code__ = code

    def _tests_of(self, row):
        if row not in self._tests:
            self._tests[row] = self._sieve.first(row), self._sieve.then(row)
        return self._tests[row]

    def _judge(self, entry):
        row, run = entry.row, self._sieve.run
        first, then = self._tests_of(row)
        passed = []
        hung = False
        for name, caller in first:
            outcome = run(caller, row.cpu)
            if outcome == direct.PASSED:
                passed.append(name)
            elif outcome == HUNG:
                hung = True
                break
        if not passed:
            return TIMEOUT if hung else REJECTED
        if not hung:
            for caller in then:
                outcome = run(caller, row.cpu_then)
                if outcome != direct.PASSED:
                    if outcome == HUNG or len(passed) < len(first):
                        return TIMEOUT if outcome == HUNG else REJECTED
                    self._report({str(entry.place): passed})
                    return BREAKS
        self._report({str(entry.place): passed})
        if self._halt and len(passed) == len(first):
            self._whole = True
            self._report({"whole": True})
        return PASSED

    def _is_time_to_look(self):
        return time.perf_counter() - self._looked_at > self._look_seconds / LOOKING_SHARE

    def _look(self):
        """Whether anything was left behind, and whether it could be taken back."""
        begun = time.perf_counter()
        changed = self._sieve.state.changed()
        restored = changed and self._sieve.state.restore()
        self._looked_at = time.perf_counter()
        self._look_seconds = self._looked_at - begun
        return changed, restored

    def _check_again(self, count):
        """The program as it is, once more: what was left behind unseen shows in how its tests end."""
        rows = dict.fromkeys(entry.row for entry in self._batch[:count])
        cpu = max(row.cpu + row.cpu_then for row in rows)
        for caller, expected in self._sieve.canaries(rows):
            if self._sieve.run(caller, cpu)[0] != expected:
                if count > 1:
                    kept = ord(PASSED)
                    self._board[:count] = bytes(
                        byte if byte == kept else BLANK for byte in self._board[:count]
                    )
                    self._report({"leaked": True})
                return
