"""How each kind of test ends, and where its failure is shown."""

import pytest

CASES = {
    "plain": """
        == calc.py
        def half(x):
            return _divide(x)

        def _divide(x):
            return x / 0  # <deep>
        == test_calc.py
        import calc, pytest

        def test_ok():
            pass

        def test_compare():
            assert [1, 2, 3] == [1, 2, 4]  # <compare>

        def test_deep():
            calc.half(3)

        def test_fail():
            pytest.fail("on purpose")  # <fail>

        def test_skip():
            pytest.skip("not today")

        def test_system_exit():
            raise SystemExit(3)  # <exit>

        @pytest.mark.xfail(reason="known")
        def test_xfail():
            assert 0

        @pytest.mark.xfail
        def test_xpass():
            pass

        @pytest.mark.xfail(strict=True, reason="still broken?")
        def test_strict():  # <strict>
            pass

        @pytest.mark.xfail(run=False, reason="hangs")
        def test_not_run():
            raise AssertionError
        == expected
        passed test_calc.py::test_ok
        failed test_calc.py::test_compare @ <compare> | assert [1, 2, 3] == [1, 2, 4]
        failed test_calc.py::test_deep @ <deep> | ZeroDivisionError: division by zero
        failed test_calc.py::test_fail @ <fail> | on purpose
        skipped test_calc.py::test_skip | not today
        failed test_calc.py::test_system_exit @ <exit> | SystemExit: 3
        xfailed test_calc.py::test_xfail | known
        xpassed test_calc.py::test_xpass
        failed test_calc.py::test_strict | [XPASS(strict)] still broken?
        xfailed/setup test_calc.py::test_not_run | hangs
        """,
    "fixtures": """
        == test_f.py
        import pytest

        @pytest.fixture
        def broken():
            raise RuntimeError("no database")  # <setup>

        @pytest.fixture
        def leaves():
            yield
            raise RuntimeError("can't close")  # <teardown>

        def test_setup(broken):
            pass

        def test_teardown(leaves):
            pass

        def test_both(leaves):
            assert 0  # <both>

        def test_unknown(nosuch):  # <unknown>
            pass
        == expected
        error/setup test_f.py::test_setup @ <setup> | no database
        error/teardown test_f.py::test_teardown @ <teardown> | can't close
        failed/call test_f.py::test_both @ <both> | assert 0
        error/setup test_f.py::test_unknown @ <unknown> | fixture 'nosuch' not found
        """,
    "ids": r"""
        == tests/sub dir/test_p.py
        import pytest

        @pytest.mark.parametrize("v", ["a b", "x::y", "[z]", "é", "日本", "a/b"])
        def test_v(v):
            assert v != "x::y"  # <colons>

        class TestOuter:
            class TestInner:
                def test_m(self):
                    pass
        == expected
        passed tests/sub dir/test_p.py::test_v[a b]
        failed tests/sub dir/test_p.py::test_v[x::y] @ <colons>
        passed tests/sub dir/test_p.py::test_v[[z]]
        passed tests/sub dir/test_p.py::test_v[\xe9]
        passed tests/sub dir/test_p.py::test_v[\u65e5\u672c]
        passed tests/sub dir/test_p.py::test_v[a/b]
        passed tests/sub dir/test_p.py::TestOuter::TestInner::test_m
        """,
    "collection": r"""
        == test_good.py
        def test_ok():
            pass
        == test_syntax.py
        def test_x(:  # <syntax>
            pass
        == test_import.py
        import os
        import no_such_module_anywhere  # <import>
        == helper.py
        value = 1 / 0  # <helper>
        == test_helper.py
        import helper
        == test_skipped.py
        import pytest
        pytest.skip("whole file", allow_module_level=True)
        == expected
        passed test_good.py::test_ok
        error/collect test_syntax.py @ <syntax> | SyntaxError: invalid syntax
        error/collect test_import.py @ <import> | No module named 'no_such_module_anywhere'
        error/collect test_helper.py @ <helper> | ZeroDivisionError
        skipped/collect test_skipped.py | whole file
        """,
    "conftest syntax": """
        == pkg/conftest.py
        import pytest
        def broken(:  # <1>
        == pytest.ini
        [pytest]
        testpaths = pkg
        == pkg/test_a.py
        def test_a(): pass
        == expected
        problem pkg/conftest.py could not be imported (SyntaxError: invalid syntax
        error/collect pkg/conftest.py @ <1> | SyntaxError
        """,
    "conftest import": """
        == conftest.py
        import no_such_thing  # <1>
        == test_a.py
        def test_a(): pass
        == expected
        problem conftest.py could not be imported (ModuleNotFoundError
        error/collect conftest.py @ <1>
        """,
    "conftest below": """
        == pkg/conftest.py
        raise RuntimeError("not here")  # <1>
        == pkg/test_a.py
        def test_a(): pass
        == test_b.py
        def test_b(): pass
        == expected
        passed test_b.py::test_b
        error/collect pkg @ <1> | not here
        """,
    "configuration is the user's, the outcomes are all of them": """
        == pytest.ini
        [pytest]
        addopts = -x --tb=no -q --no-header --lf --stepwise -p no:terminal
        == test_a.py
        def test_1():
            assert 1 == 2  # <1>
        def test_2():
            assert 2 == 3  # <2>
        def test_3(): pass
        == expected
        failed test_a.py::test_1 @ <1> | assert 1 == 2
        failed test_a.py::test_2 @ <2> | assert 2 == 3
        passed test_a.py::test_3
        """,
    "unittest": """
        == test_u.py
        import unittest
        class TestU(unittest.TestCase):
            def setUp(self):
                if self._testMethodName == "test_setup":
                    raise OSError("nope")  # <setup>
            def test_setup(self): pass
            def test_ok(self): self.assertEqual(1, 1)
            def test_bad(self):
                self.assertEqual(1, 2)  # <bad>
            @unittest.expectedFailure
            def test_expected(self): self.fail()
            @unittest.skip("later")
            def test_later(self): pass
        == expected
        failed test_u.py::TestU::test_setup @ <setup> | nope
        passed test_u.py::TestU::test_ok
        failed test_u.py::TestU::test_bad @ <bad> | 1 != 2
        xfailed test_u.py::TestU::test_expected
        skipped test_u.py::TestU::test_later | later
        """,
    "subtests": """
        == test_s.py
        def test_s(subtests):
            for number in range(3):
                with subtests.test(number=number):
                    assert number != 1  # <1>
        == expected
        failed test_s.py::test_s @ <1> | assert 1 != 1
        """,
    "doctests": '''
        == pytest.ini
        [pytest]
        addopts = --doctest-modules
        == mod.py
        def double(x):
            """
            >>> double(2)
            4
            >>> double(3)  # <2>
            7
            """
            return x * 2
        == expected
        failed mod.py::mod.double @ <2> | Got:
        ''',
    "async without its plugin": """
        == pytest.ini
        [pytest]
        addopts = -p no:asyncio
        == test_a.py
        async def test_async(): pass
        == expected
        failed test_a.py::test_async | async def functions are not natively supported
        """,
    "hidden frames and chains": """
        == test_h.py
        import functools
        def require(value):
            __tracebackhide__ = True
            assert value, "required"
        def test_hidden():
            require(0)  # <hidden>
        def key(x):
            raise KeyError(x)  # <callback>
        def test_callback():
            from concurrent.futures import ThreadPoolExecutor
            with ThreadPoolExecutor(1) as pool:
                pool.submit(key, 1).result()
        def test_from():
            try:
                key(2)
            except KeyError as error:
                raise ValueError("wrapped") from error  # <from>
        == expected
        failed test_h.py::test_hidden @ <hidden> | required
        failed test_h.py::test_callback @ <callback>
        failed test_h.py::test_from @ <from> | wrapped
        """,
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_outcomes(check, text):
    check(text)
