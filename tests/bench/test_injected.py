import hashlib
import re

import pytest

from bench.injected.choose import LIST, as_toml, edit_of
from bench.injected.mutator import LARGE, MAKERS, SMALL, changes, tokens_changed
from bench.injected.run import kind_of
from bench.real.bugs import Bug, load_bugs, put_back, reintroduce

TEXT = '''\
def first(items):
    """É."""
    return items[0]


def last(items):
    return items[-1]


class Box:
    def put(self, items, limit=3):
        size = len(items)
        room = limit - size
        if not items and room > 1:
            return "é", first(items)
        self.size = round(size, 2) + 1
        self.room = f"{room > 2}"
        return self.size if room < limit else None
'''
EXPECTED = {
    ("comparison", "room >= 1"),
    ("comparison", "room <= limit"),
    ("operator", "limit + size"),
    ("constant", "room > 2:"),
    ("stale variable", 'f"{room > 2}"\n        return self.size if limit < limit'),
    ("helper swapped", "last(items)\n        self"),
    ("clause removed", "if not items:"),
    ("clause removed", "if room > 1:"),
    ("operand removed", "room = limit\n"),
    ("operand removed", "room = size\n"),
    ("argument removed", "round(size) + 1"),
    ("statement removed", "first(items)\n        self.room = "),
    ("guard turned", "if not (not items and room > 1):"),
    ("two sites", "room >= 1:"),
}


def test_every_kind_is_made_at_its_places() -> None:
    made = [(change.kind, change.apply(TEXT)) for change in changes(TEXT)]
    missing = [
        (kind, part) for kind, part in EXPECTED if not any(k == kind and part in text for k, text in made)
    ]
    assert missing == []
    assert {kind for kind, _ in made} == {*SMALL, *LARGE} == {*MAKERS, "two sites"}
    assert not any('f"{room >= 2}"' in text for _, text in made), (
        "places within f-strings are not to be relied on"
    )


def test_each_change_is_a_program_and_can_be_told_in_edits() -> None:
    for change in changes(TEXT):
        after = change.apply(TEXT)
        compile(after, "box.py", "exec")
        edits = tuple(edit_of(TEXT, span) for span in change.spans)
        if len(edits) == 1 or edits[0].lines[1] < edits[1].lines[0]:
            assert put_back(TEXT, edits, "box.py") == after, change
        assert change.kind in SMALL or tokens_changed(TEXT, after) > 1, change


def test_tokens_are_counted_from_the_first_that_differs_to_the_last() -> None:
    assert tokens_changed("a = b + c\n", "a = b - c\n") == 1
    assert tokens_changed("a = b + c\n", "a = b  # c\n") == 2
    assert tokens_changed("a = b + c\n", "a =  b + c\n") == 0


def test_an_entry_of_the_list_gives_the_bug_back(tmp_path) -> None:
    change = next(change for change in changes(TEXT) if change.kind == "clause removed")
    digest = hashlib.sha256(change.apply(TEXT).encode()).hexdigest()
    edits = tuple(edit_of(TEXT, span) for span in change.spans)
    bug = Bug(
        "injected",
        "box",
        "1",
        "box-1.tar.gz",
        "0" * 64,
        "",
        'without "é"',
        "box.py",
        edits,
        digest,
        ("t.py::t[\\n]",),
    )
    (tmp_path / "bugs.toml").write_text(as_toml(bug), "utf-8")
    (read,) = load_bugs(tmp_path / "bugs.toml")
    assert (read.edits, read.tests, read.about) == (bug.edits, bug.tests, bug.about)
    (tmp_path / "box.py").write_text(TEXT, "utf-8")
    reintroduce(tmp_path, read)
    assert (tmp_path / "box.py").read_text("utf-8") == change.apply(TEXT)


def test_the_list_keeps_its_rule() -> None:
    bugs = load_bugs(LIST)
    assert len(bugs) >= 60
    assert len({bug.name for bug in bugs}) >= 8
    kinds = [kind_of(bug) for bug in bugs]
    assert sum(kind in LARGE for kind in kinds) * 2 >= len(bugs)
    assert set(kinds) <= {*SMALL, *LARGE}
    assert len({(bug.name, bug.buggy_digest) for bug in bugs}) == len(bugs)
    for bug in bugs:
        assert re.fullmatch(r"[0-9a-f]{64}", bug.buggy_digest), bug.name
        assert bug.tests and bug.version in bug.sdist, bug.name
        assert sum(len(edit.buggy) for edit in bug.edits) <= 400, (
            f"{bug.name}: a list of places, not of source"
        )


@pytest.mark.parametrize("text", ["x = 1\n", "def f():\n    pass\n"])
def test_where_nothing_can_go_wrong_nothing_is_made(text: str) -> None:
    assert list(changes(text)) == []
