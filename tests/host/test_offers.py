"""An offer against files that have moved on, in every encoding and every form of file."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from macrohard_lsp.core.changeset import (
    ChangeSet,
    CreateFile,
    DeleteFile,
    FileChange,
    ModifyFile,
    RenameFile,
    TextEdit,
)
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.proof import Proof, Rung, RungProof, RungResult
from macrohard_lsp.core.proposal import Answer, Proposal, ProposalKind, Question
from macrohard_lsp.core.text import LineIndex, PositionEncoding
from macrohard_lsp.host.client.messages import Buffer, ResolvedOffer
from macrohard_lsp.host.offers import MOST_OFFERS, OfferShelf
from macrohard_lsp.host.placing import Placer
from macrohard_lsp.host.present import Present
from macrohard_lsp.host.proofs import markdown_of
from macrohard_lsp.host.reply import CanNotAnswer

PROOF = Proof(tuple(RungProof(rung, RungResult.PASSED) for rung in Rung))
FORMS = {
    "plain": b"one\ntwo\nBUG\nthree\n",
    "crlf": b"one\r\n\ttwo\r\nBUG = 1\r\n",
    "carriage returns": b"one\rtwo\rBUG\r",
    "feeds": b"\fone\n\ftwo \x0b\nBUG",
    "cjk": "漢 = 'é'; 🎉; BUG; 🎉 漢\n".encode(),
    "marked": b"\xef\xbb\xbf# caf\xc3\xa9 BUG",
    "latin": b"# -*- coding: latin-1 -*-\n# caf\xe9 BUG \xff",
    "line separators": "a\u2028b\x85c\n'\u2029' BUG".encode(),
}


class Bench:
    """A folder on disk, an editor's buffers over it, and a shelf."""

    def __init__(self, root: Path, encoding: PositionEncoding = PositionEncoding.UTF16) -> None:
        self.root = root
        self.encoding = encoding
        self.buffers: dict[str, Buffer] = {}
        self.shelf = OfferShelf(encoding)

    @property
    def present(self) -> Present:
        return Present(self.root, self.buffers)

    def write(self, path: str, data: bytes) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(data)

    def open(self, path: str, text: str | None = None, version: int = 7) -> None:
        file = self.present.file(path)
        self.buffers[path] = Buffer(version, text if text is not None else (file.text or "" if file else ""))

    def offer(
        self,
        *changes: FileChange,
        kind: ProposalKind = ProposalKind.FIX,
        fixes: str = "t.py::a",
        proof: Proof = PROOF,
    ) -> str:
        change_set = ChangeSet(changes)
        snapshot = self.present.snapshot(change_set.paths)
        proposal = Proposal(change_set, kind, f"Fix {changes[0].path}", "repair", "why", proof, (fixes,))
        self.shelf.add(proposal, Placer(snapshot, {}, self.encoding))
        offered = self.shelf.offers(self.present)
        return next((each.id for each in offered if each.title == proposal.title), "")

    def edit(self, path: str, old: str, new: str) -> ModifyFile:
        file = self.present.file(path)
        assert file is not None
        assert file.text is not None
        start = file.text.index(old)
        return ModifyFile(path, file.digest, (TextEdit(start, start + len(old), new),))

    def resolve(self, offer: str) -> ResolvedOffer:
        return self.shelf.resolve(str(self.root), offer, self.present)

    def applied(self, resolved: ResolvedOffer, path: str) -> str:
        """As an editor applies it."""
        file = self.present.file(path)
        (change,) = (each for each in resolved.files if each.path == path)
        assert file is not None
        text = file.text or ""
        index = LineIndex(text)
        for edit in reversed(change.edits):
            start = index.offset(edit.span.start_line, edit.span.start_character, self.encoding)
            end = index.offset(edit.span.end_line, edit.span.end_character, self.encoding)
            text = text[:start] + edit.new_text + text[end:]
        return text


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("encoding", PositionEncoding)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("opened", [False, True])
def test_what_the_editor_gets_is_the_edit(tmp_path: Path, encoding, form: str, opened: bool):
    bench = Bench(tmp_path, encoding)
    bench.write("a.py", FORMS[form])
    if opened:
        bench.open("a.py")
    resolved = bench.resolve(
        bench.offer(bench.edit("a.py", "BUG", "right 🎉" if "latin" not in form else "right"))
    )
    assert resolved.note == ""
    assert resolved.files[0].version == (7 if opened else None)
    before = source_file("a.py", FORMS[form])
    after = before.with_text(bench.applied(resolved, "a.py")).encode()
    assert after == FORMS[form].replace(b"BUG", b"right" if "latin" in form else "right 🎉".encode())


def test_text_that_moved_takes_the_edit_along(bench: Bench):
    bench.write("a.py", b"one\ntwo\nBUG\nthree\n")
    offer = bench.offer(bench.edit("a.py", "BUG", "right"))
    bench.open("a.py", "zero\nzero\none\ntwo\nBUG\nthree\n")
    (shown,) = bench.shelf.offers(bench.present)
    assert (shown.rebased, shown.disabled, shown.preferred) == (True, None, False)
    resolved = bench.resolve(offer)
    assert resolved.note != ""
    assert bench.applied(resolved, "a.py") == "zero\nzero\none\ntwo\nright\nthree\n"


