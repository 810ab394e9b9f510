"""Tries many edits in a few forked processes and tells of each only whether it is worth a closer look.

Made for speed: a test is called without pytest where that was seen to make no difference
(`macrohard_inside_direct.py`); what an edit leaves behind is taken back in its process; a verdict is one byte of
memory that parent and child share. Whatever goes wrong costs an edit that is wrongly rejected, never one that is
wrongly accepted: what passes here is tried again in a process of its own, with pytest around it.

Every process ends by running the program as it is. Where that doesn't end as it did at first, something was left
behind unseen, and its edits are tried again, each in a process of its own.
"""

import mmap
import time
import warnings

import macrohard_inside_direct as direct
import macrohard_inside_fork as forking
from macrohard_inside_apart import TrialApart
from macrohard_inside_clock import KILL_EXTRA_SECONDS, KILL_FACTOR, Clock, OutOfTime
from macrohard_inside_trial import (
    BLANK,
    BREAKS,
    HUNG,
    NOT_SWAPPABLE,
    PASSED,
    REJECTED,
    RUNNING,
    TIMEOUT,
    UNTRIED,
    Trial,
)

# How many fewer edits share a process when those of a larger one have to be tried again.
FEWER = 8
# So many more processes than not failed their last check before every edit gets one of its own.
MOST_LEAKS = 8
# Passing tests that the last check of a process runs beside those that fail.
CANARIES = 3
CALIBRATION_ROUNDS = 2


class Row:
    """Tests that judge an edit: `first`, of which one has to pass, and `then`, of which all have to.

    The limits are seconds of processor time for each test.
    """

    def __init__(self, tests, first, then, cpu, cpu_then):
        self.first = [tests[place] for place in first]
        self.then = [tests[place] for place in then]
        self.cpu = cpu
        self.cpu_then = cpu_then


class Entry:
    """One edit that can be tried, with at most `together` others in a process."""

    __slots__ = ("bodies", "key", "place", "row", "together")

    def __init__(self, place, row, bodies, key, together):
        self.place = place
        self.row = row
        self.bodies = bodies
        self.key = key
        self.together = together


