"""Knows which tests end without pytest around them as they do with it, by having run the program as it is both ways."""

import macrohard_inside_direct as direct
import macrohard_inside_fork as forking

# A test is looked at when it is asked for so often: most are asked for once, and looking takes several runs.
OFTEN = 3
ROUNDS = 2


class DirectCalls:
    """Answers for the items of one session. `outcomes` runs them with pytest."""

    def __init__(self, session, items, outcomes):
        self._config = session.config
        self._items = items
        self._outcomes = outcomes
        self._asked = {}
        self._callers = {}

    def of(self, names, request):
        """A caller for each of these tests; None where one of them needs pytest, or it isn't known yet.

        The limits of `request` are for each way of running them.
        """
        if not names:
            return None
        for name in names:
            self._asked[name] = self._asked.get(name, 0) + 1
        if any(self._asked[name] < OFTEN for name in names):
            return None
        new = [name for name in names if name not in self._callers]
        if new:
            self._look_at(new, request)
        callers = [self._callers[name] for name in names]
        return None if None in callers else callers

    def _look_at(self, names, request):
        """Whatever happens meanwhile, it is looked at them once only."""
        self._callers.update(dict.fromkeys(names))
        callers = {name: direct.caller_of(self._items[name]) for name in names}
        plain = [name for name in names if callers[name] is not None]
        if not plain:
            return

        def work(report):
            forking.arm(request["cpu"])
            report([self._outcomes.outcome_of(self._items[name]) for name in plain])
            direct.settle_for_direct_calls(self._config)
            for _ in range(ROUNDS):
                forking.arm(request["cpu"])
                report([callers[name]() for name in plain])

        result = forking.run_in_child(work, request["wall"], request["cpu"], 1 + ROUNDS)
        if result["ended"] == "finished" and len(result["values"]) == 1 + ROUNDS:
            for name, *outcomes in zip(plain, *result["values"]):
                if len(set(outcomes)) == 1:
                    self._callers[name] = callers[name]