def test_a_question_stands_only_in_the_text_it_was_asked_of(bench: Bench):
    bench.write("t.py", b"one\ntwo\n")
    proof = Proof(tuple(RungProof(rung, RungResult.NOT_RUN, "asked") for rung in Rung))
    offer = bench.offer(bench.edit("t.py", "two", "two\nthree"), kind=ProposalKind.TEST_CHANGE, proof=proof)
    (shown,) = bench.shelf.offers(bench.present)
    assert (shown.proven, shown.preferred, shown.disabled) == (False, False, None)
    assert bench.applied(bench.resolve(offer), "t.py") == "one\ntwo\nthree\n"
    bench.open("t.py", "zero\none\ntwo\n")
    (shown,) = bench.shelf.offers(bench.present)
    assert "has changed since this was asked" in (shown.disabled or "")
    with pytest.raises(CanNotAnswer, match="has changed since this was asked"):
        bench.resolve(offer)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (
            Question("f(3)", (Answer("use `<=`", "4"), Answer("use `>`", "5"))),
            ["f(3)", "4  # use `<=`\n5  # use `>`"],
        ),
        (Question("f(3)", ()), ["f(3)"]),
        (None, []),
    ],
)
def test_the_proof_of_an_ambiguous_fix_says_what_is_open(bench: Bench, question, told):
    bench.write("a.py", b"BUG\n")
    offer = bench.offer(bench.edit("a.py", "BUG", "right"))
    item = bench.shelf.get(offer)
    text = markdown_of(replace(item, proposal=replace(item.proposal, ambiguous=True, question=question)))
    _, _, after = text.partition("Another edit passes the same tests and behaves differently")
    blocks = re.findall(r"```python\n(.*?)\n```", after, re.DOTALL)
    assert blocks == told
    assert ("Edits give:" in after) is (len(told) > 1)


def test_text_that_changed_there_says_so(bench: Bench):
    bench.write("a.py", b"one\ntwo\nBUG\nthree\n")
    offer = bench.offer(bench.edit("a.py", "BUG", "right"))
    bench.open("a.py", "one\ntwo\nBUG or not\nthree\n")
    (shown,) = bench.shelf.offers(bench.present)
    assert "line 3 has changed since" in (shown.disabled or "")
    with pytest.raises(CanNotAnswer, match="doesn't fit any more"):
        bench.resolve(offer)
    (bench.root / "a.py").unlink()
    del bench.buffers["a.py"]
    with pytest.raises(CanNotAnswer, match="the file is gone"):
        bench.resolve(offer)
    with pytest.raises(CanNotAnswer, match="not offered any more"):
        bench.resolve("offer-of-yesterday")


def test_what_is_in_the_text_already_is_applied(bench: Bench):
    bench.write("a.py", b"BUG\n")
    bench.offer(bench.edit("a.py", "BUG", "right"))
    assert bench.shelf.applied(bench.present) == ()
    bench.open("a.py", "right\n")
    assert len(bench.shelf.applied(bench.present)) == 1


def accepted(bench: Bench) -> list[str]:
    present = bench.present
    return [each.title for each in bench.shelf.accepted(bench.shelf.applied(present), present)]


def test_a_fix_counts_as_accepted_once_it_is_in_the_files(bench: Bench):
    bench.write("a.py", b"one\ntwo\nBUG\n")
    bench.write("t.py", b"BUG\n")
    offer = bench.offer(bench.edit("a.py", "BUG", "right"))
    bench.offer(bench.edit("t.py", "BUG", "right"), kind=ProposalKind.TEST_CHANGE)
    assert accepted(bench) == []
    bench.resolve(offer)
    assert accepted(bench) == [], "looked at is not accepted"
    bench.open("a.py", "one\ntwo\nright\n")
    bench.open("t.py", "right\n")
    assert accepted(bench) == ["Fix a.py"]
    assert accepted(bench) == []


def test_a_fix_that_was_carried_over_counts_where_it_was_given_out(bench: Bench):
    bench.write("a.py", b"one\ntwo\nBUG\n")
    offer = bench.offer(bench.edit("a.py", "BUG", "right"))
    bench.open("a.py", "zero\none\ntwo\nright\n")
    assert accepted(bench) == []
    bench.open("a.py", "zero\none\ntwo\nBUG\n")
    after = bench.applied(bench.resolve(offer), "a.py")
    assert accepted(bench) == []
    bench.open("a.py", after)
    assert accepted(bench) == ["Fix a.py"]
    assert accepted(bench) == []


def joined(bench: Bench) -> tuple[str, str, str]:
    """Two fixes and both of them as one."""
    bench.write("a.py", b"one\ntwo\nBUG\n")
    bench.write("b.py", b"BUG\n")
    parts = [bench.edit("a.py", "BUG", "right"), bench.edit("b.py", "BUG", "right")]
    one, two = (bench.offer(part, fixes=f"t.py::{part.path}") for part in parts)
    fixes = tuple(bench.shelf.get(offer).proposal for offer in (one, two))
    both = replace(fixes[0], change_set=ChangeSet(tuple(parts)), title="Both", fixes=("t.py::a", "t.py::b"))
    bench.shelf.add(both, Placer(bench.present.snapshot(["a.py", "b.py"]), {}, bench.encoding), fixes)
    return one, two, next(each.id for each in bench.shelf.offers(bench.present) if each.title == "Both")


