"""Which strings and numbers of a test file are taken."""

from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.repair.expected_strings import LONGEST_STRING, expected_numbers, expected_strings

TESTS = f'''
import pytest

ELSEWHERE = "elsewhere"


@pytest.mark.parametrize("case", ["in the mark"])
def test_one(case):
    """In the docstring."""
    assert greet(case, b"bytes") == "hallo\\n" + f"{{case}}" + {"x" * (LONGEST_STRING + 1)!r}


class TestTwo:
    def test_deep(self):
        assert greet() == 'deep' == "deep"

    def test_other(self):
        assert greet() == "other"
'''


def check(tmp_path, *names):
    snapshot = Snapshot(tmp_path, {"test_a.py": source_file("test_a.py", TESTS.encode())})
    failing = [TestResult(f"test_a.py::{name}", Outcome.FAILED) for name in names]
    return expected_strings(snapshot, failing)


def test_strings_of_the_failing_tests_only(tmp_path):
    assert check(tmp_path, "test_one[in the mark]") == ("case", "in the mark", "In the docstring.", "hallo\n")
    assert check(tmp_path, "TestTwo::test_deep") == ("deep",)


def test_a_file_that_is_gone(tmp_path):
    assert expected_strings(Snapshot(tmp_path, {}), [TestResult("gone.py::test", Outcome.FAILED)]) == ()


def test_whole_numbers_of_the_failing_tests_only(tmp_path):
    text = "def test_a():\n    assert f(3, 0x10, 2.5) == 41 == -3\n\n\ndef test_b():\n    assert f(7)\n"
    snapshot = Snapshot(tmp_path, {"test_n.py": source_file("test_n.py", text.encode())})
    assert expected_numbers(snapshot, [TestResult("test_n.py::test_a", Outcome.FAILED)]) == ("3", "41")
