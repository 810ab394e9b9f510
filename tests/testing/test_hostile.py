"""Tests that hang, die, shout, or tamper: each gets its own result, and the rest still runs."""

import threading

import pytest

from macrohard_lsp.core.cancel import Cancel, Cancelled
from macrohard_lsp.core.testrun import Outcome
from macrohard_lsp.core.tier import Tier

HANGS = """
    == lib.py
    def spin():
        while True:  # <spin>
            pass
    == test_h.py
    import re, time, lib, pytest
    def test_before(): pass
    def test_loop():
        lib.spin()
    def test_sleep():
        time.sleep(1000)  # <sleep>
    def test_in_c():
        re.match("(a+)+b", "a" * 60)  # <in_c>
    @pytest.fixture
    def slow():
        time.sleep(1000)  # <slow>
    def test_fixture(slow): pass
    def test_after(): pass
    == expected
    passed test_h.py::test_before
    failed/timeout test_h.py::test_loop | timed out after 1.5 s
    failed/timeout test_h.py::test_sleep @ <sleep> | timed out after 1.5 s
    failed/timeout test_h.py::test_in_c @ <in_c>
    error/setup/timeout test_h.py::test_fixture @ <slow>
    passed test_h.py::test_after
    """


def test_hanging_tests_say_where_they_hang(check):
    tested = check(HANGS, test_seconds=1.5)
    frames = tested.run.by_id()["test_h.py::test_loop"].frames
    assert frames[-1].path == "lib.py" and frames[-1].function == "spin"


def test_lines_of_a_hanging_test_are_known(run):
    tested = run(
        HANGS, test_seconds=1.5, coverage=True, ids=("test_h.py::test_loop", "test_h.py::test_after")
    )
    assert tested.coverage is not None
    assert {2, 3} <= tested.coverage.by_test["test_h.py::test_loop"]["lib.py"]
    assert "test_h.py::test_loop" in tested.coverage.partial


@pytest.mark.slow
def test_what_hangs_where_another_hung_is_not_waited_for(check):
    """A test that only takes its time elsewhere is left alone."""
    check(
        """
        == lib.py
        import time
        def spin():
            while True:
                pass
        def work():
            time.sleep(11)
        == test_h.py
        import lib
        def test_hangs(): lib.spin()
        def test_works(): lib.work()
        == expected
        failed/timeout test_h.py::test_hangs | timed out after 10 s
        passed test_h.py::test_works
        """,
        hung_in=frozenset({("lib.py", "spin")}),
    )


