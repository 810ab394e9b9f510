"""Which tests run, and the sentences for when none can."""

import subprocess
import sys
from pathlib import Path

from macrohard_lsp.core.testrun import Outcome
from macrohard_lsp.core.tier import Tier

TWO_PROJECTS = """
    == pytest.ini
    [pytest]
    testpaths = tests
    == tests/test_a.py
    def test_1(): pass
    def test_2(): pass
    == tests/test_broken.py
    import no_such_module
    == other/pytest.ini
    [pytest]
    addopts = -p no:asyncio
    == other/conftest.py
    import pytest
    @pytest.fixture
    def here(): return "other"
    == other/tests/test_b.py
    def test_b(here): assert here == "other"
    == extra/test_c.py
    def test_c(): pass
    == expected
    """


def test_only_chosen_tests_run_and_other_files_are_not_imported(check):
    check(TWO_PROJECTS + "passed tests/test_a.py::test_2", ids=("tests/test_a.py::test_2",))


def test_deselected_tests_do_not_run(check):
    check(
        TWO_PROJECTS + "passed tests/test_a.py::test_1\n    error/collect tests/test_broken.py",
        deselect=("tests/test_a.py::test_2",),
    )


def test_a_project_below_is_started_there_but_named_from_the_folder(check):
    check(TWO_PROJECTS + "passed other/tests/test_b.py::test_b", directory="other")


def test_a_test_outside_testpaths_runs_when_asked_for(check):
    check(
        TWO_PROJECTS + "passed extra/test_c.py::test_c\n    passed tests/test_a.py::test_1",
        ids=("tests/test_a.py::test_1", "extra/test_c.py::test_c"),
    )


def test_ids_that_are_not_there_are_missing(check):
    check(
        TWO_PROJECTS + "passed tests/test_a.py::test_1\n    missing tests/test_a.py::test_9",
        ids=("tests/test_a.py::test_1", "tests/test_a.py::test_9"),
    )


def test_only_missing_ids_is_a_problem(check):
    check(
        TWO_PROJECTS + "problem none of the tests asked for was found\n    missing gone.py::test_1",
        ids=("gone.py::test_1",),
    )


def test_arguments_are_given_to_pytest(check):
    check(TWO_PROJECTS + "passed extra/test_c.py::test_c", arguments=("extra",))


def test_no_tests(check):
    check("== mod.py\nx = 1\n== expected\nproblem pytest found no tests in the workspace folder\n")


def test_bad_addopts(check):
    check(
        """
        == pytest.ini
        [pytest]
        addopts = --no-such-option
        == test_a.py
        def test_a(): pass
        == expected
        problem unrecognized arguments: --no-such-option
        """
    )


def test_required_plugin(check):
    check(
        """
        == pytest.ini
        [pytest]
        required_plugins = pytest-nosuch
        == test_a.py
        def test_a(): pass
        == expected
        problem Missing required plugins: pytest-nosuch
        """
    )


def test_internal_error(check):
    check(
        """
        == conftest.py
        def pytest_collection_modifyitems(items):
            raise RuntimeError("a hook that raises")
        == test_a.py
        def test_a(): pass
        == expected
        problem a hook that raises
        """
    )


def test_no_pytest(check, tmp_path, bare_interpreter):
    check(
        "== test_a.py\ndef test_a(): pass\n== expected\nproblem pytest is not installed in\n",
        interpreter=bare_interpreter,
    )


def test_no_interpreter(run, own_interpreter):
    from dataclasses import replace

    gone = replace(
        own_interpreter.choice, executable=own_interpreter.choice.executable.with_name("python-gone")
    )
    tested = run("== test_a.py\ndef test_a(): pass\n", interpreter=replace(own_interpreter, choice=gone))
    assert "did not start" in (tested.run.problem or "")


def test_the_process_tier_runs_tests_too(check):
    check("== test_a.py\ndef test_a(): pass\n== expected\npassed test_a.py::test_a\n", tier=Tier.PROCESS)


def test_main_and_path_are_as_with_m(run):
    text = """
        == sub/test_a.py
        import os, sys
        def test_a():
            assert sys.path[0] == os.path.dirname(__file__)
            assert sys.path[1] == os.getcwd()
            assert sys.modules["__main__"].__spec__.name == "pytest.__main__"
            assert sys.argv[0].endswith(os.path.join("pytest", "__main__.py"))
            assert "MACROHARD_CHANNEL_FD" not in os.environ
            assert not any("inside" in path for path in sys.path[:-1])
        """
    tested = run(text)
    assert [r.outcome for r in tested.run.results] == [Outcome.PASSED], tested.run


def test_an_installed_copy_hiding_the_source_is_refused(check, tmp_path, own_interpreter):
    site = tmp_path / "elsewhere" / "site-packages"
    (site / "shop").mkdir(parents=True)
    (site / "shop" / "__init__.py").write_text("x = 1\n")
    text = f"""
        == src/shop/__init__.py
        x = 2
        == conftest.py
        import sys
        sys.path.append({str(site)!r})
        == test_shop.py
        import shop
        def test_x(): assert shop.x == 1
        == expected
        problem pip install -e .
        """
    tested = check(text, read_only=(site,))
    assert f"the tests import shop from {site}/shop/__init__.py, not from src/shop/__init__.py" in (
        tested.run.problem or ""
    )


EDITABLE = """
    == lib/shop/__init__.py
    x = 2
    == conftest.py
    import sys
    sys.path.append({real!r})
    == test_shop.py
    import shop
    def test_x(): assert shop.x == 2
    == expected
    """


def test_an_editable_install_is_the_machines_copy_in_a_namespace(check, tmp_path):
    real = str(tmp_path / "work" / "lib")
    check(EDITABLE.format(real=real) + "passed test_shop.py::test_x")


def test_a_path_that_names_the_workspace_is_moved_in_the_process_tier(check, tmp_path):
    real = str(tmp_path / "work" / "lib")
    check(EDITABLE.format(real=real) + "passed test_shop.py::test_x", tier=Tier.PROCESS)


def test_another_checkout_is_refused_in_the_process_tier(check, tmp_path):
    other = tmp_path / "other" / "lib"
    (other / "shop").mkdir(parents=True)
    (other / "shop" / "__init__.py").write_text("x = 2\n")
    expected = "problem make the tests import it from the workspace"
    check(EDITABLE.format(real=str(other)) + expected, tier=Tier.PROCESS, read_only=(other,))


def test_bare_python_is_what_the_fixture_says(bare_interpreter):
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pytest') is not None)"
    command = [bare_interpreter.choice.executable, "-c", code]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
    assert bare_interpreter.choice.executable != Path(sys.executable)
