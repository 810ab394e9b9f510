"""The lines each test executes, by both means of tracing where an older Python is at hand."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from macrohard_lsp.core.testcommand import Framework

TEXT = """
    == lib.py
    import math  # <import>

    def sign(x):  # <def>
        if x < 0:  # <if>
            return -1  # <negative>
        return 1  # <positive>

    def count():
        total = 0
        for _ in range(3_000_000):  # <loop>
            total += 1
        return total  # <done>

    def numbers():
        yield 1
        yield 2  # <second>

    def served():
        yield 1
        yield 2  # <later>
    == site-packages/vendored.py
    def f(): return 1
    == test_a.py
    import lib, sys, threading, pytest
    sys.path.append("site-packages")
    import vendored

    begun = lib.served()
    next(begun)

    @pytest.fixture
    def two():
        return 2  # <fixture>

    def test_negative():
        assert lib.sign(-1) == -1
        vendored.f()
    def test_positive(two):
        assert lib.sign(two) == 1
    def test_thread():
        thread = threading.Thread(target=lib.sign, args=(-1,))
        thread.start()
        thread.join()
    def test_long():
        lib.count()
    def test_after():
        assert list(lib.numbers()) == [1, 2]
        assert lib.sign(-1) == -1
    def test_tracer():
        old = sys.gettrace()
        sys.settrace(lambda *a: None)
        lib.sign(1)
        sys.settrace(old)
    def test_last():
        lib.sign(-1)
    def test_goes_on():
        assert next(begun) == 2
    """


RELEASES = {"3.9": "pytest==6.2.5", "3.13": "pytest==9.*"}


def pythons():
    """This Python, an old one, and one that has `sys.monitoring`; with the releases that other tests use too."""
    versions = Path.home() / ".pyenv" / "versions"
    found = {version: sorted(versions.glob(version + ".*/bin/python")) for version in RELEASES}
    others = [pytest.param((f[-1] if f else "", RELEASES[v]), id=v) for v, f in found.items()]
    return [pytest.param(None, id="own"), *others]


@pytest.mark.parametrize("python", pythons())
def test_lines_by_test(run, parsed, python_with, python):
    interpreter = None
    if python is not None:
        interpreter = python_with(*python)
    tested = run(TEXT, interpreter=interpreter, coverage=True)
    assert all(not result.broken for result in tested.run.results), tested.run
    marks = {name: line for name, (path, line) in parsed(TEXT).marks.items() if path == "lib.py"}
    coverage = tested.coverage
    assert coverage is not None

    def covers(test: str, *names: str) -> set[str]:
        lines = coverage.by_test[f"test_a.py::{test}"]["lib.py"]
        return {name for name in names if marks[name] in lines}

    branches = ("import", "def", "if", "negative", "positive")
    assert covers("test_negative", *branches) == {"if", "negative"}
    assert covers("test_positive", *branches) == {"if", "positive"}
    assert covers("test_thread", *branches) == {"if", "negative"}
    assert covers("test_after", "if", "negative", "second") == {"if", "negative", "second"}
    assert covers("test_last", *branches) == {"if", "negative"}
    assert covers("test_long", "loop") == {"loop"}
    assert covers("test_goes_on", "later") == {"later"}
    assert {marks["import"], marks["def"]} <= coverage.outside["lib.py"]
    assert marks["negative"] not in coverage.outside["lib.py"]
    assert not any("vendored" in path for files in coverage.by_test.values() for path in files)
    fixture = parsed(TEXT).marks["fixture"]
    assert fixture[1] in coverage.by_test["test_a.py::test_positive"]["test_a.py"]
    version = version_under(interpreter)
    if version >= (3, 12):
        assert coverage.partial == frozenset()
        assert covers("test_long", "done") == {"done"}
    else:
        assert coverage.partial == {"test_a.py::test_long"}
        assert covers("test_long", "done") == set()


PARTS = """
    == lib.py
    def sign(x):
        if x < 0:  # <if>
            return -1  # <negative>
        if x > 0:  # <later>
            return 1  # <positive>
        return 1  # <zero>
    == test_a.py
    import lib, unittest

    def test_values():
        lib.sign(-1)  # <call>
        for value in (2, 3, 0):
            assert lib.sign(value) == (value > 0)  # <loop>
        assert lib.sign(-1) == -1
    class TestIt(unittest.TestCase):
        def test_it(self):
            self.assertEqual(lib.sign(-5), -1)  # <first>
            self.assertEqual(lib.sign(0), 0)  # <second>
    """


@pytest.mark.parametrize("python", pythons())
@pytest.mark.parametrize("framework", Framework)
def test_lines_by_line_of_the_test(run, parsed, python_with, own_interpreter, python, framework):
    interpreter = own_interpreter if python is None else python_with(*python)
    if framework is Framework.UNITTEST:
        interpreter = replace(interpreter, pytest=None)
    tested = run(PARTS, interpreter=interpreter, coverage=True, parts=True)
    assert tested.coverage is not None
    marks = {name: line for name, (_, line) in parsed(PARTS).marks.items()}

    def executed(test: str) -> list[tuple[int, set[str]]]:
        """What of the marked lines of the program each line of the test executes, without what executes none."""
        program = ("if", "negative", "later", "positive", "zero")
        found = [
            (part.line, {name for name in program if marks[name] in part.lines.get("lib.py", ())})
            for part in tested.coverage.parts[f"test_a.py::{test}"]
        ]
        return [(line, names) for line, names in found if names]

    zero = {"if", "later", "zero"}
    assert executed("TestIt::test_it") == [(marks["first"], {"if", "negative"}), (marks["second"], zero)]
    if framework is Framework.PYTEST:
        # The last is told apart from the same line before; to the end it is not followed in pieces.
        assert executed("test_values") == [
            (marks["call"], {"if", "negative"}),
            (marks["loop"], {"if", "later", "positive"}),
            (marks["loop"], zero),
        ]
        # Told apart or not, the whole is the same.
        plain = run(PARTS, interpreter=interpreter, coverage=True).coverage
        assert plain.parts == {}
        assert plain.by_test == tested.coverage.by_test


def version_under(interpreter) -> tuple[int, ...]:
    return sys.version_info[:2] if interpreter is None else interpreter.version[:2]


def test_coverage_gives_way_to_another_tracer(run):
    if sys.version_info >= (3, 12):
        pytest.skip("sys.monitoring shares")
    text = """
        == conftest.py
        import sys
        calls = []
        sys.settrace(lambda *a: calls.append(a))
        == test_a.py
        import sys, conftest
        def test_a():
            assert sys.gettrace() is not None
            assert conftest.calls
        def test_b(): pass
        """
    tested = run(text, coverage=True)
    assert not tested.run.broken, tested.run
    assert tested.coverage is not None
    assert "test_a.py::test_a" in tested.coverage.partial


def test_without_asking_there_is_no_coverage(run):
    assert run("== test_a.py\ndef test_a(): pass\n").coverage is None