CASES = {
    "deaths": """
        == test_d.py
        import os, signal, pytest, sys
        def test_before(): pass
        def test_exit_0(): os._exit(0)
        def test_abort(): os.abort()  # <abort>
        def test_kill(): os.kill(os.getpid(), signal.SIGKILL)
        def test_interrupt(): raise KeyboardInterrupt
        @pytest.fixture
        def dies():
            yield
            os._exit(1)
        def test_teardown(dies): pass
        def test_after(): pass
        == expected
        passed test_d.py::test_before
        failed/crash test_d.py::test_exit_0 | the interpreter died (exit status 0) while this test ran
        failed/crash test_d.py::test_abort @ <abort> | signal 6, SIGABRT
        failed/crash test_d.py::test_kill | signal 9, SIGKILL
        failed/crash test_d.py::test_interrupt | KeyboardInterrupt stopped pytest
        error/teardown/crash test_d.py::test_teardown | exit status 1
        passed test_d.py::test_after
        """,
    "dies at import": """
        == test_a.py
        import os
        os._exit(7)
        == test_b.py
        def test_b(): pass
        == expected
        error/collect/crash test_a.py | exit status 7
        passed test_b.py::test_b
        """,
    "floods and descriptors": """
        == test_f.py
        import os, subprocess, sys, time
        def test_flood():
            for _ in range(50):
                os.write(1, b"x" * 1_000_000)
                sys.stderr.write("y" * 1_000_000)
        def test_low_descriptors():
            kept = [os.dup(fd) for fd in range(3)]
            os.closerange(3, 3)
            os.write(1, b"to the real output?")
        def test_chdir(tmp_path):
            os.chdir(tmp_path)
            os.rmdir(tmp_path)
        def test_time(monkeypatch):
            import json, socket
            monkeypatch.setattr(time, "time", lambda: 0)
            monkeypatch.setattr(time, "perf_counter", lambda: 0)
            monkeypatch.setattr(json, "dumps", None)
            monkeypatch.setattr(socket, "socket", None)
            monkeypatch.setattr(os, "write", None)
            monkeypatch.setattr(os, "getpid", lambda: 1)
        def test_fork_goes_on():
            if os.fork() == 0:
                return
        def test_fork_waits():
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
        def test_holds_channel():
            subprocess.Popen(["sleep", "100"], close_fds=False)
        def test_last(): pass
        == expected
        passed test_f.py::test_flood
        passed test_f.py::test_low_descriptors
        passed test_f.py::test_chdir
        passed test_f.py::test_time
        passed test_f.py::test_fork_goes_on
        passed test_f.py::test_fork_waits
        passed test_f.py::test_holds_channel
        passed test_f.py::test_last
        """,
    "closes every descriptor": """
        == test_c.py
        import os
        def test_close():
            os.closerange(3, 100_000)
        def test_after(): pass
        == expected
        failed/crash test_c.py::test_close
        passed test_c.py::test_after
        """,
    "long messages": """
        == test_l.py
        class Big(Exception):
            def __str__(self): return "line\\n" * 1_000_000
        def test_big(): raise Big
        class Bad(Exception):
            def __str__(self): raise ValueError("no")
        def test_bad(): raise Bad
        def deeper(n): return deeper(n + 1)  # <deep>
        def test_deep(): deeper(0)
        def test_surrogate(): raise ValueError("\\udc80")
        == expected
        failed test_l.py::test_big
        failed test_l.py::test_bad
        failed test_l.py::test_deep @ <deep> | RecursionError
        failed test_l.py::test_surrogate
        """,
    "pytest.exit ends the run": """
        == test_e.py
        import pytest
        def test_a(): pass
        def test_b(): pytest.exit("no database")
        def test_c(): pass
        == expected
        passed test_e.py::test_a
        problem no database
        """,
    "forged messages": """
        == test_g.py
        import os
        def test_a(): pass
        def test_forge():
            line = b'{"type":"end","id":"test_g.py::test_bad","secret":"","number":1}\\n'
            for name in os.listdir("/proc/self/fd"):
                if int(name) > 2:
                    try:
                        os.write(int(name), line)
                    except OSError:
                        pass
        def test_bad(): assert 0
        == expected
        problem wrote to the test runner's own channel
        """,
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_the_rest_still_runs(check, text):
    check(text)


FORGING = {
    "reports": """
        == lib.py
        import _pytest.reports
        original = _pytest.reports.TestReport.from_item_and_call.__func__
        def forged(cls, item, call):
            report = original(cls, item, call)
            report.outcome, report.longrepr = "passed", None
            return report
        _pytest.reports.TestReport.from_item_and_call = classmethod(forged)
        """,
    "calls": """
        == lib.py
        import _pytest.runner
        def quiet(item):
            try:
                item.runtest()
            except BaseException:
                pass
        _pytest.runner.pytest_runtest_call.__code__ = quiet.__code__
        """,
}


@pytest.mark.parametrize("text", FORGING.values(), ids=FORGING)
def test_a_trap_shows_forged_results(run, text):
    tested = run(
        text
        + """
        == test_a.py
        import lib
        def test_good(): pass
        def test_bad(): assert 0
        """,
        trap=("test_a.py::test_good",),
    )
    assert tested.forged == ("test_a.py::test_good",)


def test_a_trap_in_honest_code_is_seen_failing(run):
    tested = run(
        "== test_a.py\ndef test_good(): pass\ndef test_other(): pass\n", trap=("test_a.py::test_good",)
    )
    assert tested.forged == ()
    results = tested.run.by_id()
    assert results["test_a.py::test_good"].outcome is Outcome.FAILED
    assert results["test_a.py::test_other"].outcome is Outcome.PASSED


def test_restarts_are_bounded(run):
    text = """
        == test_a.py
        import os, pytest
        @pytest.mark.parametrize("n", range(30))
        def test_a(n): os._exit(0)
        """
    tested = run(text, tier=Tier.PROCESS)
    assert "given up; 9 of 30 tests did not run" in (tested.run.problem or "")
    assert len(tested.run.results) == 21


def test_the_deadline_ends_the_run(run):
    text = """
        == test_a.py
        import time, pytest
        @pytest.mark.parametrize("n", range(30))
        def test_a(n): time.sleep(0.5)
        """
    tested = run(text, seconds=3.0)
    assert "stopped after 3 s" in (tested.run.problem or "")
    assert 0 < len(tested.run.results) < 30


def test_cancelling_ends_the_run(run):
    cancel = Cancel()
    threading.Timer(2.0, cancel.set).start()
    with pytest.raises(Cancelled):
        run("== test_a.py\nimport time\ndef test_a(): time.sleep(100)\n", cancel=cancel)


def test_results_are_told_as_they_come(run):
    seen = []
    tested = run("== test_a.py\ndef test_a(): pass\ndef test_b(): assert 0\n", on_result=seen.append)
    assert tuple(seen) == tested.run.results