class Sieve:
    """Serves the requests `sift` of a `SwapServer`."""

    def __init__(self, server):
        self._server = server
        self.clock = Clock()
        # How to run each test, None where it doesn't end as it should here; and how it ends in the program as it is.
        self._runs = {}
        self._expected = {}
        # How to run those that end as they should without pytest, but only once in a process.
        self._once = {}
        # What was rejected, by code and tests: different words for the same need no second trial.
        self._rejected = set()
        self._leaks = 0

    def sift(self, request):
        began = forking.children_cpu() + time.process_time()
        verdicts = [UNTRIED] * len(request["entries"])
        rows = [Row(request["tests"], *row) for row in request["rows"]]
        passed = {}
        self._calibrate(rows, {request["tests"][place] for place in request["failing"]})
        waiting = self._prepare(request, rows, verdicts)
        deadline = time.monotonic() + request["seconds"]
        careful = 0
        while waiting:
            careful, whole = self._round(request, self._batch(waiting), careful, verdicts, passed)
            waiting = [entry for entry in waiting if verdicts[entry.place] == UNTRIED]
            if whole or time.monotonic() > deadline:
                break
        return {
            "verdicts": "".join(verdicts),
            "passed": passed,
            "leaking": self._is_leaking or bool(self._once),
            "cpu": forking.children_cpu() + time.process_time() - began,
        }

    @property
    def _is_leaking(self):
        return self._leaks > MOST_LEAKS

    def _prepare(self, request, rows, verdicts):
        """What can be tried; the rest gets its verdict."""
        waiting = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for place, (path, number, edits) in enumerate(request["entries"]):
                bodies, refused = self._server.signed_bodies({request["paths"][path]: edits})
                if refused is not None:
                    verdicts[place] = NOT_SWAPPABLE if refused["ended"] == "not-swappable" else REJECTED
                    continue
                row = rows[number]
                key = hash(
                    (tuple(row.first), *((id(function), signature) for function, _, signature in bodies))
                )
                if key in self._rejected:
                    verdicts[place] = REJECTED
                    continue
                trusted = not self._is_leaking and None not in [self._runs[name] for name in row.first]
                waiting.append(Entry(place, row, bodies, key, len(request["entries"]) if trusted else 1))
        return waiting

    def _batch(self, waiting):
        """Those from the front that may share a process, or that all have to have one each."""
        most = waiting[0].together
        count = 1
        if most == 1:
            while count < len(waiting) and waiting[count].together == 1:
                count += 1
            return waiting[:count]
        while count < min(most, len(waiting)) and waiting[count].together >= most:
            count += 1
        return waiting[:count]

    def _round(self, request, batch, careful, verdicts, passed):
        """One process. Returns how many of what is left have to be looked at closely, and whether it is enough."""
        board = mmap.mmap(-1, len(batch))
        limit = max(entry.row.cpu + entry.row.cpu_then for entry in batch)
        limit = KILL_FACTOR * limit + KILL_EXTRA_SECONDS
        apart = batch[0].together == 1 and len(batch) > 1
        trial = TrialApart(self, batch, board, request) if apart else Trial(self, batch, board, request)
        trial.limit, trial.careful = limit, careful
        result = forking.run_in_child(
            trial.work,
            request["wall"],
            limit,
            len(batch),
            lambda: board[:].count(BLANK),
        )
        told = {}
        for value in result["values"]:
            told.update(value)
        if told.get("leaked"):
            self._leaks += 1
        elif len(batch) > 1 and not apart and not self._is_leaking:
            self._leaks = max(0, self._leaks - 1)
        for entry, byte in zip(batch, board[:]):
            if byte == BLANK:
                if told.get("leaked"):
                    entry.together = max(1, len(batch) // FEWER)
                continue
            # It ended its process: as in a process of its own, time is all that it can be given more of.
            died = TIMEOUT if result["ended"] == "timeout" else REJECTED
            verdict = verdicts[entry.place] = died if byte == RUNNING else chr(byte)
            if verdict in (PASSED, BREAKS):
                passed[entry.place] = told.get(str(entry.place), [])
            elif verdict == REJECTED:
                self._rejected.add(entry.key)
        board.close()
        return told.get("suspects", 0), told.get("whole", False)

    # How tests are run.

    def _calibrate(self, rows, failing):
        """See how tests end that were not asked for before: without pytest, or else with it, and always the same."""
        expected = {name: name not in failing for row in rows for name in (*row.first, *row.then)}
        new = [name for name in expected if name not in self._runs]
        items = {name: self._server.items[name] for name in new if name in self._server.items}
        limits = {name: row.cpu for row in rows for name in row.first}
        limits.update({name: row.cpu_then for row in rows for name in row.then})
        self._runs.update(dict.fromkeys(new))
        callers = {name: direct.caller_of(item) for name, item in items.items()}
        callers = {name: caller for name, caller in callers.items() if caller is not None}
        self._see(callers, limits, expected)
        left = {name: self._with_pytest(item) for name, item in items.items() if self._runs[name] is None}
        self._see(left, limits, expected)
        self._see_apart(
            {name for row in rows for name in row.first} & callers.keys(), callers, limits, expected
        )

    def _see(self, callers, limits, expected):
        """Keep those that end twice as they should in the program as it is."""
        rounds = self._outcomes(callers, limits, CALIBRATION_ROUNDS) if callers else []
        for name, caller in callers.items():
            outcomes = {seen[name] for seen in rounds}
            if len(outcomes) == 1 and outcomes <= _right(expected[name]):
                self._runs[name] = caller
                self._expected[name] = outcomes.pop()

    def _see_apart(self, names, callers, limits, expected):
        """Keep those of the rest that do so in two processes: what they leave behind is in their own way."""
        for name in names:
            if self._runs[name] is None:
                caller = {name: callers[name]}
                rounds = [self._outcomes(caller, limits, 1)[0] for _ in range(CALIBRATION_ROUNDS)]
                if {seen[name] for seen in rounds} <= _right(expected[name]):
                    self._once[name] = callers[name]

    def _outcomes(self, callers, limits, rounds):
        """How these tests end in a child, one after the other and so many times: for each time a letter by name."""
        names = list(callers)
        board = mmap.mmap(-1, rounds * len(names))

        def work(report):
            direct.settle_for_direct_calls(self.config)
            for number in range(rounds):
                for place, name in enumerate(names):
                    outcome = self.run(callers[name], limits[name])
                    board[number * len(names) + place] = ord(outcome[0])

        wall = sum(4 * limits[name] + 1.0 for name in names)
        forking.run_in_child(work, wall, max(limits[name] for name in names), 2 * rounds * len(names))
        letters = board[:].decode("latin-1")
        board.close()
        return [
            dict(zip(names, letters[number * len(names) : (number + 1) * len(names)]))
            for number in range(rounds)
        ]

    def _with_pytest(self, item):
        return lambda: self._server.outcomes.outcome_of(item)

    def run(self, caller, seconds):
        """How a test ends, `HUNG` where its time ran out."""
        clock = self.clock
        try:
            try:
                clock.begin(seconds)
                outcome = caller()
                clock.end()
            except OutOfTime:
                clock.end()
                outcome = HUNG
        except OutOfTime:
            # To free what an endless loop has piled up can take so long that it rings again before the line above.
            clock.end()
            outcome = HUNG
        return HUNG if clock.rang else outcome

    def first(self, row):
        items = self._server.items
        known = [name for name in row.first if name in items]
        return [
            (name, self._runs[name] or self._once.get(name) or self._with_pytest(items[name]))
            for name in known
        ]

    def then(self, row):
        return [self._runs[name] for name in row.then if self._runs[name] is not None]

    def canaries(self, rows):
        """What the program as it is has to end like again: pairs of a caller and the first letter of how it ends."""
        names = [name for row in rows for name in (*row.first, *row.then[:CANARIES])]
        return [
            (self._runs[name], self._expected[name])
            for name in dict.fromkeys(names)
            if self._runs[name] is not None and self._expected[name] != HUNG[0]
        ]

    @property
    def config(self):
        return self._server.session.config

    @property
    def state(self):
        return self._server.state


def _right(passes):
    """The first letters of how a test may end in the program as it is, where it passes there or doesn't."""
    return {direct.PASSED[0]} if passes else {"f", HUNG[0]}
