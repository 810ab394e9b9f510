"""A ChangeSet with a title, an author, a rationale and a Proof."""

from dataclasses import dataclass
from enum import StrEnum

from macrohard_lsp.core.changeset import ChangeSet
from macrohard_lsp.core.proof import Proof


class ProposalKind(StrEnum):
    """`FIX` only with a Proof that reaches `failing-test-passes`; `TEST_CHANGE` whenever a test file is touched."""

    FIX = "fix"
    CHANGE = "change"
    TEST_CHANGE = "test-change"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gives after an edit: `result` as it would stand in a program, or what is raised."""

    edit: str
    result: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the tests leave open: a call that edits answer differently, all of which pass them.

    `answers` begin with that of the Fix. `test` is a test whose expected result a person fills in, and
    `change_set` adds it; both are empty where the call can't be written in a test.
    """

    call: str
    answers: tuple[Answer, ...]
    test: str = ""
    change_set: ChangeSet | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """`fixes` are the ids of the tests that failed before and pass after. `ambiguous` is None when not determined.

    `question` stands beside an ambiguous Fix. `concerns` are tests that it has to do with and doesn't repair.
    `families` are the kinds of edits it is made of, as the search calls them; empty for what no search found.
    """

    change_set: ChangeSet
    kind: ProposalKind
    title: str
    author: str
    rationale: str
    proof: Proof
    fixes: tuple[str, ...]
    ambiguous: bool | None = None
    distinguishing_input: str | None = None
    question: Question | None = None
    concerns: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
