"""unittest in an interpreter that has no pytest: how each kind of test ends, and where its failure is shown."""

from dataclasses import replace

import pytest

from macrohard_lsp.core.tier import Tier

CASES = {
    "every kind": (
        """
        == calc.py
        def half(x):
            return x // 2

        def boom():
            raise ValueError("boom")  # <boom>
        == tests/test_calc.py
        import unittest
        import calc

        class TestCalc(unittest.TestCase):
            def test_ok(self):
                self.assertEqual(calc.half(4), 2)

            def test_bad(self):
                self.assertEqual(calc.half(4), 3)  # <bad>

            def test_boom(self):
                calc.boom()

            @unittest.skip("why")
            def test_skip(self):
                pass

            @unittest.expectedFailure
            def test_xfail(self):
                self.fail("x")

            @unittest.expectedFailure
            def test_xpass(self):
                pass

            def test_sub(self):
                for i in range(3):
                    with self.subTest(i=i):
                        self.assertEqual(i, 0)  # <sub>

        class TestClass(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                raise RuntimeError("no db")  # <db>

            def test_a(self):
                pass

            def test_b(self):
                pass

        class TestLate(unittest.TestCase):
            @classmethod
            def tearDownClass(cls):
                raise RuntimeError("late")  # <late>

            def test_a(self):
                pass

        class TestSkipped(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                raise unittest.SkipTest("no GPU")

            def test_a(self):
                pass

        class TestAsync(unittest.IsolatedAsyncioTestCase):
            async def test_bad(self):
                self.assertTrue(False)  # <async>
        == pkg/__init__.py
        == pkg/test_in.py
        import unittest

        def setUpModule():
            raise OSError("module")  # <module>

        class T(unittest.TestCase):
            def test_x(self):
                pass
        == tests/test_broken.py
        import unittest
        import nothing_there  # <import>
        == tests/test_syntax.py
        import unittest
        def broken(:  # <syntax>
        == tests/test_skipped.py
        import unittest
        raise unittest.SkipTest("not here")
        == expected
        passed tests/test_calc.py::TestCalc::test_ok
        failed tests/test_calc.py::TestCalc::test_bad @ <bad> | AssertionError: 2 != 3
        failed tests/test_calc.py::TestCalc::test_boom @ <boom> | ValueError: boom
        skipped tests/test_calc.py::TestCalc::test_skip | why
        xfailed tests/test_calc.py::TestCalc::test_xfail
        failed tests/test_calc.py::TestCalc::test_xpass | expected to fail
        failed tests/test_calc.py::TestCalc::test_sub @ <sub> | (i=1) AssertionError: 1 != 0
        error/setup tests/test_calc.py::TestClass::test_a @ <db> | no db
        error/setup tests/test_calc.py::TestClass::test_b @ <db> | no db
        error/teardown tests/test_calc.py::TestLate::test_a @ <late> | late
        skipped tests/test_calc.py::TestSkipped::test_a | no GPU
        failed tests/test_calc.py::TestAsync::test_bad @ <async> | False is not true
        error/setup pkg/test_in.py::T::test_x @ <module> | module
        error/collect tests/test_broken.py @ <import> | No module named 'nothing_there'
        error/collect tests/test_syntax.py @ <syntax> | SyntaxError
        skipped tests/test_skipped.py | not here
        """,
        {},
    ),
    "some of them, by file, class and test": (
        """
        == test_a.py
        import unittest

        class A(unittest.TestCase):
            def test_1(self): pass
            def test_2(self): pass

        class B(unittest.TestCase):
            def test_1(self): pass
            def test_2(self): pass
        == test_b.py
        import unittest

        class C(unittest.TestCase):
            def test_1(self): pass
        == test_c.py
        raise RuntimeError("not imported when nobody asks for it")
        == expected
        passed test_a.py::A::test_1
        passed test_a.py::A::test_2
        passed test_a.py::B::test_2
        passed test_b.py::C::test_1
        missing test_a.py::B::test_3
        """,
        {"ids": ("test_b.py", "test_a.py::A", "test_a.py::B::test_2", "test_a.py::B::test_3")},
    ),
    "a test that hangs, one that kills, and what comes after": (
        """
        == test_a.py
        import os, time, unittest

        class A(unittest.TestCase):
            def test_1_hangs(self):
                time.sleep(100)  # <hang>

            def test_2_dies(self):
                os.abort()

            def test_3_exits(self):
                raise SystemExit(3)  # <exit>

            def test_4(self):
                pass

        class B(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                time.sleep(100)  # <setup>

            def test_1(self):
                pass
        == expected
        failed/timeout test_a.py::A::test_1_hangs @ <hang> | timed out after 2 s
        failed/crash test_a.py::A::test_2_dies | interpreter died (signal 6, SIGABRT)
        failed test_a.py::A::test_3_exits @ <exit> | SystemExit: 3
        passed test_a.py::A::test_4
        error/timeout test_a.py::B::test_1 @ <setup> | timed out after 2 s
        """,
        {"test_seconds": 2.0},
    ),
    "packages below a directory that is none, and what is asked to be left out": (
        """
        == src/shop/__init__.py
        == src/shop/test_price.py
        import unittest
        from . import price

        class T(unittest.TestCase):
            def test_it(self):
                self.assertEqual(price.of(), 1)
        == src/shop/price.py
        def of(): return 1
        == other/test_no.py
        raise RuntimeError
        == node_modules/x/test_no.py
        raise RuntimeError
        == expected
        passed src/shop/test_price.py::T::test_it
        """,
        {"arguments": ("--ignore=other",)},
    ),
    "the user's own search": (
        """
        == check/sum_check.py
        import unittest

        class T(unittest.TestCase):
            def test_it(self): pass
        == test_other.py
        raise RuntimeError
        == expected
        passed check/sum_check.py::T::test_it
        """,
        {"arguments": ("-s", "check", "-p", "*_check.py")},
    ),
    "pytest's arguments": (
        """
        == test_a.py
        import unittest
        == expected
        problem unittest did not start
        """,
        {"arguments": ("-x", "--tb=short")},
    ),
    "no tests": (
        """
        == check.py
        == expected
        problem unittest found no tests in the workspace folder; it looks for files named test*.py
        """,
        {},
    ),
    "the copy of the process tier": (
        """
        == calc.py
        def three(): return 4
        == test_a.py
        import unittest, calc

        class T(unittest.TestCase):
            def test_it(self):
                self.assertEqual(calc.three(), 3)  # <it>
        == expected
        failed test_a.py::T::test_it @ <it> | 4 != 3
        """,
        {"tier": Tier.PROCESS},
    ),
    "finding them only": (
        """
        == test_a.py
        import unittest, nothing_there  # <import>
        == test_b.py
        import unittest

        class T(unittest.TestCase):
            def test_it(self): self.fail()
        == expected
        error/collect test_a.py @ <import>
        """,
        {"collect_only": True},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_ends(name: str, check, bare_interpreter):
    text, options = CASES[name]
    tested = check(text, interpreter=replace(bare_interpreter, pytest=None), **options)
    assert tested.run.command[1:3] == ("-m", "unittest")


def test_lines_are_traced_and_a_trap_is_seen(run, bare_interpreter):
    """What the repair of unittest's tests rests on: where the fault may be, and whether failures can be seen."""
    text = """
        == calc.py
        def low(x):
            if x > 3:
                return 1
            return 2

        def high(x):
            return 3
        == test_a.py
        import unittest, calc

        class T(unittest.TestCase):
            def test_low(self): self.assertEqual(calc.low(1), 2)
            def test_high(self): self.assertEqual(calc.high(1), 3)

        class A(unittest.IsolatedAsyncioTestCase):
            async def test_async(self): self.assertEqual(calc.high(1), 3)
    """
    bare = replace(bare_interpreter, pytest=None)
    traced = run(text, interpreter=bare, coverage=True)
    assert traced.coverage is not None
    assert traced.coverage.by_test["test_a.py::T::test_low"]["calc.py"] == frozenset({2, 4})
    assert traced.coverage.by_test["test_a.py::T::test_high"]["calc.py"] == frozenset({7})
    trapped = ("test_a.py::T::test_low", "test_a.py::A::test_async")
    tested = run(text, interpreter=bare, trap=trapped)
    assert {r.id for r in tested.run.results if r.broken} == set(trapped)
    assert tested.forged == ()
    forging = (
        text
        + "\n        T.run = lambda self, result=None: (result.startTest(self), result.addSuccess(self))\n"
    )
    assert run(forging, interpreter=bare, trap=trapped[:1]).forged == trapped[:1]
