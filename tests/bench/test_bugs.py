import difflib
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.real.bugs import (
    ONE_EXPRESSION,
    ONE_HUNK,
    Bug,
    DoesNotFitError,
    Edit,
    lines_with_bug,
    load_bugs,
    put_back,
    reintroduce,
)
from bench.real.one_expression import MOST_CHARACTERS

FIXED = "def half(n):\n    if n < 0:\n        raise ValueError\n    return n // 2\n"


@pytest.mark.parametrize(
    ("edit", "buggy"),
    [
        (Edit((4, 4), "// 2", "/ 2"), FIXED.replace("// 2", "/ 2")),
        (Edit((2, 3), "", ""), "def half(n):\n    return n // 2\n"),
        (Edit((2, 3), "", "    n = +n\n"), "def half(n):\n    n = +n\n    return n // 2\n"),
    ],
    ids=["expression", "missing-logic", "whole-lines"],
)
def test_a_bug_is_put_back(edit: Edit, buggy: str) -> None:
    assert put_back(FIXED, (edit,), "half.py") == buggy


@pytest.mark.parametrize(
    "edit",
    [Edit((4, 4), "// 3", ""), Edit((1, 4), "n", "m"), Edit((3, 9), "", ""), Edit((0, 1), "", "")],
    ids=["absent", "not-unique", "past-the-end", "before-the-start"],
)
def test_what_does_not_fit_is_refused(edit: Edit) -> None:
    with pytest.raises(DoesNotFitError):
        put_back(FIXED, (edit,), "half.py")


def test_a_file_that_is_not_the_lists_own_stays_as_it_was(tmp_path) -> None:
    (tmp_path / "half.py").write_text("# another file\n" + FIXED)
    edits = (Edit((4, 5), "// 2", "/ 2"),)
    buggy = hashlib.sha256(FIXED.replace("// 2", "/ 2").encode()).hexdigest()
    bug = Bug("one-hunk", "half", "1", "half-1.tar.gz", "", "", "", "half.py", edits, buggy, ())
    with pytest.raises(DoesNotFitError, match="digest"):
        reintroduce(tmp_path, bug)
    assert (tmp_path / "half.py").read_text() == "# another file\n" + FIXED


@st.composite
def changes(draw):
    """A file of distinct lines and an edit for some of them."""
    count = draw(st.integers(3, 12))
    first = draw(st.integers(2, count - 1))
    last = draw(st.integers(first, count - 1))
    put = draw(st.integers(0, 4))
    text = "".join(f"fixed {number}\n" for number in range(1, count + 1))
    return text, Edit((first, last), "", "".join(f"buggy {number}\n" for number in range(put)))


@given(changes())
def test_the_true_lines_are_those_a_diff_names(change) -> None:
    text, edit = change
    buggy = put_back(text, (edit,), "file.py")
    matcher = difflib.SequenceMatcher(None, buggy.splitlines(), text.splitlines(), autojunk=False)
    (first, last) = next((a, b) for tag, a, b, _, _ in matcher.get_opcodes() if tag != "equal")
    assert lines_with_bug((edit,)) == ((first + 1, last) if last > first else (first, first + 1))


@pytest.mark.parametrize(("name", "most"), [(ONE_HUNK, 400), (ONE_EXPRESSION, MOST_CHARACTERS)])
def test_each_list_is_whole(name: str, most: int) -> None:
    bugs = [bug for bug in load_bugs() if bug.list == name]
    assert len(bugs) >= 12
    assert len({bug.name for bug in bugs}) == len(bugs)
    for bug in bugs:
        assert re.fullmatch(r"[0-9a-f]{64}", bug.sha256), bug.name
        assert re.fullmatch(r"[0-9a-f]{64}", bug.buggy_digest), bug.name
        assert re.fullmatch(r"[0-9a-f]{40}", bug.commit), bug.name
        assert bug.tests and bug.about and bug.version in bug.sdist, bug.name
        assert sum(len(edit.buggy) for edit in bug.edits) <= most, (
            f"{bug.name}: a list of expressions, not of patches"
        )


def test_the_lists_share_no_bug() -> None:
    commits = [bug.commit for bug in load_bugs()]
    assert len(set(commits)) == len(commits)
