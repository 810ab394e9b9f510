"""The warm mode `swap`: tests are collected once, and edited function bodies put into the living functions."""

import functools
import gc
import os
import threading
import warnings

import macrohard_inside_behaviour as behaviour
import macrohard_inside_direct as direct
import macrohard_inside_edited as editing
import macrohard_inside_fork as forking
import macrohard_inside_sift as sifting
import macrohard_inside_state as statekeeping
import macrohard_inside_swap as swapping
import pytest
from macrohard_inside_calling import DirectCalls
from macrohard_inside_outcomes import Outcomes, canonical_id, leave_unspoken
from macrohard_inside_paths import modules_outside


class SwapServer:
    """The test loop of a collected session, answering requests instead of running the tests."""

    def __init__(self, channel, workspace):
        self.channel = channel
        self.workspace = workspace
        self.modules = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.items = {canonical_id(item, self.workspace): item for item in session.items}
        forking.become_subreaper()
        # What is the same for every child is done once, here: what a child changes costs it a copy as well.
        leave_unspoken(session)
        self.outcomes = Outcomes(self.workspace)
        session.config.pluginmanager.register(self.outcomes)
        self.direct_calls = DirectCalls(session, self.items, self.outcomes)
        gc.collect()
        self.living = swapping.LivingFunctions(self.workspace)
        self.state = statekeeping.State(self.workspace)
        gc.freeze()
        forking.give_back_memory()
        self.channel.send(
            {
                "ready": True,
                "threads": threading.active_count(),
                "tests": list(self.items),
                "errors": session.testsfailed,
            }
        )
        self.session = session
        operations = {
            "check": self.check,
            "many": self.check_many,
            "sift": sifting.Sieve(self).sift,
            "behave": self.behave,
        }
        self.channel.serve(lambda request: operations[request["op"]](request))
        return True

    def check(self, request):
        bodies, refused = self._bodies(request["files"])
        if refused is not None:
            return refused
        names = [name for name in request["tests"] if name in self.items]
        run = self._way_of_running(names, request)

        def work(report):
            for function, code in bodies:
                function.__code__ = code
            run(report, request["stop"])
            if request.get("modules"):
                report({"modules": modules_outside(self.workspace)})

        return forking.answer_from_child(work, request)

    def _way_of_running(self, names, request):
        """A function that runs these tests in a child and tells how each ended, by the cheapest way there is."""
        callers = self.direct_calls.of(names, request)
        items = [self.items[name] for name in names]

        def with_pytest(report, stop):
            self.outcomes.report, self.outcomes.stop = report, stop
            self.outcomes.run(items)

        def directly(report, stop):
            direct.settle_for_direct_calls(self.session.config)
            for name, caller in zip(names, callers):
                outcome = caller()
                report([name, outcome])
                if stop and outcome != direct.PASSED:
                    return

        return with_pytest if callers is None else directly

    def check_many(self, request):
        """Several edits, as many in one child as leave nothing behind; each answered as `check` would."""
        answers = {}
        waiting = []
        for place, entry in enumerate(request["entries"]):
            bodies, refused = self._bodies(entry["files"])
            if refused is not None:
                answers[place] = refused
            else:
                names = [name for name in entry["tests"] if name in self.items]
                waiting.append((place, bodies, self._way_of_running(names, request)))
        cpu = 0.0
        while waiting:
            result = self._run_many(waiting, request)
            cpu += result["cpu"]
            outcomes = {}
            done = 0
            for value in result["values"]:
                if "outcome" in value:
                    outcomes.setdefault(value["place"], []).append(value["outcome"])
                else:
                    place = value["done"]
                    answers[place] = {"ended": "finished", "outcomes": outcomes.get(place, [])}
                    done += 1
            if result["ended"] != "finished" and done < len(waiting):
                # What ended before the test that hung or died counts, as it does in `check`.
                place = waiting[done][0]
                answers[place] = {"ended": result["ended"], "outcomes": outcomes.get(place, [])}
                done += 1
            elif done == 0:
                break
            waiting = waiting[done:]
        answered = [answers.get(place, {"ended": "died"}) for place in range(len(request["entries"]))]
        return {"answers": answered, "cpu": cpu}

    def behave(self, request):
        """What the program as it is (twice) and with each edit makes of the same inputs."""
        variants = [self._bodies(files)[0] for files in request["variants"]]
        return behaviour.compare(self, request, [[], [], *variants])

    def _run_many(self, waiting, request):
        def work(report):
            for place, bodies, run in waiting:
                forking.arm(request["cpu"])
                before = [(function, function.__code__) for function, _ in bodies]
                for function, code in bodies:
                    function.__code__ = code
                run(functools.partial(_report_of, report, place), False)
                for function, code in before:
                    function.__code__ = code
                report({"done": place})
                if self.state.too_large or self.state.changed():
                    return

        return forking.run_in_child(work, request["wall"], request["cpu"], len(waiting))

    def _bodies(self, files):
        """The new bodies of an edit, or the answer that says why there are none."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            signed, refused = self.signed_bodies(files)
        return None if signed is None else [(function, code) for function, code, _ in signed], refused

    def signed_bodies(self, files):
        """As `_bodies`, each with a signature that equal code shares; whoever calls it silences the compiler."""
        try:
            bodies = []
            for path, edits in files.items():
                bodies += self._module(path).bodies(edits)
        except swapping.NotSwappable as reason:
            return None, {"ended": "not-swappable", "reason": str(reason)}
        except swapping.Unchanged:
            return None, {"ended": "unchanged"}
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            return None, {"ended": "invalid", "reason": str(error)}
        return bodies, None

    def _module(self, path):
        if path not in self.modules:
            filename = os.path.realpath(os.path.join(self.workspace.folder, path))
            self.modules[path] = swapping.SwappableModule(
                filename, editing.read_source(filename), self.living
            )
            forking.give_back_memory()
        return self.modules[path]


def _report_of(report, place, outcome):
    report({"place": place, "outcome": outcome})
