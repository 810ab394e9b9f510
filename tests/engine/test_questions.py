"""What the tests leave open, as a test in the file and the style of the one that failed."""

from pathlib import Path

import pytest

from macrohard_lsp.core.apply import apply_changes
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.proof import Proof, Rung, RungProof, RungResult
from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.engine.questions import as_proposal, question_of
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.rivals import Difference
from macrohard_lsp.repair.task import Survivor

CODE = "def at_most(value, limit):\n    return value < limit\n\n\nclass Shelf:\n    def at_most(self): ...\n"


def survivor(summary, line=2):
    return Survivor(Candidate("low.py", (), "kind", 1.0, line, "at_most", summary), ("t",), 1.0)


ANSWERS = ((survivor("use `<=`"), "True"), (survivor("use `é`"), "raises KeyError"))


def asked(tests, test, call="at_most(3, limit=3)", code=CODE, path="low.py", answers=ANSWERS):
    files = {
        path: source_file(path, code.encode()),
        "test_low.py": source_file("test_low.py", tests.encode()),
    }
    snapshot = Snapshot(Path("/w"), files)
    question = question_of(Difference(call, answers, frozenset({path})), snapshot, [f"test_low.py::{test}"])
    after = apply_changes(snapshot, question.change_set) if question.change_set else snapshot
    return question, after.files["test_low.py"].text


PLAIN = """\
from low import at_most


def test_at_most():
    assert at_most(2, 3)


def test_more():
    assert not at_most(4, 3)
"""


def test_the_test_stands_behind_the_one_that_failed():
    question, text = asked(PLAIN, "test_at_most[3]")
    added = """\
def test_at_most_decides():
    # Edits that pass the other tests differ here. Replace ... by what is right:
    # True: use `<=`
    # raises KeyError: use `\\xe9`
    assert at_most(3, limit=3) == ..."""
    assert question.test == added
    assert text == PLAIN.replace("\n\n\ndef test_more", f"\n\n\n{added}\n\n\ndef test_more")


@pytest.mark.parametrize(
    ("tests", "lines"),
    [
        pytest.param(
            PLAIN.replace("import at_most", "import at_most as lim"), ["lim(3, limit=3)"], id="alias"
        ),
        pytest.param(PLAIN.replace("from low import at_most", "import low"), ["low.at_most("], id="module"),
        pytest.param(
            PLAIN.replace("from low import at_most", "import other"),
            ["    from low import at_most\n", "assert at_most("],
            id="not imported",
        ),
        pytest.param(
            PLAIN.replace("\n", "\r\n"), ["\r\n    assert at_most(3, limit=3) == ...\r\n"], id="crlf"
        ),
        pytest.param(
            PLAIN.replace("test_more", "test_at_most_decides"), ["def test_at_most_decides_2():"], id="taken"
        ),
        pytest.param(
            PLAIN.rstrip("\n").partition("\n\n\ndef test_more")[0], ["at_most(3, limit=3) == ..."], id="end"
        ),
    ],
)
def test_it_calls_the_function_as_the_file_does(tests, lines):
    _, text = asked(tests, "test_at_most")
    assert [line for line in lines if line not in text] == []
    assert text.count("\n") - text.count("\r\n") == (0 if "\r\n" in tests else text.count("\n"))
    compile(text, "test_low.py", "exec")


def test_in_a_class_of_unittest():
    tests = """\
import unittest
from low import at_most

class LowTest(unittest.TestCase):
\tdef test_at_most(self):
\t\tself.assertTrue(at_most(2, 3))
"""
    _, text = asked(tests, "LowTest::test_at_most")
    assert "\n\n\tdef test_at_most_decides(self):\n\t\t# Edits" in text
    assert "\n\t\tself.assertEqual(at_most(3, limit=3), ...)\n" in text
    compile(text, "test_low.py", "exec")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"call": "Shelf.at_most(Shelf(), 3)"}, id="a method"),
        pytest.param({"call": "at_most(<object>, 3)"}, id="an argument that can't be written"),
        pytest.param({"call": "at_most(open('x'), 3)"}, id="an argument that is not a literal"),
        pytest.param({"call": "at_most([1, 2, …"}, id="a call that was cut"),
        pytest.param({"call": "absent(3)"}, id="a function that is not there"),
        pytest.param({"test": "test_absent"}, id="a test that is not there"),
        pytest.param({"code": CODE.replace("def at_most(v", "async def at_most(v")}, id="async"),
        pytest.param(
            {"answers": ((ANSWERS[0][0], "<map object>"), ANSWERS[1])}, id="results like nothing else"
        ),
    ],
)
def test_a_call_that_can_not_be_written_is_only_shown(change):
    question, text = asked(PLAIN, **{"test": "test_at_most", **change})
    assert (question.test, question.change_set, text) == ("", None, PLAIN)
    assert [answer.edit for answer in question.answers] == ["use `<=`", "use `é`"]


def test_edits_that_are_called_the_same_are_told_apart_by_their_lines():
    answers = ((survivor("add 1"), "1"), (survivor("add 1", line=7), "2"), (survivor("add 2"), "3"))
    question, _ = asked(PLAIN, "test_at_most", answers=answers)
    assert [answer.edit for answer in question.answers] == ["add 1 in line 2", "add 1 in line 7", "add 2"]


def test_an_editor_is_offered_it_as_a_change_of_tests_that_is_not_proven():
    question, _ = asked(PLAIN, "test_at_most")
    proof = Proof(tuple(RungProof(rung, RungResult.PASSED) for rung in Rung))
    fix = Proposal(
        question.change_set, ProposalKind.FIX, "Fix", "repair", "", proof, ("a", "b"), True, None, question
    )
    offered = as_proposal(fix)
    assert offered.kind is ProposalKind.TEST_CHANGE
    assert (offered.fixes, offered.concerns, offered.proof.headline) == ((), ("a", "b"), None)
    assert (
        offered.title == "Say which fix is right: add a test of at_most(3, limit=3) (True or raises KeyError)"
    )