def test_fixes_that_are_accepted_as_one_count_once_each(bench: Bench):
    joined(bench)
    bench.open("a.py", "one\ntwo\nright\n")
    bench.open("b.py", "right\n")
    assert accepted(bench) == ["Both"]
    assert accepted(bench) == []


def test_what_is_dismissed_is_not_offered_until_a_fix_is_asked_for(bench: Bench):
    one, two, both = joined(bench)
    shelved = [bench.shelf.get(offer) for offer in (one, both)]
    assert bench.shelf.dismiss(one).title == "Fix a.py"

    def offered() -> list[str]:
        for item in shelved:
            bench.shelf.add(item.proposal, item.placer, item.parts)
        return [each.id for each in bench.shelf.offers(bench.present)]

    assert offered() == [two], "nor what joins it with others"
    with pytest.raises(CanNotAnswer, match="not offered any more"):
        bench.shelf.dismiss(one)
    bench.write("a.py", b"zero\none\ntwo\nBUG\n")
    assert bench.offer(bench.edit("a.py", "BUG", "right")) == "", "the same edit in a file that has changed"
    assert bench.offer(bench.edit("a.py", "BUG", "another")) != ""
    bench.write("a.py", b"one\ntwo\nBUG\n")
    bench.shelf.readmit()
    assert len(offered()) == 4


def test_only_fixes_are_dismissed(bench: Bench):
    bench.write("t.py", b"BUG\n")
    offer = bench.offer(bench.edit("t.py", "BUG", "right"), kind=ProposalKind.TEST_CHANGE)
    with pytest.raises(CanNotAnswer, match="Only a fix can be dismissed"):
        bench.shelf.dismiss(offer)
    assert bench.shelf.has(offer)


def test_files_that_come_go_and_move(bench: Bench):
    bench.write("old.py", b"1\nBUG\n")
    bench.write("gone.py", b"x\n")
    digest = {path: file.digest for path, file in bench.present.snapshot(["old.py", "gone.py"]).files.items()}
    moved = ModifyFile("new.py", digest["old.py"], (TextEdit(2, 5, "right"),))
    offer = bench.offer(
        CreateFile("made.py", "é\n".encode()),
        RenameFile("old.py", "new.py", digest["old.py"]),
        moved,
        DeleteFile("gone.py", digest["gone.py"]),
    )
    made, renamed, deleted = bench.resolve(offer).files
    assert (made.path, made.new_path, made.edits[0].new_text) == (None, "made.py", "é\n")
    assert (renamed.path, renamed.new_path, renamed.edits[0].new_text) == ("old.py", "new.py", "right")
    assert (deleted.path, deleted.new_path, deleted.edits) == ("gone.py", None, ())


def test_bytes_that_no_editor_can_write_are_refused(bench: Bench):
    offer = bench.offer(CreateFile("image.png", b"\x89PNG\0\1"))
    with pytest.raises(CanNotAnswer, match=r"image\.png can't be written by an editor: it is a binary file"):
        bench.resolve(offer)


def test_fixes_come_first_and_test_changes_last_and_not_too_many(bench: Bench):
    for number in range(MOST_OFFERS + 5):
        bench.write(f"m{number}.py", b"BUG\n")
    bench.offer(bench.edit("m0.py", "BUG", "test"), kind=ProposalKind.TEST_CHANGE)
    bench.offer(bench.edit("m1.py", "BUG", "change"), kind=ProposalKind.CHANGE)
    bench.offer(bench.edit("m2.py", "BUG", "fix"))
    bench.offer(bench.edit("m2.py", "BUG", "fix"))
    kinds = [each.kind for each in bench.shelf.offers(bench.present)]
    assert kinds == [ProposalKind.FIX, ProposalKind.CHANGE, ProposalKind.TEST_CHANGE]
    for number in range(3, MOST_OFFERS + 5):
        bench.offer(bench.edit(f"m{number}.py", "BUG", "fix"))
    offers = bench.shelf.offers(bench.present)
    assert len(offers) == MOST_OFFERS
    assert {each.kind for each in offers} == {ProposalKind.FIX}


def test_a_buffer_that_does_not_fit_its_encoding_is_not_edited(bench: Bench):
    """An editor that took a latin-1 file for UTF-8 shows replacement characters; they are never written."""
    bench.write("a.py", FORMS["latin"])
    offer = bench.offer(bench.edit("a.py", "BUG", "right"))
    bench.open("a.py", "# -*- coding: latin-1 -*-\n# caf\ufffd BUG \ufffd")
    assert "can't be edited" in (bench.shelf.offers(bench.present)[0].disabled or "")
    with pytest.raises(CanNotAnswer, match="the editor shows text that can't be written back"):
        bench.resolve(offer)
