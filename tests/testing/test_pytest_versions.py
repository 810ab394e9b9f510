"""The same outcomes on old and new pytest, and with plugins that change how a run goes."""

from pathlib import Path

import pytest

from macrohard_lsp.core.tier import Tier

TEXT = """
    == pytest.ini
    [pytest]
    addopts = {addopts}
    == pkg/__init__.py
    == pkg/lib.py
    def half(x):
        return x / 0  # <deep>
    == tests/__init__.py
    == tests/test_a.py
    import os, pytest, time
    from pkg import lib

    @pytest.fixture
    def broken():
        raise RuntimeError("fixture")  # <fixture>

    @pytest.mark.parametrize("v", ["a b", "x::y"])
    def test_param(v): pass
    def test_deep(): lib.half(1)
    def test_fixture(broken): pass
    @pytest.mark.xfail(strict=True, reason="why")
    def test_strict(): pass
    @pytest.mark.xfail(reason="known")
    def test_known(): assert 0
    def test_hang():
        time.sleep(100)  # <hang>
    def test_die(): os._exit(3)
    def test_last(): pass
    == tests/test_import.py
    import nothing_here  # <import>
    == tests/test_syntax.py
    def f(:  # <syntax>
    == expected
    passed tests/test_a.py::test_param[a b]
    passed tests/test_a.py::test_param[x::y]
    failed tests/test_a.py::test_deep @ <deep> | division by zero
    error/setup tests/test_a.py::test_fixture @ <fixture>
    failed tests/test_a.py::test_strict | why
    xfailed tests/test_a.py::test_known
    failed/timeout tests/test_a.py::test_hang {hang}
    failed/crash tests/test_a.py::test_die
    passed tests/test_a.py::test_last
    error/collect tests/test_import.py @ <import>
    error/collect tests/test_syntax.py @ <syntax>
    """

CONFTEST = """
    == conftest.py
    import nothing  # <1>
    == test_a.py
    def test_a(): pass
    == expected
    problem conftest.py could not be imported (ModuleNotFoundError
    error/collect conftest.py @ <1>
    """

PLUGINS = ("pytest-xdist", "pytest-cov", "pytest-randomly", "pytest-rerunfailures", "pytest-timeout")


def python(version: str) -> Path | None:
    found = sorted((Path.home() / ".pyenv" / "versions").glob(version + ".*/bin/python"))
    return found[-1] if found else None


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("3.9", "6.2.5"),
        pytest.param("3.9", "7.4.4", marks=pytest.mark.soak),
        pytest.param("3.11", "8.4.2", marks=pytest.mark.soak),
        ("3.13", "9.*"),
    ],
)
def test_pytest_releases(check, python_with, version, release):
    interpreter = python_with(python(version) or "", f"pytest=={release}")
    check(TEXT.format(addopts="-q", hang="@ <hang>"), interpreter=interpreter, test_seconds=2.0)


@pytest.mark.parametrize(("version", "release"), [("3.9", "6.2.5"), ("3.13", "9.*")])
def test_broken_conftest(check, python_with, version, release):
    check(CONFTEST, interpreter=python_with(python(version) or "", f"pytest=={release}"))


@pytest.mark.soak
def test_too_old_a_pytest(run, python_with):
    interpreter = python_with(python("3.9") or "", "pytest==6.1.2")
    assert "too old" in (run("== test_a.py\ndef test_a(): pass\n", interpreter=interpreter).run.problem or "")


@pytest.fixture
def equipped(python_with):
    return python_with(python("3.11") or "", "pytest==8.4.2", *PLUGINS)


def test_neutral_runs_switch_plugins_off(check, equipped):
    addopts = "-n 2 --cov=pkg --cov-fail-under=100 --reruns 2 -p randomly"
    check(
        TEXT.format(addopts=addopts, hang="@ <hang>"),
        interpreter=equipped,
        neutral=True,
        test_seconds=2.0,
    )


def test_tests_distributed_over_processes(check, equipped):
    check(
        TEXT.format(addopts="-n 2 -p no:randomly", hang=""),
        interpreter=equipped,
        test_seconds=4.0,
    )


def test_reruns_count_once(check, equipped):
    check(
        """
        == test_a.py
        seen = []
        def test_second_try():
            seen.append(1)
            assert len(seen) == 2
        def test_never(): assert 0
        == expected
        passed test_a.py::test_second_try
        failed test_a.py::test_never
        """,
        interpreter=equipped,
        arguments=("--reruns", "2", "-p", "no:xdist", "-p", "no:randomly"),
        tier=Tier.PROCESS,
    )
