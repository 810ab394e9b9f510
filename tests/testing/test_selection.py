"""Which tests run when some are asked for, and what is found when none runs."""

import pytest

SUITE = """
    == pkg/test_a.py
    import pytest

    @pytest.mark.parametrize("n", [1, 2])
    def test_n(n):
        assert n == 1

    def test_plain():
        pass

    class TestOuter:
        def test_one(self):
            pass

        class TestInner:
            @pytest.mark.parametrize("text", ["a::b", "c[d]"])
            def test_two(self, text):
                pass
    == pkg/test_b.py
    def test_b():
        pass
    == test_broken.py
    import nowhere_to_be_found
"""
OUTER = "pkg/test_a.py::TestOuter"
INNER = f"{OUTER}::TestInner"
A = {
    "pkg/test_a.py::test_n[1]",
    "pkg/test_a.py::test_n[2]",
    "pkg/test_a.py::test_plain",
    f"{OUTER}::test_one",
    f"{INNER}::test_two[a::b]",
    f"{INNER}::test_two[c[d]]",
}

# What is asked for, what ran, and what was not found.
ASKED = {
    "a file": (["pkg/test_a.py"], A, []),
    "a function": (["pkg/test_a.py::test_n"], {"pkg/test_a.py::test_n[1]", "pkg/test_a.py::test_n[2]"}, []),
    "a parameter": (["pkg/test_a.py::test_n[2]"], {"pkg/test_a.py::test_n[2]"}, []),
    "a class": ([OUTER], {name for name in A if "Outer" in name}, []),
    "a class inside": ([INNER], {name for name in A if "Inner" in name}, []),
    "odd parameters": (
        [f"{INNER}::test_two"],
        {f"{INNER}::test_two[a::b]", f"{INNER}::test_two[c[d]]"},
        [],
    ),
    "several": (
        ["pkg/test_b.py", f"{OUTER}::test_one"],
        {"pkg/test_b.py::test_b", f"{OUTER}::test_one"},
        [],
    ),
    "half of a name": (
        ["pkg/test_a.py::test_pl", "pkg/test_b.py"],
        {"pkg/test_b.py::test_b"},
        ["pkg/test_a.py::test_pl"],
    ),
    "a folder is no id": (["pkg", "pkg/test_b.py"], {"pkg/test_b.py::test_b"}, ["pkg"]),
    "what can't be collected": (["test_broken.py"], {"test_broken.py"}, []),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_runs(run, name: str):
    asked, ran, missing = ASKED[name]
    tested = run(SUITE, ids=tuple(asked))
    assert {result.id for result in tested.run.results} == ran
    assert list(tested.run.missing) == missing
    assert tested.run.problem is None


def test_collecting_runs_nothing(run):
    tested = run(SUITE, collect_only=True)
    assert {*tested.collected} == {*A, "pkg/test_b.py::test_b"}
    assert [(result.id, result.phase) for result in tested.run.results] == [("test_broken.py", "collect")]
    assert tested.run.problem is None


def test_collecting_nothing_is_a_problem(run):
    assert "no tests" in run("== a.py\n", collect_only=True).run.problem
